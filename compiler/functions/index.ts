// The functions of the language, in the order in which the reference lists them.

import { increase, rate } from './counters.ts';
import type { FunctionEntry } from './function.ts';
import { absolute, atLeast, atMost, ceiling, clamp, floor, missing, now, round } from './plain.ts';
import { average, count, maximum, minimum, sum } from './windows.ts';

export const functions: readonly FunctionEntry[] = [
  average,
  minimum,
  maximum,
  sum,
  count,
  rate,
  increase,
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
