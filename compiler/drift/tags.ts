// Keys and tags that never come, that have values nobody declared, or more values than can be kept.

import type { TagSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { driftLimits } from '../vocabulary/defaults.ts';
import { nearName } from './near-name.ts';
import { type Seen, seenMetric, seenTag } from './seen.ts';
import type { TelemetryTag } from './telemetry.ts';
import { wireNamesOf } from './wire-names.ts';

export function reportTags(seen: Seen, report: Report): void {
  const { key, tags } = seen.schema;
  if (key !== null) reportTag(key, seen, report);
  for (const tag of tags) reportTag(tag, seen, report);
}

function reportTag(symbol: TagSymbol, seen: Seen, report: Report): void {
  const carried = carriedNames(seen);
  const missing = (wireNamesOf(symbol) ?? []).filter((name) => !carried.has(name) && !carried.has(symbol.name));
  const { name, item } = symbol;
  if (missing[0] !== undefined) {
    const [wire] = missing;
    const declared = new Set(declaredTags(seen));
    const near = nearName(
      wire,
      [...carried].filter((other) => !declared.has(other)),
    );
    const args = { name, wire, schema: seen.schema.name, near };
    report(item.kind === 'key' ? 'key-never-seen' : 'tag-never-seen', item.span, args);
    return;
  }
  const tag = seenTag(symbol, seen);
  if (tag === null) return;
  reportCount(symbol, tag, seen, report);
  if (symbol.values === null) return;
  const closed = new Set(symbol.values);
  const others = tag.samples.filter((value) => !closed.has(value));
  if (others.length > 0) report('unlisted-tag-value', item.span, { name, values: others });
}

/** Names of the tags that the events of the schema carry, or that the points of its metrics do. */
function carriedNames(seen: Seen): ReadonlySet<string> {
  const names = new Set(seen.events > 0 ? seen.tags.keys() : []);
  for (const symbol of seen.schema.metrics) {
    for (const name of seenMetric(symbol, seen)?.attributes ?? []) names.add(name);
  }
  // Its metrics were renamed: which of the attributes are theirs is not known.
  if (names.size === 0) for (const name of seen.tags.keys()) names.add(name);
  return names;
}

function declaredTags({ schema }: Seen): readonly string[] {
  const all = schema.key === null ? schema.tags : [schema.key, ...schema.tags];
  return all.flatMap((tag) => [tag.name, ...(wireNamesOf(tag) ?? [])]);
}

function reportCount(symbol: TagSymbol, { values, more, count }: TelemetryTag, seen: Seen, report: Report): void {
  const { name, item } = symbol;
  const { kind } = item;
  const about = { kind, name, values, more };
  const members = membersMost(symbol, seen);
  if (members !== null && values > members.all) {
    report('too-many-values', item.span, { ...about, bound: members.each, why: 'members' });
  } else if (values > driftLimits.values) {
    report('too-many-values', item.span, { ...about, bound: driftLimits.values, why: 'memory' });
  } else if (values >= driftLimits.unboundedFrom && values * 2 > count) {
    report('too-many-values', item.span, { ...about, bound: 0, why: 'growth' });
  }
}

/** Members that each key may have, and all keys that came together; `null`: the tag is none of members. */
function membersMost({ item }: TagSymbol, seen: Seen): { readonly each: number; readonly all: number } | null {
  const { key } = seen.schema;
  if (item.kind === 'key' || item.most === null || key === null) return null;
  const keys = seenTag(key, seen);
  return keys === null ? null : { each: item.most.value, all: item.most.value * keys.values };
}
