// A measured value is not compared by `==` or `!=` with anything but zero, or a mean with one, unless it counts something.

import type { Expression } from '../../grammar/ast.ts';
import type { PolicyFacts } from '../2-check/facts.ts';
import { canonicalValue } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const floatEquality: LintRule = {
  names: ['float-equality'],
  expression(expression, facts, _program, report) {
    if (expression.kind === 'in') {
      if (isMeasured(expression.value, facts) && !expression.options.every((option) => isNumber(option, 0)))
        report('float-equality', expression.span, { operator: 'in' });
      return;
    }
    if (expression.kind !== 'comparison' || (expression.operator !== '==' && expression.operator !== '!=')) return;
    const { left, right } = expression;
    if (!isMeasured(left, facts) && !isMeasured(right, facts)) return;
    if (isNumber(left, 0) || isNumber(right, 0)) return;
    // The mean of flags is exactly one when all of them are set.
    if ((isMean(left) && isNumber(right, 1)) || (isMean(right) && isNumber(left, 1))) return;
    report('float-equality', expression.span, { operator: expression.operator });
  },
};

/** Functions of counts that are not counts themselves. */
const between: ReadonlySet<string> = new Set([
  'avg',
  'stddev',
  'ewma',
  'forecast',
  'quantile',
  'p50',
  'p90',
  'p95',
  'p99',
]);

function isMeasured(expression: Expression, facts: PolicyFacts): boolean {
  const fact = facts.expressions.get(expression);
  if (fact?.metric !== true || fact.type.kind !== 'quantity') return false;
  // Numbers without a unit are mostly counts, and those are exact; a mean or a quotient is not.
  return fact.type.flavour === 'ratio' || fact.type.time !== 0 || isMean(expression);
}

function isMean(expression: Expression): boolean {
  return expression.kind === 'call' && between.has(expression.callee.text);
}

function isNumber(expression: Expression, value: 0 | 1): boolean {
  return expression.kind === 'quantity' && canonicalValue(expression) === value;
}
