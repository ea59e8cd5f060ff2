// The key and tags of an example's events: values that the solution asks for, and that fit the patterns it asks about.

import type { SchemaMeta, TagMeta } from '../../runtime/contract.ts';
import type { ExampleSeries } from '../diagnostics/diagnostic.ts';
import { fitsGlob } from '../vocabulary/glob.ts';
import type { Conjunction } from './solve/conjunction.ts';

/** `members`: the tags that something goes `across`. `null` when no value was found that does all of it. */
export function exampleTags(
  solution: Conjunction,
  schema: SchemaMeta,
  members: ReadonlySet<number>,
): Pick<ExampleSeries, 'key' | 'tags'> | null {
  const values = new Map<number, string | null>();
  for (const [tag, meta] of [[-1, schema.key] as const, ...schema.tags.entries()]) {
    if (meta.pattern !== undefined) continue;
    const value = valueFor(tag, meta, solution, schema, members);
    if (value === undefined) return null;
    values.set(tag, value);
  }
  const key = values.get(-1);
  if (key === undefined || key === null) return null;
  // A column of a pattern follows from the value it is asked of.
  const tags = schema.tags.map(({ pattern }, tag) => {
    if (pattern === undefined) return values.get(tag) ?? null;
    const of = values.get(pattern.tag) ?? null;
    return of === null ? null : fitsGlob(of, pattern.glob) ? 'yes' : 'no';
  });
  return { key, tags };
}

/** `null`: the events carry none. `undefined`: there is no such value. */
function valueFor(
  tag: number,
  meta: TagMeta,
  solution: Conjunction,
  schema: SchemaMeta,
  members: ReadonlySet<number>,
): string | null | undefined {
  const patterns = schema.tags.flatMap((column, at) => {
    const state = column.pattern?.tag === tag ? solution.tags.get(at) : undefined;
    return column.pattern === undefined || state === undefined ? [] : [{ glob: column.pattern.glob, state }];
  });
  const state = solution.tags.get(tag);
  const isAbsent = state?.absent === true || patterns.some((entry) => entry.state.absent);
  if (isAbsent) return tag < 0 || (state !== undefined && !state.absent) ? undefined : null;
  // Without a member there is nothing that `across` could go over.
  if (state === undefined && patterns.length === 0 && tag >= 0 && !members.has(tag)) return null;
  const fixed = state?.value == null ? null : (meta.literals[state.value] ?? null);
  const globs = patterns.map(({ glob }) => glob.replaceAll('*', '').replaceAll('?', 'a'));
  const free = meta.source?.kind === 'always' ? [meta.source.value] : [...globs, 'a', 'b', `other-${meta.name}`];
  const candidates = fixed !== null ? [fixed] : (meta.values ?? free);
  const others = new Set([...(state?.others ?? [])].map((id) => meta.literals[id]));
  return candidates.find(
    (value) =>
      value !== '' &&
      !others.has(value) &&
      // `yes` is the first literal of a pattern's column.
      patterns.every((entry) => fitsGlob(value, entry.glob) === (entry.state.value === 0)),
  );
}
