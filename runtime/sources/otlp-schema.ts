// One schema's side of an OTLP request: which row a (key, time) has, what was written where, and the running totals of
// delta sums. Rows lie in the intake from the start; `rollBack` takes a request's rows away again.

import type { HistogramPoint, TagMeta } from '../contract.ts';
import { addedPoints } from '../evaluate/histogram-point.ts';
import type { Intake, SchemaIntake } from '../evaluate/intake.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import { type OtlpAttributes, OtlpComposed, OtlpField, type OtlpSource } from './otlp-attributes.ts';

export const kindGauge = 1;
export const kindSum = 2;
/** A sum that must be added to what came before to be a counter. */
export const kindDelta = 3;
export const kindHistogram = 4;
/** A row that isn't found within so many steps is appended anew: times made to collide cost no more than that. */
const probesMax = 64;

export class OtlpSchema {
  readonly intake: SchemaIntake;
  readonly keyField: OtlpSource;
  readonly #tagFields: readonly OtlpSource[];
  readonly #width: number;
  #firstRow = 0;
  #lastRow = -1;
  /** By (row of this request, slot): the kind of what was written, 0 for nothing. */
  #written = new Uint8Array(1024);
  // Rows of this request by key and time, open addressing. An entry counts when its stamp is the request's.
  #table = new Int32Array(256);
  #tableStamp = new Int32Array(256);
  #stamp = 0;
  /** Rows and slots whose value is still a delta. */
  #deltas: { readonly row: number; readonly slot: number }[] = [];
  /** Histograms of several series for one row, by (row of this request, slot): added up when all have come. */
  readonly #parts = new Map<
    number,
    { readonly row: number; readonly slot: number; readonly points: HistogramPoint[] }
  >();
  /** By (key, slot): the total so far and the time of the last delta that went into it. */
  #total = new Float64Array(0);
  #totalTime = new Float64Array(0);
  /** By key: in which generation of the dictionary its id was given, when that was not at first. */
  readonly #totalsOf = new Map<number, number>();

  /** `numbers`: attributes of interest by name; gets those that this schema reads. */
  constructor(intake: SchemaIntake, numbers: Map<string, number>) {
    this.intake = intake;
    this.#width = intake.meta.metrics.length;
    const { key, tags } = intake.meta;
    this.keyField = sourceOf(key, new ByteDictionary(intake.keys), numbers);
    // Patterns stand behind all tags of the event.
    this.#tagFields = tags
      .filter(({ pattern }) => pattern === undefined)
      .map((tag, index) => sourceOf(tag, new ByteDictionary(intake.tags[index]), numbers));
  }

  begin(): void {
    this.#firstRow = this.intake.rows.rows;
    this.#lastRow = -1;
    this.#stamp++;
    this.#deltas.length = 0;
    this.#parts.clear();
  }

  rollBack(): void {
    this.intake.rows.rows = this.#firstRow;
  }

