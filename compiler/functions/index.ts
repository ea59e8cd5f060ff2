// The functions of the language, in the order in which the reference lists them.

import { share } from './across.ts';
import { extrapolatedIncrease, extrapolatedRate, increase, latestRate, rate } from './counters.ts';
import type { FunctionEntry } from './function.ts';
import { absolute, atLeast, atMost, ceiling, clamp, floor, missing, now, round } from './plain.ts';
import { median, p90, p95, p99, quantile } from './quantiles.ts';
import { forecast, slope } from './trends.ts';
import {
  average,
  changes,
  count,
  delta,
  deviation,
  ewma,
  extrapolatedDelta,
  first,
  last,
  maximum,
  minimum,
  sum,
} from './windows.ts';

export const functions: readonly FunctionEntry[] = [
  average,
  minimum,
  maximum,
  sum,
  count,
  deviation,
  first,
  last,
  median,
  p90,
  p95,
  p99,
  quantile,
  delta,
  extrapolatedDelta,
  changes,
  ewma,
  slope,
  forecast,
  share,
  rate,
  increase,
  extrapolatedRate,
  extrapolatedIncrease,
  latestRate,
  absolute,
  clamp,
  atLeast,
  atMost,
  floor,
  ceiling,
  round,
  now,
  missing,
];

export const functionByName: ReadonlyMap<string, FunctionEntry> = new Map(
  functions.map((entry) => [entry.name, entry]),
);
