// Rows that wait, for another program: its columns may be others, and so may the ids in them.

import type { SchemaMeta } from '../../contract.ts';
import { pointColumn } from '../histogram-point.ts';
import type { SchemaIntake } from '../intake.ts';
import type { Rows } from '../rows.ts';
import { type NameChanges, renumberColumn } from './name-changes.ts';
import type { SchemaMatch } from './program-match.ts';

/** Fills `to`, rows of the new program, from those of the former one, which must not be used any more. */
export function adoptRows(
  to: Rows,
  from: Rows,
  intake: SchemaIntake,
  schema: SchemaMeta,
  former: SchemaMatch,
  changes: NameChanges,
): void {
  if (former.sameColumns) to.adopt(from);
  else for (let row = 0; row < from.rows; row++) copyRow(to, from, row, intake, schema, former);
  renumberColumn(to.key, 0, 1, to.rows, changes.keys);
  for (const [tag, change] of changes.tags.entries()) renumberColumn(to.tags, tag, to.tagWidth, to.rows, change);
  intake.matchNewPatterns(to, (tag) => former.tags[tag] < 0);
}

/** What a row does not carry that is new is unknown. */
function copyRow(
  to: Rows,
  from: Rows,
  row: number,
  intake: SchemaIntake,
  schema: SchemaMeta,
  { metrics, tags }: SchemaMatch,
): void {
  const copy = to.append(from.time[row], from.key[row], from.seq[row]);
  to.lacks[copy] = from.lacks[row];
  for (const [slot, earlier] of metrics.entries()) {
    if (earlier < 0) continue;
    to.values[copy * to.width + slot] = from.values[row * from.width + earlier];
    const column = intake.pointColumn[slot];
    if (column < 0) continue;
    to.points[copy * to.pointWidth + column] = from.points[row * from.pointWidth + pointColumn(schema, earlier)];
  }
  for (const [tag, earlier] of tags.entries()) {
    if (earlier >= 0) to.tags[copy * to.tagWidth + tag] = from.tags[row * from.tagWidth + earlier];
  }
}
