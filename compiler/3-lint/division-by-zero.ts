// Nothing is divided by a zero that stands in the text.

import type { LintRule } from './rule.ts';

export const divisionByZero: LintRule = {
  names: ['division-by-zero'],
  expression(expression, facts, { checked }, report) {
    if (expression.kind !== 'arithmetic' || expression.operator !== '/') return;
    const { right } = expression;
    const symbol = right.kind === 'reference' ? facts.policy.references.get(right) : null;
    const value =
      right.kind === 'quantity'
        ? right.value
        : symbol?.kind === 'const'
          ? checked.constants.get(symbol)?.value
          : undefined;
    if (value === 0) report('division-by-zero', expression.span, {});
  },
};
