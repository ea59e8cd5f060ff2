// What of one program lives on in another: which of its schemas, tags, metrics, policies and windows mean the same there,
// whatever their numbers. What has no counterpart begins anew.

import type { DerivedMeta, MetricMeta, PolicyMeta, ProgramMeta, SchemaMeta, TagMeta } from '../../contract.ts';
import { strideOf } from '../judge-memory.ts';

export interface SchemaMatch {
  /** Position of the schema in the former program. */
  readonly schema: number;
  /** By the new position, the former one; −1 for what is new. */
  readonly tags: readonly number[];
  readonly metrics: readonly number[];
  readonly windows: readonly number[];
  /** Rows of both have the same columns of values and tags. */
  readonly sameColumns: boolean;
}

export interface ProgramMatch {
  /** By the new position; `null` for a schema that is new or has another key. */
  readonly schemas: readonly (SchemaMatch | null)[];
  /** By the new position, the former one of a policy whose meaning has not changed; −1 for any other. */
  readonly policies: readonly number[];
}

export function matchPrograms(from: ProgramMeta, to: ProgramMeta): ProgramMatch {
  const schemas = to.schemas.map((schema) => {
    const index = from.schemas.findIndex(({ name }) => name === schema.name);
    return index >= 0 && tagMeaning(from.schemas[index], -1) === tagMeaning(schema, -1)
      ? matchSchema(from.schemas[index], index, schema)
      : null;
  });
  const byHash = new Map(from.policies.map((policy, index) => [policy.hash, index]));
  const policies = to.policies.map((policy) => {
    const index = byHash.get(policy.hash) ?? -1;
    return index >= 0 && sameState(from.policies[index], policy, schemas) ? index : -1;
  });
  return { schemas, policies };
}

function matchSchema(from: SchemaMeta, index: number, to: SchemaMeta): SchemaMatch {
  const tags = matched(
    from.tags.map((_, tag) => tagMeaning(from, tag)),
    to.tags.map((_, tag) => tagMeaning(to, tag)),
  );
  const metrics = matched(from.metrics.map(metricMeaning), to.metrics.map(metricMeaning));
  const windows = matched(from.derived.map(windowMeaning), to.derived.map(windowMeaning)).map((former, window) => {
    const { member } = to.derived[window];
    return member === undefined || (former >= 0 && sameMembers(from, to, tags[member], member)) ? former : -1;
  });
  const sameColumns = inPlace(tags, from.tags.length) && inPlace(metrics, from.metrics.length);
  return { schema: index, tags, metrics, windows, sameColumns };
}

/** Members of both have the same numbers. */
export function sameMembers(from: SchemaMeta, to: SchemaMeta, former: number, tag: number): boolean {
  return former >= 0 && from.tags[former].most === to.tags[tag].most && from.staleMs === to.staleMs;
}

function sameState(from: PolicyMeta, to: PolicyMeta, schemas: readonly (SchemaMatch | null)[]): boolean {
  return (
    schemas[to.schema]?.schema === from.schema &&
    strideOf(from) === strideOf(to) &&
    JSON.stringify(from.state) === JSON.stringify(to.state)
  );
}

/** By position in `to`, where the same stands in `from`: each is taken once, in order; −1 for what is not there. */
function matched(from: readonly string[], to: readonly string[]): readonly number[] {
  const places = Map.groupBy(from.keys(), (index) => from[index]);
  return to.map((meaning) => (meaning === '' ? -1 : (places.get(meaning)?.shift() ?? -1)));
}

function inPlace(former: readonly number[], count: number): boolean {
  return former.length === count && former.every((index, at) => index === at);
}

/** What makes a tag's values (−1: the key's). */
function tagMeaning(schema: SchemaMeta, tag: number): string {
  const meta: TagMeta = tag < 0 ? schema.key : schema.tags[tag];
  if (meta.pattern !== undefined) return JSON.stringify([tagMeaning(schema, meta.pattern.tag), meta.pattern.glob]);
  return JSON.stringify([meta.source ?? null, meta.from, meta.name]);
}

function metricMeaning({ from, name, counter, multiply, divide, histogram, type }: MetricMeta): string {
  return JSON.stringify([from, name, counter, multiply, divide, histogram ?? false, type === 'bool']);
}

function windowMeaning({ meaning }: DerivedMeta): string {
  return meaning ?? '';
}
