// Ids that are others in another program: those of the values that a program names come first, in its own order.

import type { Renumbering } from '../kernels/kernel-store.ts';

/** Which ids of a schema's keys and, by new position, of its tags' values have changed. */
export interface NameChanges {
  readonly keys: Renumbering;
  readonly tags: readonly Renumbering[];
}

/** Changes the ids in a column of rows. */
export function renumberColumn(
  ids: Int32Array,
  column: number,
  width: number,
  rows: number,
  { from, to }: Renumbering,
): void {
  if (from.length === 0) return;
  const changed = new Map(from.map((id, index) => [id, to[index]]));
  for (let row = 0, at = column; row < rows; row++, at += width) ids[at] = changed.get(ids[at]) ?? ids[at];
}
