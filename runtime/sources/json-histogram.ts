// A histogram in a plain event: `{"bounds": […], "counts": […], "sum": …, "count": …, "temporality": "delta"}`.

import type { HistogramPoint } from '../contract.ts';
import { explicitPoint, pointFault } from '../evaluate/histogram-point.ts';

export type HistogramResult = { readonly point: HistogramPoint } | { readonly fault: string };

/** `canonical` turns a wire value into the metric's canonical unit. */
export function readHistogram(value: unknown, canonical: (wire: number) => number): HistogramResult {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: 'is no histogram' };
  const fields = value as Readonly<Record<string, unknown>>;
  const { bounds, counts, sum, count, temporality, start } = fields;
  if (!isNumbers(bounds) || !isNumbers(counts)) return { fault: 'has no lists of numbers `bounds` and `counts`' };
  if (temporality !== 'delta' && temporality !== 'cumulative')
    return { fault: 'does not say whether its `temporality` is "delta" or "cumulative"' };
  for (const [name, number] of Object.entries({ sum, count, start })) {
    if (number !== undefined && number !== null && typeof number !== 'number')
      return { fault: `has a \`${name}\` that is no number` };
  }
  const upper = bounds.map(canonical);
  const fault = pointFault(upper, counts);
  if (fault !== null) return { fault };
  const total = counts.reduce((all, one) => all + one, 0);
  if (typeof count === 'number' && count !== total)
    return { fault: `has ${count} observations, but counts of ${total}` };
  const frame = {
    count: total,
    sum: typeof sum === 'number' ? canonical(sum) : Number.NaN,
    delta: temporality === 'delta',
    startMs: typeof start === 'number' ? start : Number.NaN,
  };
  return { point: explicitPoint(upper, counts, frame) };
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number');
}
