// One value for each unknown of a solution: within its bounds and differences, and one that a person would have chosen.

import { type Conjunction, conjunctionOf, type Interval, isEmpty } from './conjunction.ts';
import type { Literal } from './formula.ts';
import type { Variables } from './variables.ts';

/** `null` when no number of the machine fits. */
export function chooseValues(solution: Conjunction, variables: Variables): ReadonlyMap<number, number> | null {
  const values = new Map<number, number>();
  let current = solution;
  for (const variable of solution.intervals.keys()) {
    // What nothing bounds is in no conjunction made anew.
    const interval = current.intervals.get(variable) ?? (solution.intervals.get(variable) as Interval);
    const excluded = solution.excluded.get(variable);
    const value = choose(interval, (candidate) => excluded?.has(candidate) !== true, shareOf(variables, variable));
    if (value === null) return null;
    values.set(variable, value);
    if (solution.differences.length === 0) continue;
    const next = conjunctionOf([...literalsOf(solution), ...[...values].map(fixed)], variables);
    if (next === null) return null;
    current = next;
  }
  return values;
}

function fixed([variable, value]: readonly [number, number]): Literal {
  return { kind: 'bound', variable, comparator: '==', value };
}

function literalsOf({ intervals, differences }: Conjunction): Literal[] {
  const literals: Literal[] = [];
  for (const [variable, { low, lowOpen, high, highOpen }] of intervals) {
    if (low > Number.NEGATIVE_INFINITY)
      literals.push({ kind: 'bound', variable, comparator: lowOpen ? '>' : '>=', value: low });
    if (high < Number.POSITIVE_INFINITY)
      literals.push({ kind: 'bound', variable, comparator: highOpen ? '<' : '<=', value: high });
  }
  for (const { left, right, limit, open } of differences)
    literals.push({ kind: 'difference', left, right, comparator: open ? '<' : '<=', value: limit });
  return literals;
}

/** What is a share of a whole stays between 0 and 1 if it can. */
function shareOf(variables: Variables, variable: number): boolean {
  const { ir } = variables.get(variable);
  return ir.op === 'metric' && variables.schema.metrics[ir.slot]?.type === 'ratio';
}

function choose(interval: Interval, allows: (value: number) => boolean, share: boolean): number | null {
  const { low, high } = interval;
  const fits = (value: number): boolean =>
    Number.isFinite(value) &&
    allows(value) &&
    !isEmpty({
      low: Math.max(low, value),
      lowOpen: value === low && interval.lowOpen,
      high: Math.min(high, value),
      highOpen: value === high && interval.highOpen,
    }) &&
    value >= low &&
    value <= high;
  const top = share && low < 1 ? Math.min(1, high) : high;
  const bottom = share && high > 0 ? Math.max(0, low) : low;
  const candidates = [...between(bottom, top), ...between(low, high), low, high, 0];
  return candidates.map(tidy).find(fits) ?? candidates.find(fits) ?? null;
}

function between(low: number, high: number): readonly number[] {
  if (low === high) return [low];
  const hasLow = Number.isFinite(low);
  if (hasLow && Number.isFinite(high))
    return [nearer(low), (low + high) / 2, low + (high - low) / 4, low + (3 * (high - low)) / 4];
  if (hasLow) return low === 0 ? [1, 2, 3] : [nearer(low), low + Math.abs(low), low + 1];
  if (Number.isFinite(high))
    return high === 0 ? [-1, -2] : [high > 0 ? high / 2 : high * 1.5, high - Math.abs(high), high - 1];
  return [0, 1, 2];
}

/** Just above a threshold reads best. */
function nearer(low: number): number {
  return low + Math.abs(low) * 0.2;
}

/** Two digits are enough to show something. */
function tidy(value: number): number {
  return Number(value.toPrecision(2));
}
