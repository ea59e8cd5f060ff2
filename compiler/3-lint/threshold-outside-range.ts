// A ratio, which is a share of a whole, is not compared with what lies outside of 0% to 100%.

import type { Comparison, ComparisonOperator, Expression } from '../../grammar/ast.ts';
import { formatExpression } from '../../grammar/format-expression.ts';
import type { Constant, PolicyFacts } from '../2-check/facts.ts';
import { canonicalValue } from '../vocabulary/units.ts';
import type { LintRule, Program } from './rule.ts';

/** Windows whose result lies between the least and the greatest value. */
const withinValues = /^(?:avg|min|max|first|last|ewma|quantile|p\d+)$/;
const mirrored = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

export const thresholdOutsideRange: LintRule = {
  names: ['threshold-outside-range'],
  expression(expression, facts, program, report) {
    // A bare number above 1 is an error of its own.
    if (expression.kind !== 'comparison' || program.errors) return;
    for (const { measured, operator, threshold } of bothWays(expression)) {
      const value = numberOf(threshold, facts, program);
      if (value === null || !isShare(measured, facts)) continue;
      const holds = alwaysOrNever(operator, value);
      if (holds === null) continue;
      const text = formatExpression(measured, '');
      report('threshold-outside-range', threshold.span, { measured: text, holds });
    }
  },
};

interface Side {
  readonly measured: Expression;
  readonly operator: ComparisonOperator;
  readonly threshold: Expression;
}

function bothWays({ left, right, operator }: Comparison): readonly Side[] {
  return [
    { measured: left, operator, threshold: right },
    { measured: right, operator: mirrored[operator], threshold: left },
  ];
}

function isShare(expression: Expression, facts: PolicyFacts): boolean {
  if (expression.kind === 'call') {
    const [argument] = expression.args;
    return withinValues.test(expression.callee.text) && argument !== undefined && isShare(argument.value, facts);
  }
  const symbol = expression.kind === 'reference' ? facts.policy.references.get(expression) : null;
  return symbol?.kind === 'metric' && symbol.type.kind === 'quantity' && symbol.type.flavour === 'ratio';
}

function numberOf(expression: Expression, facts: PolicyFacts, program: Program): number | null {
  if (expression.kind === 'quantity') return canonicalValue(expression);
  if (expression.kind === 'negate') {
    const value = numberOf(expression.operand, facts, program);
    return value === null ? null : -value;
  }
  const symbol = expression.kind === 'reference' ? facts.policy.references.get(expression) : null;
  const constant: Constant | undefined = symbol?.kind === 'const' ? program.checked.constants.get(symbol) : undefined;
  return typeof constant?.value === 'number' ? constant.value : null;
}

/** What a value from 0 to 1 makes of the comparison; `null`: it depends. */
function alwaysOrNever(operator: ComparisonOperator, threshold: number): 'always' | 'never' | null {
  switch (operator) {
    case '>':
      return threshold >= 1 ? 'never' : threshold < 0 ? 'always' : null;
    case '>=':
      return threshold > 1 ? 'never' : threshold < 0 ? 'always' : null;
    case '<':
      return threshold > 1 ? 'always' : threshold <= 0 ? 'never' : null;
    case '<=':
      return threshold > 1 ? 'always' : threshold < 0 ? 'never' : null;
    case '==':
    case '!=':
      if (threshold >= 0 && threshold <= 1) return null;
      return operator === '==' ? 'never' : 'always';
  }
}
