// How much a value would have changed over a whole window, from what it did between the first and the last sample in it.

/** The samples at the ends of a window, and the window. */
export interface Extent {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly samples: number;
  readonly endMs: number;
  readonly widthMs: number;
}

/**
 * The change stretched to the window's ends: as far as they are, when that is hardly more than samples are apart, else by
 * half of that. `first` is a counter's value at the first sample, which can't have been below zero before; NaN for other
 * values. Source: `extrapolatedRate` of Prometheus, promql/functions.go.
 */
export function extrapolate(
  change: number,
  first: number,
  { firstMs, lastMs, samples, endMs, widthMs }: Extent,
): number {
  const sampledMs = lastMs - firstMs;
  const apartMs = sampledMs / (samples - 1);
  const beforeMs = firstMs - (endMs - widthMs);
  const fromZeroMs = change > 0 && first >= 0 ? sampledMs * (first / change) : Number.POSITIVE_INFINITY;
  const stretched = (gapMs: number): number => (gapMs < apartMs * 1.1 ? gapMs : apartMs / 2);
  const toMs = sampledMs + stretched(Math.min(beforeMs, fromZeroMs)) + stretched(endMs - lastMs);
  return change * (toMs / sampledMs);
}
