// `between`, `in` and `like`: what stands for several comparisons is checked as those.

import type { Between, Comparison, ComparisonOperator, Expression, In, Like } from '../../grammar/ast.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { fitsGlob } from '../vocabulary/glob.ts';
import { describeType, type Type } from '../vocabulary/types.ts';
import { literalText } from '../vocabulary/units.ts';
import type { Constant } from './facts.ts';

/** What these checks need of the checker around them. */
interface Checker {
  readonly report: Report;
  constant(expression: Expression): Constant | null;
  comparable(comparison: Comparison): void;
}

/** `x >= low` and `x <= high`; each is underlined at its bound. */
export function boundsOf({ value, low, high }: Between): readonly [Comparison, Comparison] {
  return [comparisonWith(value, '>=', low), comparisonWith(value, '<=', high)];
}

/** `x == option` for each. */
export function optionsOf({ value, options }: In): readonly Comparison[] {
  return options.map((option) => comparisonWith(value, '==', option));
}

function comparisonWith(left: Expression, operator: ComparisonOperator, right: Expression): Comparison {
  return { kind: 'comparison', span: right.span, operator, left, right };
}

export function checkBetween(between: Between, type: Type, checker: Checker): void {
  const [least, most] = boundsOf(between);
  checker.comparable(least);
  if (type.kind !== 'quantity') return;
  checker.comparable(most);
  const [low, high] = [checker.constant(between.low), checker.constant(between.high)];
  if (typeof low?.value !== 'number' || typeof high?.value !== 'number' || low.value <= high.value) return;
  const text = ({ text, value }: Constant): string => text ?? String(value);
  checker.report('empty-between', between.span, { low: text(low), high: text(high) });
}

export function checkIn(membership: In, checker: Checker): void {
  const seen = new Map<Constant['value'], Expression>();
  for (const comparison of optionsOf(membership)) {
    checker.comparable(comparison);
    const option = comparison.right;
    const value = checker.constant(option)?.value;
    if (value === undefined) continue;
    const first = seen.get(value);
    if (first === undefined) seen.set(value, option);
    else {
      const name = option.kind === 'quantity' ? literalText(option) : String(value);
      checker.report(
        'duplicate-item',
        option.span,
        { kind: '', name, owner: 'the list' },
        { related: [{ span: first.span, message: 'first here' }] },
      );
    }
  }
}

export function checkLike({ value, pattern }: Like, type: Type, report: Report): void {
  if (type.kind === 'error') return;
  if (type.kind !== 'tag') {
    report('unfit-like', value.span, { what: describeType(type) });
    return;
  }
  const { values, name } = type;
  if (values === null || values.some((candidate) => fitsGlob(candidate, pattern.value))) return;
  report('unmatched-pattern', pattern.span, { tag: name, pattern: pattern.value, values });
}
