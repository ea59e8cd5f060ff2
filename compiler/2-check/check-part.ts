// `C for 3 of 5` and `C for 80% of 5m`: the part and the whole are of one kind, and `C` holds no timer.

import type { ForPart, QuantityLiteral } from '../../grammar/ast.ts';
import { windowLimits } from '../vocabulary/defaults.ts';
import { canonicalValue, literalText, resolveUnit } from '../vocabulary/units.ts';
import { type CallContext, fitsWidth } from './check-call.ts';
import type { ExpressionFact } from './facts.ts';

/** Of events, not of time. */
export function isOfEvents({ whole }: ForPart): boolean {
  return whole.unit === null;
}

export function checkPart(part: ForPart, condition: ExpressionFact, context: CallContext): void {
  const { report } = context;
  if (condition.timer) report('timer-in-part', part.condition.span, { part: partText(part) });
  const share = resolveUnit(part.part.unit);
  const fits = isOfEvents(part)
    ? isCount(part.part) && isCount(part.whole) && part.part.value <= part.whole.value
    : share?.type.flavour === 'ratio' && canonicalValue(part.part) > 0 && canonicalValue(part.part) <= 1;
  const span = { ...part.part.span, end: part.whole.span.end };
  if (!fits) report('unfit-part', span, { part: partText(part), most: windowLimits.mostEvents });
  else if (!isOfEvents(part)) fitsWidth(part.whole, 'for', context);
}

export function partText({ part, whole }: ForPart): string {
  return `${literalText(part)} of ${literalText(whole)}`;
}

function isCount({ value, unit }: QuantityLiteral): boolean {
  return unit === null && Number.isInteger(value) && value >= 1 && value <= windowLimits.mostEvents;
}
