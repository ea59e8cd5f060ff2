// `for` lasts at least as long as the events of its schema are apart.

import type { Expression, QuantityLiteral } from '../../grammar/ast.ts';
import { isOfEvents } from '../2-check/check-part.ts';
import { durationMs, formatMs, literalText } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const forShorterThanCadence: LintRule = {
  names: ['for-shorter-than-cadence'],
  expression(expression, facts, _program, report) {
    const everyMs = facts.policy.schema?.everyMs ?? null;
    const duration = stretchOf(expression);
    if (duration === null || everyMs === null) return;
    const ms = durationMs(duration);
    if (ms === null || ms <= 0 || ms >= everyMs) return;
    const schema = facts.policy.schema?.name ?? '';
    report('for-shorter-than-cadence', duration.span, {
      duration: literalText(duration),
      every: formatMs(everyMs),
      schema,
    });
  },
};

/** `30s` in `for 30s`, `5m` in `for 80% of 5m`; of events there is no such length. */
function stretchOf(expression: Expression): QuantityLiteral | null {
  if (expression.kind === 'for') return expression.duration;
  return expression.kind === 'for-part' && !isOfEvents(expression) ? expression.whole : null;
}
