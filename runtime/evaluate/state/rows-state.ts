// Rows that wait, in a snapshot: what decoders wrote of them. Derived slots and members are filled when they are judged.

import { type Dictionary, otherId } from '../dictionary.ts';
import type { Rows } from '../rows.ts';
import { loadPoint, savePoint } from './point-state.ts';
import { StateReader } from './state-reader.ts';
import type { StateWriter } from './state-writer.ts';

/** What the ids in rows stand for. */
export interface RowNames {
  readonly keys: Dictionary;
  readonly tags: readonly Dictionary[];
}

const what = 'the rows that wait';
const rowsMost = 1 << 24;

export function saveRows(rows: Rows, to: StateWriter): void {
  const { rows: count, width, tagWidth, pointWidth } = rows;
  to.numbers(rows.time, count);
  to.numbers(rows.key, count);
  to.numbers(rows.seq, count);
  to.numbers(rows.lacks, count);
  to.numbers(rows.values, count * width);
  to.numbers(rows.tags, count * tagWidth);
  for (let at = 0; at < count * pointWidth; at++) {
    const point = rows.points[at];
    to.count(point === null ? 0 : 1);
    if (point !== null) savePoint(point, to);
  }
}

/** Rows of the schema, appended to `rows`. */
export function loadRows(rows: Rows, { keys, tags }: RowNames, from: StateReader): void {
  const time = from.numbers(rowsMost, what);
  const count = time.length;
  const key = exactly(count, from.integers(count, what));
  const seq = exactly(count, from.numbers(count, what));
  const lacks = exactly(count, from.octets(count, what));
  const values = exactly(count * rows.width, from.numbers(count * rows.width, what));
  const tagIds = exactly(count * rows.tagWidth, from.integers(count * rows.tagWidth, what));
  const sizes = tags.map((tag) => tag.size);
  for (let row = 0; row < count; row++) {
    if (!Number.isFinite(time[row]) || key[row] < 0 || key[row] >= keys.size) throw StateReader.damaged(what);
    const to = rows.append(time[row], key[row], seq[row]);
    rows.lacks[to] = lacks[row];
    for (let m = 0; m < rows.width; m++) rows.values[to * rows.width + m] = values[row * rows.width + m];
    for (let g = 0; g < rows.tagWidth; g++) {
      const id = tagIds[row * rows.tagWidth + g];
      if (id < -1 || (id >= sizes[g] && id !== otherId)) throw StateReader.damaged(what);
      rows.tags[to * rows.tagWidth + g] = id;
    }
    for (let p = 0; p < rows.pointWidth; p++) {
      rows.points[to * rows.pointWidth + p] = from.count(1, what) === 1 ? loadPoint(from) : null;
    }
  }
}

function exactly<T extends { readonly length: number }>(length: number, values: T): T {
  if (values.length !== length) throw StateReader.damaged(what);
  return values;
}
