// Three truth values and how they combine, for the interpreter. `null` is unknown.

import type { Comparator } from './ir.ts';

export type Truth = boolean | null;

/** One false makes it false, else one unknown makes it unknown. Source: Kleene (1952), strong three-valued logic. */
export function conjunction(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(null) ? null : true;
}

/** One true makes it true, else one unknown makes it unknown. */
export function disjunction(truths: readonly Truth[]): Truth {
  if (truths.includes(true)) return true;
  return truths.includes(null) ? null : false;
}

export function negation(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

/** NaN is unknown, and so is what is compared with it. */
export function compare(comparator: Comparator, left: number, right: number): Truth {
  if (Number.isNaN(left) || Number.isNaN(right)) return null;
  switch (comparator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