  /** The row of this request for `key` at `time`, appended when there is none. */
  row(time: number, key: number, intake: Intake): number {
    const { rows } = this.intake;
    const last = this.#lastRow;
    if (last >= 0 && rows.key[last] === key && rows.time[last] === time) return last;
    if ((rows.rows - this.#firstRow) * 2 >= this.#table.length) this.#growTable();
    const at = this.#find(time, key);
    if (at >= 0 && this.#tableStamp[at] === this.#stamp) {
      this.#lastRow = this.#table[at];
      return this.#lastRow;
    }
    const row = rows.append(time, key, intake.seq++);
    if (at >= 0) {
      this.#table[at] = row;
      this.#tableStamp[at] = this.#stamp;
    }
    this.#clearWritten(row);
    this.#lastRow = row;
    return row;
  }

  /** Fills the row's tags that are still absent. */
  fillTags(row: number, point: OtlpAttributes, resource: OtlpAttributes, scope: OtlpAttributes, base: number): void {
    const { tags, tagWidth } = this.intake.rows;
    for (let tag = 0, o = row * tagWidth; tag < this.#tagFields.length; tag++, o++) {
      if (tags[o] !== -1) continue;
      const id = this.#tagFields[tag].id(point, resource, scope, base);
      if (id >= 0) tags[o] = id;
    }
  }

  /** Writes a wire value; true when the slot had one already. */
  write(row: number, slot: number, kind: number, monotonic: boolean, wire: number): boolean {
    const { values } = this.intake.rows;
    const at = row * this.#width + slot;
    const mark = (row - this.#firstRow) * this.#width + slot;
    const before = this.#written[mark];
    const value = this.intake.canonical(slot, wire);
    if (Number.isNaN(value)) {
      const reason = Number.isNaN(wire) ? 'no-value' : 'not-finite';
      this.intake.unknowns?.note(this.intake.rows.seq[row], slot, reason);
    }
    if (before === 0) {
      // A monotonic delta read as a plain number is meant as it is: "so many since the last report".
      const totals = kind === kindDelta && (this.intake.meta.metrics[slot].counter || !monotonic);
      this.#written[mark] = kind;
      values[at] = value;
      if (totals) this.#deltas.push({ row, slot });
      return false;
    }
    if (kind === kindGauge) values[at] = value;
    // A part that was not recorded must not hide the others.
    else if (!Number.isNaN(value)) values[at] = Number.isNaN(values[at]) ? value : values[at] + value;
    return true;
  }

  /** Writes a histogram, added to what another series has there; true when there was one already. */
  writePoint(row: number, slot: number, point: HistogramPoint | null): boolean {
    const mark = (row - this.#firstRow) * this.#width + slot;
    const before = this.#written[mark] !== 0;
    this.#written[mark] = kindHistogram;
    const { rows, pointColumn } = this.intake;
    const known = rows.points[row * rows.pointWidth + pointColumn[slot]];
    // A part that was not recorded must not hide the others.
    if (point === null && known !== null) return before;
    if (point !== null && known !== null && point.delta === known.delta) {
      const parts = this.#parts.get(mark);
      if (parts === undefined) this.#parts.set(mark, { row, slot, points: [known, point] });
      else parts.points.push(point);
      return before;
    }
    this.#parts.delete(mark);
    this.intake.writePoint(row, slot, point);
    return before;
  }

  /**
   * Turns deltas into totals, adds up histograms, and marks the rows that lack a required metric; returns how many rows
   * were appended. `crowded` is told of each metric whose series have too many buckets together: it is unknown then.
   */
  finish(crowded: (metric: string) => void): number {
    this.#sumDeltas();
    for (const { row, slot, points } of this.#parts.values()) {
      const sum = addedPoints(points);
      if (sum === null) crowded(this.intake.meta.metrics[slot].name);
      this.intake.writePoint(row, slot, sum);
    }
    this.#parts.clear();
    const { rows, required } = this.intake;
    for (let row = this.#firstRow; row < rows.rows; row++) {
      const mark = (row - this.#firstRow) * this.#width;
      for (let i = 0; i < required.length; i++) if (this.#written[mark + required[i]] === 0) rows.lacks[row] = 1;
    }
    return rows.rows - this.#firstRow;
  }

  /**
   * A delta whose time is that of the last one is a redelivery and not added again: exporters repeat a request whose
   * reply was lost.
   */
  #sumDeltas(): void {
    const { time, key, values } = this.intake.rows;
    this.#deltas.sort((left, right) => time[left.row] - time[right.row]);
    for (const { row, slot } of this.#deltas) {
      const at = key[row] * this.#width + slot;
      if (at >= this.#total.length) this.#growTotals((key[row] + 1) * this.#width);
      this.#beginAnew(key[row]);
      const delta = values[row * this.#width + slot];
      if (Number.isNaN(delta)) continue;
      if (this.#totalTime[at] !== time[row]) this.#total[at] += delta;
      this.#totalTime[at] = Math.max(this.#totalTime[at], time[row]);
      values[row * this.#width + slot] = this.#total[at];
    }
  }

  /** The id is another key's than it was: that one's totals are none of its own. */
  #beginAnew(key: number): void {
    const given = this.intake.keys.givenIn(key);
    if (given === (this.#totalsOf.get(key) ?? 0)) return;
    this.#totalsOf.set(key, given);
    this.#total.fill(0, key * this.#width, (key + 1) * this.#width);
    this.#totalTime.fill(0, key * this.#width, (key + 1) * this.#width);
  }

  #growTotals(needed: number): void {
    const length = Math.max(needed, this.#total.length * 2);
    const total = new Float64Array(length);
    const totalTime = new Float64Array(length);
    total.set(this.#total);
    totalTime.set(this.#totalTime);
    this.#total = total;
    this.#totalTime = totalTime;
  }

  /** The table's place of (time, key): taken when its stamp is current, else free; −1 when the search went too far. */
  #find(time: number, key: number): number {
    const { rows } = this.intake;
    const mask = this.#table.length - 1;
    let hash = Math.imul(key, 0x9e3779b1) ^ Math.imul((time / 1024) | 0, 0x85ebca6b) ^ (time | 0);
    hash ^= hash >>> 15;
    for (let probe = 0; probe < probesMax; probe++) {
      const at = (hash + probe) & mask;
      if (this.#tableStamp[at] !== this.#stamp) return at;
      const row = this.#table[at];
      if (rows.key[row] === key && rows.time[row] === time) return at;
    }
    return -1;
  }

  #growTable(): void {
    const { rows } = this.intake;
    const length = this.#table.length * 2;
    this.#table = new Int32Array(length);
    this.#tableStamp = new Int32Array(length);
    this.#stamp = 1;
    for (let row = this.#firstRow; row < rows.rows; row++) {
      const at = this.#find(rows.time[row], rows.key[row]);
      if (at < 0) continue;
      this.#table[at] = row;
      this.#tableStamp[at] = 1;
    }
  }

  #clearWritten(row: number): void {
    const from = (row - this.#firstRow) * this.#width;
    if (from + this.#width > this.#written.length) {
      const wide = new Uint8Array(Math.max(this.#written.length * 2, from + this.#width));
      wide.set(this.#written);
      this.#written = wide;
    }
    this.#written.fill(0, from, from + this.#width);
  }
}

function sourceOf(tag: TagMeta, dictionary: ByteDictionary, numbers: Map<string, number>): OtlpSource {
  const numberOf = (name: string): number => {
    const known = numbers.get(name) ?? numbers.size;
    numbers.set(name, known);
    return known;
  };
  if (tag.source === undefined) return new OtlpField(numberOf(tag.name), numberOf(tag.from), dictionary);
  if (tag.source.kind === 'names') for (const name of tag.source.names) numberOf(name);
  return new OtlpComposed(tag.source, numbers, dictionary);
}
