// What `bool` makes of a comparison: 1 where it holds and 0 where not. The language has no such numbers; a product of them
// and a comparison with a number say conditions again.

import { compare } from '../../../compiler/4-lower/kleene.ts';
import type { ComparisonOperator } from '../../../grammar/ast.ts';
import { combined, filtered, joined, opposite, type Scalar, type Vector } from './vector.ts';

/** A product with conditions: of two, both hold; `null` when it is an ordinary one. */
export function productOfIndicators(left: Vector | Scalar, right: Vector | Scalar): Vector | null {
  if (left.kind === 'scalar' || right.kind === 'scalar' || left.indicator === null || right.indicator === null)
    return null;
  const both = joined('and', left.indicator, right.indicator);
  return { ...combined(left, right, left.value), indicator: both };
}

/** `(a > bool 5) == 1`: the condition itself. */
export function indicatorComparison(
  left: Vector | Scalar,
  operator: ComparisonOperator,
  right: Vector | Scalar,
): Vector | null {
  if (left.kind === 'scalar' || left.indicator === null || right.kind !== 'scalar') return null;
  const { constant } = right.value;
  if (constant === null) return null;
  const holds = (value: number): boolean => compare(operator, value, constant) === true;
  const { indicator } = left;
  if (holds(1) === holds(0)) return null;
  const guard = holds(1) ? indicator : opposite(indicator);
  return filtered({ ...left, indicator: null }, guard, left.sources.keys());
}
