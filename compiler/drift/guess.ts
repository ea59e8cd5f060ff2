// From what a metric looks like to how it would be declared. A guess, and told as one.

import type { TelemetryMetric } from './telemetry.ts';

/** Units as OTLP writes them (UCUM), by the name that follows `in`. */
const unitsOfOtlp: ReadonlyMap<string, { readonly type: string; readonly unit: string }> = new Map([
  ['ns', { type: 'duration', unit: 'ns' }],
  ['us', { type: 'duration', unit: 'us' }],
  ['ms', { type: 'duration', unit: 'ms' }],
  ['s', { type: 'duration', unit: 's' }],
  ['min', { type: 'duration', unit: 'm' }],
  ['h', { type: 'duration', unit: 'h' }],
  ['d', { type: 'duration', unit: 'd' }],
  ['By', { type: 'bytes', unit: 'B' }],
  ['kBy', { type: 'bytes', unit: 'kB' }],
  ['MBy', { type: 'bytes', unit: 'MB' }],
  ['GBy', { type: 'bytes', unit: 'GB' }],
  ['KiBy', { type: 'bytes', unit: 'KiB' }],
  ['MiBy', { type: 'bytes', unit: 'MiB' }],
  ['GiBy', { type: 'bytes', unit: 'GiB' }],
  ['%', { type: 'ratio', unit: 'percent' }],
]);

/** Amounts of data in names. */
const byteWords = [
  ['kib', 'KiB'],
  ['mib', 'MiB'],
  ['gib', 'GiB'],
  ['kb', 'kB'],
  ['mb', 'MB'],
  ['gb', 'GB'],
] as const;

/** Units that need not be written. */
const plainUnits = ['s', 'B', ''];

export interface WireUnit {
  readonly type: string;
  /** What follows `in`; empty for a ratio from 0 to 1. */
  readonly unit: string;
}

/** The unit that OTLP gives, in words of the language; `null` when it gives none that has a type of its own. */
export function otlpUnit(unit: string | null): WireUnit | null {
  return unit === null ? null : (unitsOfOtlp.get(unit) ?? null);
}

/** `counter`, `duration in ms`, `histogram of duration`, `ratio in percent` … */
export function guessType(metric: TelemetryMetric): string {
  const measured = measuredType(metric);
  if (metric.form === 'histogram') return `histogram of ${measured === 'number' ? 'duration' : measured}`;
  if (isCounter(metric)) return 'counter';
  return metric.form === 'bool' ? 'bool' : measured;
}

function isCounter({ form, trend, name }: TelemetryMetric): boolean {
  if (form === 'counter') return true;
  return form === 'number' && trend !== 'moves' && (trend === 'grows' || /_total$/.test(name));
}

function measuredType(metric: TelemetryMetric): string {
  const { type, unit } = otlpUnit(metric.unit) ?? unitOfName(metric);
  return plainUnits.includes(unit) ? type : `${type} in ${unit}`;
}

function unitOfName({ name, min, max }: TelemetryMetric): WireUnit {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  const has = (...wanted: readonly string[]): boolean => wanted.some((word) => words.includes(word));
  const most = max ?? 0;
  if (has('ms', 'msec', 'millis', 'milliseconds')) return { type: 'duration', unit: 'ms' };
  if (has('us', 'micros', 'microseconds')) return { type: 'duration', unit: 'us' };
  if (has('ns', 'nanos', 'nanoseconds')) return { type: 'duration', unit: 'ns' };
  if (has('s', 'sec', 'secs', 'seconds')) return { type: 'duration', unit: 's' };
  if (has('bytes', 'byte')) return { type: 'bytes', unit: 'B' };
  for (const [word, unit] of byteWords) if (has(word)) return { type: 'bytes', unit };
  if (has('rps', 'qps', 'tps')) return { type: 'rate', unit: '' };
  if (has('percent', 'pct')) return { type: 'ratio', unit: 'percent' };
  // Hardly anything that a policy watches lasts longer than a minute in the middle.
  if (has('latency', 'duration', 'delay', 'time', 'p50', 'p90', 'p95', 'p99'))
    return { type: 'duration', unit: most > 60 ? 'ms' : 's' };
  const isShare = has('ratio', 'share', 'utilization', 'utilisation', 'usage', 'saturation', 'rate');
  if (isShare && !has('cores', 'millicores', 'count') && max !== null && (min ?? 0) >= 0) {
    if (most <= 1) return { type: 'ratio', unit: '' };
    if (most <= 100 && !has('rate')) return { type: 'ratio', unit: 'percent' };
  }
  return { type: 'number', unit: '' };
}

/** The line that would declare it: `metric http_requests: counter from "http.requests"`. */
export function guessDeclaration(metric: TelemetryMetric): string {
  const name = metric.name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=\d)|^_+$/, 'm_');
  return `metric ${name}: ${guessType(metric)}${name === metric.name ? '' : ` from ${JSON.stringify(metric.name)}`}`;
}
