// An example in the words of a test's `given`.

import type { MetricMeta, SchemaMeta } from '../../runtime/contract.ts';
import type { ExampleRow, ExampleSeries } from '../diagnostics/diagnostic.ts';
import { formatMs } from '../vocabulary/units.ts';

/** `given service(service_id: "a") every 1s`, then a line for each row. */
export function exampleText({ key, tags, rows }: ExampleSeries, schema: SchemaMeta): readonly string[] {
  const bound = [
    [schema.key.name, key] as const,
    ...schema.tags.map((tag, at) => [tag.name, tags[at] ?? null] as const),
  ]
    .filter(([, value], at) => value !== null && (at === 0 || schema.tags[at - 1]?.pattern === undefined))
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const everyMs = rows[0]?.everyMs ?? 0;
  const head = `given ${schema.name}(${bound.join(', ')}) every ${formatMs(everyMs)}`;
  return [head, ...rows.map((row) => `  ${rowText(row, schema)}`)];
}

function rowText({ fromMs, toMs, values, nothing }: ExampleRow, schema: SchemaMeta): string {
  const when = fromMs === toMs ? timeText(fromMs) : `${timeText(fromMs)} .. ${timeText(toMs)}`;
  const carried = values.map(({ slot, from, to }) => {
    const metric = schema.metrics[slot] as MetricMeta;
    const course = from === to ? valueText(from, metric) : `${valueText(from, metric)} to ${valueText(to, metric)}`;
    return `${metric.name} ${course}`;
  });
  const unknown = nothing.map((slot) => `${(schema.metrics[slot] as MetricMeta).name} NaN`);
  const all = [...carried, ...unknown];
  return all.length === 0 ? `${when}: no metric` : `${when}: ${all.join(', ')}`;
}

function timeText(ms: number): string {
  return ms === 0 ? '0s' : formatMs(ms);
}

function valueText(value: number, metric: MetricMeta): string {
  const short = (of: number): string => String(Number(of.toPrecision(12)));
  switch (metric.type) {
    case 'ratio':
      return `${short(value * 100)}%`;
    case 'duration':
      return Number.isInteger(value) ? `${value}s` : `${short(value * 1000)}ms`;
    case 'bytes':
      return `${short(value)}B`;
    case 'rate':
      return `${short(value)}/s`;
    case 'bool':
      return String(value !== 0);
    default:
      return short(value);
  }
}
