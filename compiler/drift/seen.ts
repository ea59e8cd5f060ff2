// Which telemetry concerns a schema: the events that go to it, and of OTLP all metrics, since a point goes to every
// schema that declares its metric.

import type { MetricSymbol, SchemaSymbol, TagSymbol } from '../1-bind/symbols.ts';
import type { Telemetry, TelemetryMetric, TelemetryStream, TelemetryTag } from './telemetry.ts';
import { wireNamesOf } from './wire-names.ts';

export interface Seen {
  readonly schema: SchemaSymbol;
  /** Plain events of the schema. */
  readonly events: number;
  readonly otlp: TelemetryStream | null;
  /** By name on the wire: those of its events, and those of OTLP. */
  readonly metrics: ReadonlyMap<string, TelemetryMetric>;
  readonly tags: ReadonlyMap<string, TelemetryTag>;
}

/** `only`: the schema that events go to which name none. */
export function seenOf(schema: SchemaSymbol, only: SchemaSymbol | null, telemetry: Telemetry): Seen {
  const otlp = telemetry.streams.find((stream) => stream.source === 'otlp' && stream.events > 0) ?? null;
  const own = telemetry.streams.filter(
    (stream) =>
      stream.source === 'events' &&
      stream.events > 0 &&
      (stream.schema === schema.name || (stream.schema === null && schema === only)),
  );
  const streams = otlp === null ? own : [otlp, ...own];
  return {
    schema,
    events: own.reduce((sum, stream) => sum + stream.events, 0),
    otlp,
    metrics: new Map(streams.flatMap((stream) => stream.metrics.map((metric) => [metric.name, metric] as const))),
    tags: new Map(streams.flatMap((stream) => stream.tags.map((tag) => [tag.name, tag] as const))),
  };
}

/** A metric is addressed by its declared name or by its name on the wire. */
export function seenMetric(symbol: MetricSymbol, seen: Seen): TelemetryMetric | null {
  const from = symbol.item.from?.value ?? symbol.name;
  return seen.metrics.get(symbol.name) ?? seen.metrics.get(from) ?? null;
}

/** The tag's values, when one tag on the wire makes them. */
export function seenTag(symbol: TagSymbol, seen: Seen): TelemetryTag | null {
  const names = wireNamesOf(symbol);
  if (names === null || names.length !== 1) return null;
  return seen.tags.get(symbol.name) ?? seen.tags.get(names[0] ?? '') ?? null;
}
