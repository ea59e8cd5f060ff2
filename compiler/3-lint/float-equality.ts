// A measured value is not compared by `==` or `!=` with anything but zero, unless it counts something.

import type { Expression } from '../../grammar/ast.ts';
import type { PolicyFacts } from '../2-check/facts.ts';
import { canonicalValue } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const floatEquality: LintRule = {
  names: ['float-equality'],
  expression(expression, facts, _program, report) {
    if (expression.kind === 'in') {
      if (isMeasured(expression.value, facts) && !expression.options.every(isZero))
        report('float-equality', expression.span, { operator: 'in' });
      return;
    }
    if (expression.kind !== 'comparison' || (expression.operator !== '==' && expression.operator !== '!=')) return;
    const { left, right } = expression;
    if (!isMeasured(left, facts) && !isMeasured(right, facts)) return;
    if (isZero(left) || isZero(right)) return;
    report('float-equality', expression.span, { operator: expression.operator });
  },
};

function isMeasured(expression: Expression, facts: PolicyFacts): boolean {
  const fact = facts.expressions.get(expression);
  if (fact?.metric !== true || fact.type.kind !== 'quantity') return false;
  // Numbers without a unit are mostly counts, and those are exact; a mean or a quotient is not.
  return (
    fact.type.flavour === 'ratio' ||
    fact.type.time !== 0 ||
    (expression.kind === 'call' && expression.callee.text === 'avg')
  );
}

function isZero(expression: Expression): boolean {
  return expression.kind === 'quantity' && canonicalValue(expression) === 0;
}
