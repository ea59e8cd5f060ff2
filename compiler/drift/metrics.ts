// Declared metrics that never come, and those that come as something else than they are declared.

import type { MetricSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { guessType, otlpUnit } from './guess.ts';
import { nearName } from './near-name.ts';
import { type Seen, seenMetric } from './seen.ts';
import type { TelemetryMetric } from './telemetry.ts';

/** A ratio of more than that is a percentage, whatever overshoots. */
const ratioMax = 2;

/** Adds to `explained` what undeclared metrics are suggested. `declared`: names that some schema declares. */
export function reportMetrics(seen: Seen, declared: ReadonlySet<string>, explained: Set<string>, report: Report): void {
  const undeclared = [...seen.metrics.keys()].filter((name) => !declared.has(name));
  for (const symbol of seen.schema.metrics) {
    if (symbol.type.kind === 'error') continue;
    const metric = seenMetric(symbol, seen);
    if (metric === null) reportUnseen(symbol, seen, undeclared, explained, report);
    else if (!reportForm(symbol, metric, report)) reportUnit(symbol, metric, report);
  }
}

function reportUnseen(
  symbol: MetricSymbol,
  seen: Seen,
  undeclared: readonly string[],
  explained: Set<string>,
  report: Report,
): void {
  const wire = symbol.item.from?.value ?? symbol.name;
  const near = nearName(wire, undeclared) ?? nearName(symbol.name, undeclared);
  const found = near === null ? undefined : seen.metrics.get(near);
  if (near !== null) explained.add(near);
  const args = {
    name: symbol.name,
    wire,
    schema: seen.schema.name,
    near,
    guess: found === undefined ? null : guessType(found),
  };
  // A point of OTLP is an event of its own: that it lacks other metrics says nothing.
  report(symbol.item.optional ? 'optional-metric-never-seen' : 'metric-never-seen', symbol.item.span, args);
}

function reportForm(symbol: MetricSymbol, metric: TelemetryMetric, report: Report): boolean {
  const fault = formFault(symbol.item.type.text, metric);
  if (fault === null) return false;
  const { name, item } = symbol;
  report('changed-kind', item.type.span, { name, type: item.type.text, fault, guess: guessType(metric) });
  return true;
}

/** What contradicts the declared type; `null` when nothing does. */
function formFault(type: string, { form, trend, min, max }: TelemetryMetric): string | null {
  if (form === 'text') return 'comes as a text';
  if (form === 'summary') return 'comes as a summary, which no policy can read';
  if ((form === 'histogram') !== (type === 'histogram') && form !== 'other')
    return form === 'histogram' ? 'comes as a histogram' : 'comes as a plain number';
  if (form === 'bool' && type !== 'bool') return 'comes as true and false';
  if (type === 'bool' && form !== 'bool' && ((max ?? 0) > 1 || (min ?? 0) < 0))
    return `comes with values from ${shown(min)} to ${shown(max)}`;
  if (type === 'counter') {
    if (form === 'gauge' || form === 'sum') return `comes as a ${form === 'gauge' ? 'gauge' : 'sum that may fall'}`;
    return trend === 'moves' ? 'falls again and again, not only at restarts' : null;
  }
  return form === 'counter' ? 'comes as a counter: it only grows' : null;
}

function reportUnit({ name, item, unit }: MetricSymbol, metric: TelemetryMetric, report: Report): void {
  const type = item.type.text === 'histogram' ? (item.of?.text ?? 'number') : item.type.text;
  const declared = unit?.name ?? (type === 'duration' ? 's' : type === 'bytes' ? 'B' : '');
  const span = item.unit?.span ?? item.type.span;
  const wire = otlpUnit(metric.unit);
  if (wire !== null && ['duration', 'bytes', 'ratio'].includes(type)) {
    if (wire.type === type && wire.unit === declared) return;
    const fault = `comes in \`${wire.unit === '' ? '1' : wire.unit}\``;
    report('changed-unit', span, {
      name,
      declared: written(item.type.text, declared),
      fault,
      guess: guessType(metric),
    });
    return;
  }
  const { min, max } = metric;
  if (type !== 'ratio' || declared !== '' || max === null || max <= ratioMax) return;
  report('changed-unit', span, {
    name,
    declared: '`ratio`, 0 to 1 on the wire,',
    fault: `comes with values from ${shown(min)} to ${shown(max)}`,
    guess: max <= 150 ? 'ratio in percent' : 'number',
  });
}

function written(type: string, unit: string): string {
  return unit === '' ? `\`${type}\`` : `\`${type} in ${unit}\``;
}

function shown(value: number | null): string {
  return value === null ? '?' : String(Number(value.toPrecision(6)));
}
