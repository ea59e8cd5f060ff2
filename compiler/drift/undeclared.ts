// Metrics that come and are declared nowhere: offered to be declared, each with a guess.

import type { SchemaSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { guessDeclaration } from './guess.ts';
import { nearName } from './near-name.ts';
import { type Seen, seenMetric } from './seen.ts';
import type { TelemetryMetric } from './telemetry.ts';
import { wireNamesOf } from './wire-names.ts';

export function reportUndeclared(
  coming: readonly Seen[],
  schemas: readonly SchemaSymbol[],
  explained: ReadonlySet<string>,
  report: Report,
): void {
  const told = new Set<string>();
  for (const seen of coming) {
    const { schema } = seen;
    const own = new Set(schema.metrics.flatMap(({ name, item }) => [name, item.from?.value ?? name]));
    const found = [...seen.metrics.values()].filter(
      (metric) =>
        !own.has(metric.name) &&
        !explained.has(metric.name) &&
        (seen.otlp?.metrics.includes(metric) === true
          ? !told.has(metric.name) && concerns(metric, seen, schemas)
          : seen.events > 0),
    );
    if (found.length === 0) continue;
    for (const { name } of found) told.add(name);
    const unseen = schema.metrics.filter((symbol) => seenMetric(symbol, seen) === null).map(({ name }) => name);
    report('undeclared-metrics', schema.declaration.name.span, {
      schema: schema.name,
      metrics: found.map((metric) => ({
        name: metric.name,
        near: nearName(metric.name, unseen),
        declaration: guessDeclaration(metric),
      })),
    });
  }
}

/** Of OTLP: no schema declares it, and as far as is known it carries what this one keeps its state by. */
function concerns(metric: TelemetryMetric, { schema }: Seen, schemas: readonly SchemaSymbol[]): boolean {
  const declared = schemas.some((other) =>
    other.metrics.some(({ name, item }) => name === metric.name || item.from?.value === metric.name),
  );
  const key = (schema.key === null ? null : wireNamesOf(schema.key)) ?? [];
  const { attributes } = metric;
  return !declared && (attributes === undefined || key.every((name) => attributes.includes(name)));
}
