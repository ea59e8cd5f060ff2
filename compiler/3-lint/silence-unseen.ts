// `missing` inside a larger condition with a `for` around it is not taken for a watch over silence.

import type { Expression } from '../../grammar/ast.ts';
import { childrenOf } from '../1-bind/expressions.ts';
import type { PolicySymbol } from '../1-bind/symbols.ts';
import { isOfEvents } from '../2-check/check-part.ts';
import { literalText } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const silenceUnseen: LintRule = {
  names: ['silence-unseen'],
  expression(expression, { policy }, _program, report) {
    if (expression.kind !== 'for' && expression.kind !== 'for-part') return;
    // A part counts events, so there even a `missing` by itself waits for them.
    if (expression.kind === 'for' && isSilence(expression.condition)) return;
    const found = asked(expression.condition);
    if (found === null || isOfTag(found, policy)) return;
    const length = expression.kind === 'for' ? expression.duration : isOfEvents(expression) ? null : expression.whole;
    report('silence-unseen', found.span, { duration: length === null ? 'D' : literalText(length) });
  },
};

/** Only events lack a tag. */
function isOfTag(expression: Expression, policy: PolicySymbol): boolean {
  const argument = expression.kind === 'call' ? expression.args[0]?.value : undefined;
  return argument?.kind === 'reference' && policy.references.get(argument)?.kind === 'tag';
}

function isMissing(expression: Expression): boolean {
  return expression.kind === 'call' && expression.callee.text === 'missing';
}

/** `missing(a)`, and several joined by `and`: those advance with the watermark. */
function isSilence(expression: Expression): boolean {
  if (expression.kind === 'logic' && expression.operator === 'and') return expression.operands.every(isSilence);
  return isMissing(expression);
}

/** A `missing` that the `for` waits on; one beneath `not`, or with a `for` of its own, is not meant. */
function asked(expression: Expression): Expression | null {
  if (isMissing(expression)) return expression;
  if (expression.kind !== 'logic') return null;
  for (const child of childrenOf(expression)) {
    const found = asked(child);
    if (found !== null) return found;
  }
  return null;
}
