// Between `not` and `for` parentheses say which of the two comes first.

import type { For, ForPart, Not } from '../../grammar/ast.ts';
import { formatExpression } from '../../grammar/format-expression.ts';
import { within } from '../1-bind/expressions.ts';
import { partText } from '../2-check/check-part.ts';
import { literalText } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const negatedFor: LintRule = {
  names: ['negated-for'],
  expression(expression, _facts, _program, report) {
    if (expression.kind !== 'not') return;
    if (expression.operand.kind !== 'for' && expression.operand.kind !== 'for-part') return;
    // The span of `not` takes in the parentheses around what it negates, that of `for` ends with its duration.
    if (expression.operand.span.end !== expression.span.end) return;
    const { operand } = expression;
    for (const part of within(operand.condition)) if (part.kind === 'error') return;
    const duration = lengthOf(operand);
    report('negated-for', expression.span, { ...bothWays(operand, duration), duration });
  },
};

/** What fits on a line of advice; a longer condition is called `C`. */
const lengthMax = 60;

function lengthOf(held: For | ForPart): string {
  return held.kind === 'for' ? literalText(held.duration) : partText(held);
}

function bothWays(held: For | ForPart, duration: string): { readonly late: string; readonly early: string } {
  const { span, condition } = held;
  const negated: Not = { kind: 'not', span, operand: condition };
  // The file's text would be needed only for what could not be read.
  const late = formatExpression({ ...held, condition: negated }, '');
  const early = formatExpression({ kind: 'not', span, operand: held }, '');
  if (late.length <= lengthMax) return { late, early };
  return { late: `(not C) for ${duration}`, early: `not (C for ${duration})` };
}
