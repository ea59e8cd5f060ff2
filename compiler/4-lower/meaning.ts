// The semantic hash of a policy: changes when, and only when, what the policy does would. Titles, owners, places,
// comments, names of `let`s and the order of a schema's metrics are no part of it.

import { createHash } from 'node:crypto';
import type { DerivedMeta, PolicyMeta, SchemaMeta, TagMeta } from '../../runtime/contract.ts';
import type { DerivedIr, PolicyIr, ScheduleIr, ScheduleRangeIr } from './ir.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export function meaningHash(
  policy: Omit<PolicyIr, 'meta'>,
  meta: Omit<PolicyMeta, 'hash'>,
  schema: SchemaMeta,
  names: TagNames,
): string {
  const rewrite = (node: unknown): Json => canonicalNode(node, schema, names);
  const meaning: Json = {
    name: meta.name,
    schema: {
      name: schema.name,
      key: tagMeaning(names, -1),
      staleMs: schema.staleMs,
      latenessMs: schema.latenessMs,
      // Rows of different members stay apart, whatever the policy asks for.
      members: schema.tags.flatMap(({ most }, tag) => (most === undefined ? [] : [[tagMeaning(names, tag), most]])),
    },
    where: rewrite(policy.where),
    when: rewrite(policy.when),
    until: rewrite(policy.until),
    onMissing: policy.onMissing,
    derived: policy.derived.map((entry) => ({
      ...windowMeaning(entry.meta),
      member: entry.meta.member === undefined ? null : tagMeaning(names, entry.meta.member),
      input: rewrite(entry.input),
      where: rewrite(entry.where),
    })),
    requires: meta.requires.map((slot) => canonicalJson(metricMeaning(schema, slot))).sort(),
    mode: meta.mode,
    cooldownMs: meta.cooldownMs,
    settleMs: meta.settleMs,
    limit: meta.limit,
    priority: meta.priority,
    maxAgeMs: meta.maxAgeMs,
    ...(meta.busy === undefined ? {} : { busy: meta.busy }),
    actions: rewrite(meta.actions),
  };
  return createHash('sha256').update(canonicalJson(meaning)).digest('hex');
}

/** Of a policy's windows, each: the same in every program in which it computes the same of the same rows. */
export function windowMeanings(entries: readonly DerivedIr[], schema: SchemaMeta): readonly string[] {
  const names: TagNames = {
    tagMeta: (tag) => (tag < 0 ? schema.key : schema.tags[tag]),
    literalText: (tag, value) => names.tagMeta(tag)?.literals[value] ?? '',
  };
  const meanings: string[] = [];
  for (const { meta, input, where } of entries) {
    const meaning: Json = {
      ...windowMeaning(meta),
      member: meta.member === undefined ? null : [tagMeaning(names, meta.member), schema.tags[meta.member].most ?? 0],
      input: canonicalNode(input, schema, names, meanings),
      where: canonicalNode(where, schema, names, meanings),
    };
    meanings.push(createHash('sha256').update(canonicalJson(meaning)).digest('hex').slice(0, 32));
  }
  return meanings;
}

/** Room for samples follows from the schema's cadence, but for `recent` it is what the author asks for. */
function windowMeaning({
  kernel,
  widthMs,
  agoMs,
  gapMs,
  capacity,
}: Omit<DerivedMeta, 'outputs'>): Record<string, Json> {
  return { kernel, widthMs, agoMs, gapMs, samples: kernel === 'recent' ? capacity : null };
}

/** What stands behind the numbers of tags (−1 is the key) and of their literals. */
export interface TagNames {
  tagMeta(tag: number): TagMeta | undefined;
  literalText(tag: number, value: number): string;
}

/**
 * Slots become what is read from the wire, ids become texts: both may shift without a change of meaning. With `windows`,
 * the meanings of the policy's windows, their numbers do too.
 */
function canonicalNode(node: unknown, schema: SchemaMeta, names: TagNames, windows: readonly string[] = []): Json {
  if (Array.isArray(node)) return node.map((entry) => canonicalNode(entry, schema, names, windows));
  if (node === null || typeof node !== 'object') return node as Json;
  const fields = node as Readonly<Record<string, unknown>>;
  if (fields.op === 'derived' && windows.length > 0)
    return ['derived', windows[fields.index as number], fields.output as string];
  if (fields.op === 'metric') return ['metric', metricMeaning(schema, fields.slot as number)];
  if (fields.op === 'tag-is')
    return [
      'tag-is',
      tagMeaning(names, fields.tag as number),
      names.literalText(fields.tag as number, fields.value as number),
    ];
  if (fields.op === 'tag-missing') return ['tag-missing', tagMeaning(names, fields.tag as number)];
  if (fields.op === 'schedule') return ['schedule', scheduleMeaning(fields.schedule as ScheduleIr)];
  if (fields.op === 'number') return fields.value as number;
  // What a parameter is called is no part of what it is worth.
  if (fields.op === 'choose')
    return [
      'choose',
      canonicalNode(fields.cases, schema, names, windows),
      canonicalNode(fields.otherwise, schema, names, windows),
    ];
  const result: [string, Json][] = [];
  for (const [name, value] of Object.entries(fields)) {
    const missing = name === 'slot' && (fields.op === 'missing' || fields.op === 'missing-for');
    result.push([
      name,
      missing ? metricMeaning(schema, value as number) : canonicalNode(value, schema, names, windows),
    ]);
  }
  return Object.fromEntries(result);
}

/** A zone is what its clock shows, whatever its name. */
function scheduleMeaning({ active, inactive }: ScheduleIr): Json {
  const meaning = ({ days, fromMinute, toMinute, zone }: ScheduleRangeIr): Json => [
    [...days].sort(),
    fromMinute,
    toMinute,
    zone.startsMs,
    zone.offsetsMs,
  ];
  return [active.map(meaning), inactive.map(meaning)];
}

function metricMeaning(schema: SchemaMeta, slot: number): Json {
  const metric = schema.metrics[slot];
  if (metric === undefined) return null;
  return [metric.from, metric.counter, metric.multiply, metric.divide, metric.optional, metric.histogram ?? false];
}

function tagMeaning(names: TagNames, tag: number): Json {
  const meta = names.tagMeta(tag);
  if (meta?.pattern !== undefined) return ['like', tagMeaning(names, meta.pattern.tag), meta.pattern.glob];
  return meta?.source ?? meta?.from ?? '';
}

/** JSON with the names of every object in order. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(inOrder(value));
}

function inOrder(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(inOrder);
  const fields = value as { readonly [key: string]: Json };
  const ordered: Record<string, Json> = Object.create(null);
  for (const name of Object.keys(fields).sort()) ordered[name] = inOrder(fields[name] as Json);
  return ordered;
}
