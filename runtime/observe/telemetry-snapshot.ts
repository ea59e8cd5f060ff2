// What telemetry looks like, in few words: which metrics and tags come, of which form, between which bounds. The same
// telemetry gives the same text; no measured value but least and greatest, and of tag values a bounded sample.

import { z } from 'zod';

/** How a metric comes: as what OTLP calls it, or as what stands in a plain event. */
const form = z.enum(['number', 'bool', 'text', 'gauge', 'counter', 'sum', 'histogram', 'summary', 'other']);

/** `grows`: like a counter, restarts included. `moves`: falls in between. `still`: too little to tell. */
const trend = z.enum(['grows', 'moves', 'still']);

const metric = z.strictObject({
  name: z.string(),
  form,
  /** Known values; of a running engine at least so many. */
  count: z.int().min(0),
  /** As on the wire. */
  min: z.number().nullable(),
  max: z.number().nullable(),
  trend,
  /** As OTLP names it. */
  unit: z.string().nullable(),
  /** OTLP: names of the attributes that its points carry. */
  attributes: z.array(z.string()).optional(),
});

const tag = z.strictObject({
  name: z.string(),
  /** Events that carry it. */
  count: z.int().min(0),
  /** Different values; at least so many when `more`. */
  values: z.int().min(0),
  more: z.boolean(),
  /** The first of them by alphabet. */
  samples: z.array(z.string()),
});

const stream = z.strictObject({
  /** As the events name it; `null` when they name none, and for OTLP. */
  schema: z.string().nullable(),
  source: z.enum(['events', 'otlp']),
  /** Events, or points of OTLP. */
  events: z.int().min(0),
  metrics: z.array(metric),
  tags: z.array(tag),
});

const iso = z.iso.datetime().nullable();

const snapshotSchema = z.strictObject({
  format: z.literal('ddl-telemetry'),
  version: z.literal(1),
  /** Time of the earliest and of the latest event; `null` without events. */
  from: iso,
  to: iso,
  streams: z.array(stream),
});

export type TelemetrySnapshot = z.infer<typeof snapshotSchema>;
export type StreamSnapshot = z.infer<typeof stream>;
export type MetricSnapshot = z.infer<typeof metric>;
export type TagSnapshot = z.infer<typeof tag>;

/** Whether a parsed document claims to be a snapshot. */
export function isTelemetrySnapshot(document: unknown): boolean {
  return (
    typeof document === 'object' && document !== null && 'format' in document && document.format === 'ddl-telemetry'
  );
}

/** The snapshot in a parsed document, or what is wrong with it: the field and why. */
export function readTelemetrySnapshot(document: unknown): TelemetrySnapshot | { readonly problem: string } {
  const parsed = snapshotSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  return { problem: `${path === '' ? 'the document' : `\`${path}\``}: ${issue?.message ?? 'it cannot be read'}` };
}

/** One metric and one tag a line, so that a change of the telemetry reads as a change of lines. Ends in a line break. */
export function telemetrySnapshotText({ format, version, from, to, streams }: TelemetrySnapshot): string {
  const lines = [
    '{',
    `  "format": ${JSON.stringify(format)},`,
    `  "version": ${version},`,
    `  "from": ${JSON.stringify(from)},`,
    `  "to": ${JSON.stringify(to)},`,
    streams.length === 0 ? '  "streams": []' : `  "streams": [\n${streams.map(streamText).join(',\n')}\n  ]`,
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function streamText({ schema, source, events, metrics, tags }: StreamSnapshot): string {
  const list = (name: string, entries: readonly object[]): string =>
    entries.length === 0
      ? `      "${name}": []`
      : `      "${name}": [\n${entries.map((entry) => `        ${JSON.stringify(entry)}`).join(',\n')}\n      ]`;
  return [
    '    {',
    `      "schema": ${JSON.stringify(schema)},`,
    `      "source": ${JSON.stringify(source)},`,
    `      "events": ${events},`,
    `${list('metrics', metrics)},`,
    list('tags', tags),
    '    }',
  ].join('\n');
}
