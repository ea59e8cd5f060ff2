// `for` lasts at least as long as the events of its schema are apart.

import { durationMs, formatMs, literalText } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const forShorterThanCadence: LintRule = {
  names: ['for-shorter-than-cadence'],
  expression(expression, facts, _program, report) {
    const everyMs = facts.policy.schema?.everyMs ?? null;
    if (expression.kind !== 'for' || everyMs === null) return;
    const ms = durationMs(expression.duration);
    if (ms === null || ms <= 0 || ms >= everyMs) return;
    const schema = facts.policy.schema?.name ?? '';
    report('for-shorter-than-cadence', expression.duration.span, {
      duration: literalText(expression.duration),
      every: formatMs(everyMs),
      schema,
    });
  },
};
