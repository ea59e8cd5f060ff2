// `within` looks back at least as far as the event before.

import { durationMs, formatMs, literalText } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const withinShorterThanCadence: LintRule = {
  names: ['within-shorter-than-cadence'],
  expression(expression, facts, _program, report) {
    const schema = facts.policy.schema;
    if ((expression.kind !== 'within' && expression.kind !== 'sequence') || schema === null || schema.everyMs === null)
      return;
    const ms = durationMs(expression.duration);
    if (ms === null || ms <= 0 || ms >= schema.everyMs) return;
    report('within-shorter-than-cadence', expression.duration.span, {
      duration: literalText(expression.duration),
      every: formatMs(schema.everyMs),
      schema: schema.name,
      sequence: expression.kind === 'sequence',
    });
  },
};
