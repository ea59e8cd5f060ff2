// One parsed plain event into a summary of telemetry. Lenient on purpose: what is wrong with an event is itself
// something to know, so a metric that is a text is summed up as a text.

import { isoTime } from '../sources/iso-time.ts';
import type { MetricForm, TelemetrySummary } from './telemetry-summary.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** `false` when it is no event at all. `schema`: that of events that name none. */
export function summarizeEvent(event: unknown, schema: string | null, summary: TelemetrySummary): boolean {
  if (!isFields(event) || !isFields(event.metrics)) return false;
  const time = timeOf(event.timestamp);
  if (Number.isNaN(time)) return false;
  const stream = summary.events(typeof event.schema === 'string' ? event.schema : schema);
  summary.time(time);
  stream.events++;
  const tags = isFields(event.tags) ? event.tags : {};
  const series: string[] = [];
  for (const [name, value] of Object.entries(tags)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) continue;
    stream.tag(name, String(value));
    series.push(`${name}=${String(value)}`);
  }
  const identity = series.sort().join('\0');
  for (const [name, value] of Object.entries(event.metrics)) {
    const form = formOf(value);
    const number = typeof value === 'boolean' ? Number(value) : value;
    stream.metric(name, form, typeof number === 'number' ? number : null, identity, time);
  }
  return true;
}

function formOf(value: unknown): MetricForm {
  if (value === null) return 'other';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'text';
  return isFields(value) && Array.isArray(value.counts) ? 'histogram' : 'other';
}

function timeOf(stamp: unknown): number {
  if (typeof stamp === 'number') return stamp >= 0 && stamp <= 8.64e15 ? Math.floor(stamp) : Number.NaN;
  if (typeof stamp !== 'string' || stamp.length > 64) return Number.NaN;
  const bytes = Buffer.from(stamp, 'utf8');
  return isoTime(bytes, 0, bytes.length);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
