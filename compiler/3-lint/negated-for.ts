// Between `not` and `for` parentheses say which of the two comes first.

import type { Expression, For, Not } from '../../grammar/ast.ts';
import { formatExpression } from '../../grammar/format-expression.ts';
import { within } from '../1-bind/expressions.ts';
import { literalText } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const negatedFor: LintRule = {
  names: ['negated-for'],
  expression(expression, _facts, _program, report) {
    if (expression.kind !== 'not' || expression.operand.kind !== 'for') return;
    // The span of `not` takes in the parentheses around what it negates, that of `for` ends with its duration.
    if (expression.operand.span.end !== expression.span.end) return;
    const { condition, duration } = expression.operand;
    for (const part of within(condition)) if (part.kind === 'error') return;
    report('negated-for', expression.span, {
      ...bothWays(expression.operand, condition),
      duration: literalText(duration),
    });
  },
};

/** What fits on a line of advice; a longer condition is called `C`. */
const lengthMax = 60;

function bothWays(held: For, condition: Expression): { readonly late: string; readonly early: string } {
  const { span } = held;
  const negated: Not = { kind: 'not', span, operand: condition };
  // The file's text would be needed only for what could not be read.
  const late = formatExpression({ ...held, condition: negated }, '');
  const early = formatExpression({ kind: 'not', span, operand: held }, '');
  if (late.length <= lengthMax) return { late, early };
  const duration = literalText(held.duration);
  return { late: `(not C) for ${duration}`, early: `not (C for ${duration})` };
}
