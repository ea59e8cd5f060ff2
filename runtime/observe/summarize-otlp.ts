// One parsed OTLP/JSON metrics request into a summary of telemetry: every metric that it carries, with the kind and the
// unit that its sender gives, whether or not a policy could read it.

import { type Fields, isFields } from './summarize-event.ts';
import type { MetricForm, StreamSummary, TelemetrySummary } from './telemetry-summary.ts';

type Attributes = ReadonlyMap<string, string>;

/** `false` when the document is no metrics request. */
export function summarizeOtlp(document: unknown, summary: TelemetrySummary): boolean {
  if (!isFields(document) || !Array.isArray(document.resourceMetrics)) return false;
  for (const resourceMetrics of fieldsOf(document.resourceMetrics)) {
    const resource = attributesOf(resourceMetrics.resource);
    for (const scopeMetrics of fieldsOf(resourceMetrics.scopeMetrics)) {
      const scope = new Map([...resource, ...attributesOf(scopeMetrics.scope)]);
      for (const metric of fieldsOf(scopeMetrics.metrics)) summarizeMetric(metric, scope, summary);
    }
  }
  return true;
}

function summarizeMetric(metric: Fields, outer: Attributes, summary: TelemetrySummary): void {
  if (typeof metric.name !== 'string') return;
  const data = dataOf(metric);
  if (data === null) return;
  for (const point of fieldsOf(data.fields.dataPoints)) {
    const time = millisecondsOf(point.timeUnixNano);
    if (Number.isNaN(time)) continue;
    const attributes = new Map([...outer, ...attributesOf(point)]);
    addPoint(summary.otlp, { name: metric.name, form: data.form, value: pointValue(point), time }, attributes);
    summary.time(time);
    const unit = typeof metric.unit === 'string' ? metric.unit : '';
    summary.otlp.describe(metric.name, unit, attributes.keys());
  }
}

interface Point {
  readonly name: string;
  readonly form: MetricForm;
  readonly value: number | null;
  readonly time: number;
}

function addPoint(stream: StreamSummary, { name, form, value, time }: Point, attributes: Attributes): void {
  stream.events++;
  for (const [attribute, text] of attributes) stream.tag(attribute, text);
  const series = [...attributes].map(([attribute, text]) => `${attribute}=${text}`).sort();
  stream.metric(name, form, value, series.join('\0'), time);
}

function dataOf(metric: Fields): { readonly form: MetricForm; readonly fields: Fields } | null {
  if (isFields(metric.gauge)) return { form: 'gauge', fields: metric.gauge };
  // Of a delta sum the value does not grow; what becomes of it in the engine does.
  if (isFields(metric.sum)) return { form: metric.sum.isMonotonic === true ? 'counter' : 'sum', fields: metric.sum };
  for (const name of ['histogram', 'exponentialHistogram'] as const) {
    const fields = metric[name];
    if (isFields(fields)) return { form: 'histogram', fields };
  }
  return isFields(metric.summary) ? { form: 'summary', fields: metric.summary } : null;
}

function pointValue(point: Fields): number | null {
  const value = point.asDouble ?? point.asInt;
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function attributesOf(holder: unknown): Attributes {
  const attributes = new Map<string, string>();
  if (!isFields(holder)) return attributes;
  for (const { key, value } of fieldsOf(holder.attributes)) {
    if (typeof key !== 'string' || !isFields(value)) continue;
    const scalar = value.stringValue ?? value.boolValue ?? value.intValue ?? value.doubleValue;
    if (['string', 'number', 'boolean'].includes(typeof scalar)) attributes.set(key, String(scalar));
  }
  return attributes;
}

/** NaN for what is no time. */
function millisecondsOf(time: unknown): number {
  const nanoseconds = typeof time === 'string' && /^\d{7,20}$/.test(time) ? Number(time) : time;
  // Beyond the calendar of `Date` is no time.
  const known = typeof nanoseconds === 'number' && nanoseconds > 0 && nanoseconds <= 8.64e21;
  return known ? Math.floor(nanoseconds / 1e6) : Number.NaN;
}

function fieldsOf(list: unknown): readonly Fields[] {
  return Array.isArray(list) ? list.filter(isFields) : [];
}
