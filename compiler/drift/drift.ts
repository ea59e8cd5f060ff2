// Declared schemas against real telemetry, both ways. Every finding is a diagnostic at the declaration that it concerns;
// what telemetry can't tell (a schema that may come from elsewhere) is a warning, what breaks a policy an error.

import type { Bound, SchemaSymbol } from '../1-bind/symbols.ts';
import type { Facts } from '../2-check/facts.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { reportFleets } from './fleets.ts';
import { reportMetrics } from './metrics.ts';
import { nearName } from './near-name.ts';
import { type Seen, seenMetric, seenOf } from './seen.ts';
import { reportTags } from './tags.ts';
import type { Telemetry } from './telemetry.ts';
import { reportUndeclared } from './undeclared.ts';

export function findDrift(bound: Bound, facts: Facts, telemetry: Telemetry, report: Report): void {
  const schemas = [...bound.schemas.values()];
  const only = schemas.length === 1 ? (schemas[0] ?? null) : null;
  const seen = schemas.filter((schema) => !schema.broken).map((schema) => seenOf(schema, only, telemetry));
  const renamed = reportSchemas(bound, schemas, telemetry, report);
  const coming: Seen[] = [];
  // A metric that one was renamed to is told with that one, not once more as undeclared.
  const explained = new Set<string>();
  for (const each of seen) {
    if (comes(each)) {
      coming.push(each);
      reportMetrics(each, declaredNames(schemas), explained, report);
      reportTags(each, report);
    } else if (!renamed.has(each.schema)) reportSilent(each, report);
  }
  reportUndeclared(coming, schemas, explained, report);
  reportFleets(facts, coming, report);
}

/** Something of it comes, or something that one of its metrics may have been renamed to. */
function comes(seen: Seen): boolean {
  if (seen.events > 0) return true;
  if (seen.otlp === null) return false;
  const names = [...seen.metrics.keys()];
  return seen.schema.metrics.some(
    (metric) => seenMetric(metric, seen) !== null || nearName(metric.item.from?.value ?? metric.name, names) !== null,
  );
}

function reportSilent({ schema }: Seen, report: Report): void {
  report('schema-never-seen', schema.declaration.name.span, { schema: schema.name });
}

/** Names of metrics that some schema declares: none of them is undeclared. */
function declaredNames(schemas: readonly SchemaSymbol[]): ReadonlySet<string> {
  return new Set(
    schemas.flatMap((schema) => schema.metrics.flatMap(({ name, item }) => [name, item.from?.value ?? name])),
  );
}

/** Returns the schemas that events of an undeclared one were probably meant for. */
function reportSchemas(
  bound: Bound,
  schemas: readonly SchemaSymbol[],
  telemetry: Telemetry,
  report: Report,
): ReadonlySet<SchemaSymbol> {
  const names = schemas.map((schema) => schema.name);
  const meant = new Set<SchemaSymbol>();
  for (const { schema: name, events } of telemetry.streams) {
    if (name === null || events === 0 || bound.schemas.has(name) || bound.lost('schema', name)) continue;
    const near = nearName(name, names);
    const target = schemas.find((schema) => schema.name === near);
    if (target !== undefined) meant.add(target);
    const place = target ?? schemas[0];
    if (place !== undefined) report('undeclared-schema', place.declaration.name.span, { name, events, near });
  }
  return meant;
}
