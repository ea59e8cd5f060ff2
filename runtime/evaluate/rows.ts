// Growable columns of rows of one schema: what decoders fill and evaluators read. Rows are in order of arrival.

import type { Batch, HistogramPoint, SchemaMeta } from '../contract.ts';
import { memberTags } from './members.ts';

/** How wide the columns of a schema's rows are. */
export type RowShape = Pick<Batch, 'width' | 'tagWidth' | 'derivedWidth' | 'memberWidth' | 'pointWidth'>;

export function rowShape(meta: SchemaMeta): RowShape {
  return {
    width: meta.metrics.length,
    tagWidth: meta.tags.length,
    derivedWidth: meta.derivedWidth,
    memberWidth: memberTags(meta).length,
    pointWidth: meta.metrics.filter(({ histogram }) => histogram).length,
  };
}

export class Rows implements Batch {
  rows = 0;
  time: Float64Array;
  key: Int32Array;
  values: Float64Array;
  tags: Int32Array;
  lacks: Uint8Array;
  seq: Float64Array;
  derived: Float64Array;
  order: Int32Array;
  members: Int32Array;
  readonly width: number;
  readonly tagWidth: number;
  readonly derivedWidth: number;
  readonly memberWidth: number;
  points: (HistogramPoint | null)[] = [];
  readonly pointWidth: number;
  readonly tick: boolean;
  #capacity: number;

  constructor(shape: RowShape, capacity = 256, tick = false) {
    this.width = shape.width;
    this.tagWidth = shape.tagWidth;
    this.derivedWidth = shape.derivedWidth;
    this.memberWidth = shape.memberWidth;
    this.pointWidth = shape.pointWidth;
    this.tick = tick;
    this.#capacity = capacity;
    this.time = new Float64Array(capacity);
    this.key = new Int32Array(capacity);
    this.values = new Float64Array(capacity * this.width);
    this.tags = new Int32Array(capacity * this.tagWidth);
    this.lacks = new Uint8Array(capacity);
    this.seq = new Float64Array(capacity);
    this.derived = new Float64Array(capacity * this.derivedWidth);
    this.order = new Int32Array(capacity);
    this.members = new Int32Array(capacity * this.memberWidth);
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Appends a row whose metrics are all unknown and whose tags are all absent; returns its number. */
  append(time: number, key: number, seq: number): number {
    const row = this.rows;
    if (row === this.#capacity) this.#grow();
    this.rows = row + 1;
    this.time[row] = time;
    this.key[row] = key;
    this.seq[row] = seq;
    this.lacks[row] = 0;
    this.values.fill(Number.NaN, row * this.width, (row + 1) * this.width);
    this.tags.fill(-1, row * this.tagWidth, (row + 1) * this.tagWidth);
    for (let p = 0; p < this.pointWidth; p++) this.points[row * this.pointWidth + p] = null;
    return row;
  }

  /** Appends a copy of a row of `from`, which has the same shape. */
  copy(from: Batch, row: number): number {
    const to = this.append(from.time[row], from.key[row], from.seq[row]);
    this.lacks[to] = from.lacks[row];
    for (let m = 0; m < this.width; m++) this.values[to * this.width + m] = from.values[row * this.width + m];
    for (let g = 0; g < this.tagWidth; g++) this.tags[to * this.tagWidth + g] = from.tags[row * this.tagWidth + g];
    for (let p = 0; p < this.pointWidth; p++)
      this.points[to * this.pointWidth + p] = from.points[row * this.pointWidth + p];
    return to;
  }

  /**
   * Takes the rows of `other`, which must not be used any more, and whose values and tags stand in the same columns.
   * What is derived of them is yet to be filled.
   */
  adopt(other: Rows): void {
    this.rows = other.rows;
    this.time = other.time;
    this.key = other.key;
    this.values = other.values;
    this.tags = other.tags;
    this.lacks = other.lacks;
    this.seq = other.seq;
    this.points = other.points;
    this.#capacity = other.#capacity;
    this.order = other.order;
    this.derived = new Float64Array(this.#capacity * this.derivedWidth);
    this.members = new Int32Array(this.#capacity * this.memberWidth);
  }

  /** Makes room for `rows` rows in all. */
  reserve(rows: number): void {
    while (this.#capacity < rows) this.#grow();
  }

  clear(): void {
    this.rows = 0;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.time = widened(this.time, this.#capacity);
    this.key = widened(this.key, this.#capacity);
    this.values = widened(this.values, this.#capacity * this.width);
    this.tags = widened(this.tags, this.#capacity * this.tagWidth);
    this.lacks = widened(this.lacks, this.#capacity);
    this.seq = widened(this.seq, this.#capacity);
    this.derived = widened(this.derived, this.#capacity * this.derivedWidth);
    this.order = widened(this.order, this.#capacity);
    this.members = widened(this.members, this.#capacity * this.memberWidth);
  }
}

function widened<T extends Float64Array | Int32Array | Uint8Array>(old: T, length: number): T {
  const wide = new (old.constructor as new (length: number) => T)(length);
  wide.set(old);
  return wide;
}
