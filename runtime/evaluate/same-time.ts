// Rows of one key with the same time: those of the same members are one row, metric by metric and tag by tag.

import type { SchemaMeta } from '../contract.ts';
import { pointColumn } from './histogram-point.ts';
import { memberTags } from './members.ts';
import type { Rows } from './rows.ts';

/** Rows at one time up to which looking at each costs less than a table. */
const fewRows = 8;

export class SameTime {
  /** Rows that were made one with a later one. */
  merged = 0;
  readonly #schema: SchemaMeta;
  readonly #memberTags: readonly number[];
  /** Places of rows by their members, open addressing; an entry counts when its stamp is the current one. */
  #table = new Int32Array(64);
  #stamps = new Int32Array(64);
  #stamp = 0;

  constructor(schema: SchemaMeta) {
    this.#schema = schema;
    this.#memberTags = memberTags(schema);
  }

  /**
   * Moves rows `order[from…to)` of one key, ascending in time, to `start`, merging each into a later one of its time and
   * members; returns where they end.
   */
  merge(batch: Rows, from: number, to: number, start: number): number {
    const { order, time } = batch;
    let place = start;
    /** Where the rows of the time at hand begin. */
    let first = start;
    for (let i = from; i < to; i++) {
      const row = order[i];
      if (place > first && time[order[first]] !== time[row]) first = place;
      const same = this.#memberTags.length === 0 ? (place > first ? first : -1) : this.#find(batch, row, first, place);
      if (same < 0) order[place++] = row;
      else {
        mergeInto(batch, row, order[same], this.#schema);
        this.merged++;
        order[same] = row;
      }
    }
    return place;
  }

  /** The place from `first` to `end` of a row with the members of `row`, or −1. */
  #find(batch: Rows, row: number, first: number, end: number): number {
    if (end - first < fewRows) {
      for (let place = first; place < end; place++) if (this.#areOne(batch, batch.order[place], row)) return place;
      return -1;
    }
    if (end - first === fewRows || (end - first) * 2 >= this.#table.length) this.#fill(batch, first, end);
    const at = this.#slot(batch, row);
    if (this.#stamps[at] === this.#stamp) return this.#table[at];
    this.#table[at] = end;
    this.#stamps[at] = this.#stamp;
    return -1;
  }

  #fill(batch: Rows, first: number, end: number): void {
    if ((end - first) * 2 >= this.#table.length) {
      this.#table = new Int32Array(this.#table.length * 2);
      this.#stamps = new Int32Array(this.#table.length);
      this.#stamp = 0;
    }
    if (++this.#stamp === 0x7fffffff) {
      this.#stamps.fill(0);
      this.#stamp = 1;
    }
    for (let place = first; place < end; place++) {
      const at = this.#slot(batch, batch.order[place]);
      this.#table[at] = place;
      this.#stamps[at] = this.#stamp;
    }
  }

  /** The table's entry for the row's members: theirs when its stamp is current, else free. */
  #slot(batch: Rows, row: number): number {
    const mask = this.#table.length - 1;
    let hash = 0;
    for (const tag of this.#memberTags) hash = Math.imul(hash ^ batch.tags[row * batch.tagWidth + tag], 0x9e3779b1);
    let at = (hash ^ (hash >>> 15)) & mask;
    while (this.#stamps[at] === this.#stamp && !this.#areOne(batch, batch.order[this.#table[at]], row))
      at = (at + 1) & mask;
    return at;
  }

  #areOne(batch: Rows, one: number, other: number): boolean {
    const { tags, tagWidth } = batch;
    for (const tag of this.#memberTags) {
      if (tags[one * tagWidth + tag] !== tags[other * tagWidth + tag]) return false;
    }
    return true;
  }
}

/** `later` wins metric by metric and tag by tag; what it does not know comes from `earlier`. */
function mergeInto(batch: Rows, later: number, earlier: number, schema: SchemaMeta): void {
  const { values, width, tags, tagWidth, lacks, points, pointWidth } = batch;
  for (let m = 0; m < width; m++) {
    const at = later * width + m;
    if (!Number.isNaN(values[at])) continue;
    values[at] = values[earlier * width + m];
    const column = schema.metrics[m].histogram ? pointColumn(schema, m) : -1;
    if (column >= 0) points[later * pointWidth + column] = points[earlier * pointWidth + column];
  }
  for (let g = 0; g < tagWidth; g++) {
    const at = later * tagWidth + g;
    if (tags[at] < 0) tags[at] = tags[earlier * tagWidth + g];
  }
  if (lacks[later] === 0 || lacks[earlier] === 0) {
    lacks[later] = 0;
    return;
  }
  lacks[later] = schema.metrics.some((metric, m) => !metric.optional && Number.isNaN(values[later * width + m]))
    ? 1
    : 0;
}
