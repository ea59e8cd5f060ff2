// Histograms as they come, explicit bounds or exponential buckets, in the one form in which they are kept: buckets in
// ascending order. What is beyond the outermost bounds is taken to lie at them, as `histogram_quantile` of Prometheus
// has it.

import type { HistogramPoint, SchemaMeta } from '../contract.ts';

/** Buckets of one point at most. */
export const bucketsMax = 1000;
/** Buckets that points of one time come to together. */
export const addedBucketsMax = 8 * bucketsMax;

/** The column of `Batch.points` for a histogram metric. */
export function pointColumn(meta: SchemaMeta, slot: number): number {
  return meta.metrics.slice(0, slot).filter(({ histogram }) => histogram).length;
}

/** What is told of a point beside its buckets. */
export interface PointFrame {
  readonly count: number;
  readonly sum: number;
  readonly delta: boolean;
  readonly startMs: number;
}

/**
 * A point with explicit bounds, canonical and ascending; `counts` has one more. Without any bound, or with one that has
 * no canonical value, nothing is known of where its observations lie, so it has no buckets.
 */
export function explicitPoint(bounds: readonly number[], counts: readonly number[], frame: PointFrame): HistogramPoint {
  const size = bounds.length === 0 || bounds.some(Number.isNaN) ? 0 : counts.length;
  const lows = new Float64Array(size);
  const highs = new Float64Array(size);
  for (let b = 0; b < size; b++) {
    const last = b === size - 1;
    highs[b] = last ? bounds[b - 1] : bounds[b];
    if (b === 0) lows[b] = Math.min(bounds[b], 0);
    else lows[b] = bounds[b - 1];
  }
  return { lows, highs, counts: Float64Array.from(counts.slice(0, size)), ...frame, sum: knownSum(frame.sum) };
}

export interface ExponentialBuckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

/** A point with exponential buckets: bucket `i` holds what lies in (base^i, base^(i+1)], base = 2^(2^−scale). */
export function exponentialPoint(
  scale: number,
  positive: ExponentialBuckets,
  negative: ExponentialBuckets,
  zero: { readonly count: number; readonly threshold: number },
  canonical: (wire: number) => number,
  frame: PointFrame,
): HistogramPoint {
  const step = 2 ** -scale;
  // Beyond all doubles: nobody observes that.
  const bounded = (value: number): number => (Number.isNaN(value) ? Number.MAX_VALUE : value);
  const bound = (index: number): number => bounded(canonical(2 ** (index * step)));
  const buckets: (readonly [low: number, high: number, count: number])[] = [];
  for (let i = negative.counts.length - 1; i >= 0; i--) {
    const index = negative.offset + i;
    if (negative.counts[i] > 0) buckets.push([-bound(index + 1), -bound(index), negative.counts[i]]);
  }
  const edge = bounded(canonical(Math.abs(zero.threshold)));
  if (zero.count > 0) buckets.push([0 - edge, edge, zero.count]);
  for (let i = 0; i < positive.counts.length; i++) {
    const index = positive.offset + i;
    if (positive.counts[i] > 0) buckets.push([bound(index), bound(index + 1), positive.counts[i]]);
  }
  return {
    lows: Float64Array.from(buckets, ([low]) => low),
    highs: Float64Array.from(buckets, ([, high]) => high),
    counts: Float64Array.from(buckets, ([, , count]) => count),
    ...frame,
    sum: knownSum(frame.sum),
  };
}

/** Sums are added and taken away: one beyond this would leave no number behind. Nobody observes that. */
const largestSum = 1e100;

function knownSum(sum: number): number {
  return Math.abs(sum) <= largestSum ? sum : Number.NaN;
}

/** What is wrong with numbers of observations; `null` when each is a whole number that can be added up exactly. */
export function countsFault(counts: readonly number[]): string | null {
  return counts.every((count) => Number.isSafeInteger(count) && count >= 0)
    ? null
    : 'has a count that is no whole number';
}

/** What is wrong with explicit bounds and counts; `null` when nothing is. */
export function pointFault(bounds: readonly number[], counts: readonly number[]): string | null {
  if (counts.length !== bounds.length + 1) return `has ${counts.length} counts for ${bounds.length} bounds`;
  if (counts.length > bucketsMax) return `has more than ${bucketsMax} buckets`;
  const fault = countsFault(counts);
  if (fault !== null) return fault;
  if (!bounds.every((bound, b) => Number.isFinite(bound) && (b === 0 || bound > bounds[b - 1])))
    return 'has bounds that do not rise';
  return null;
}

/** One observation, as tests write it. */
export function observation(value: number): HistogramPoint {
  const at = Float64Array.of(value);
  return { lows: at, highs: at, counts: Float64Array.of(1), count: 1, sum: value, delta: true, startMs: Number.NaN };
}

/**
 * Points of one time and temporality, of series that are told apart by what the schema does not read: their sum, or
 * `null` when they have too many buckets together.
 */
export function addedPoints(points: readonly HistogramPoint[]): HistogramPoint | null {
  const buckets = new Map<string, [number, number, number]>();
  let [count, sum, startMs] = [0, 0, Number.NEGATIVE_INFINITY];
  for (const point of points) {
    const { lows, highs, counts } = point;
    count += point.count;
    sum += point.sum;
    startMs = Math.max(startMs, point.startMs);
    for (let b = 0; b < counts.length; b++) {
      const known = buckets.get(`${lows[b]} ${highs[b]}`);
      if (known !== undefined) known[2] += counts[b];
      else if (buckets.size === addedBucketsMax) return null;
      else buckets.set(`${lows[b]} ${highs[b]}`, [lows[b], highs[b], counts[b]]);
    }
  }
  const sorted = [...buckets.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return {
    lows: Float64Array.from(sorted, ([low]) => low),
    highs: Float64Array.from(sorted, ([, high]) => high),
    counts: Float64Array.from(sorted, ([, , count]) => count),
    count,
    sum,
    delta: points.every(({ delta }) => delta),
    startMs,
  };
}
