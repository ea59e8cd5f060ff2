// One event that is lost or late does not end every `for` of its schema.

import { durationMs, formatMs } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const staleWithoutSlack: LintRule = {
  names: ['stale-without-slack'],
  expression(expression, facts, _program, report) {
    const schema = facts.policy.schema;
    if (expression.kind !== 'for' || schema === null || schema.everyMs === null || schema.staleMs === null) return;
    const { everyMs, staleMs } = schema;
    const forMs = durationMs(expression.duration);
    // Shorter ones are told by themselves; a `for` of one step needs no third event.
    if (forMs === null || forMs <= everyMs || staleMs < everyMs || staleMs >= 2 * everyMs) return;
    const timing = schema.declaration.items.find((item) => item.kind === 'timing' && item.word === 'stale after');
    report(
      'stale-without-slack',
      timing?.span ?? schema.declaration.name.span,
      { stale: formatMs(staleMs), every: formatMs(everyMs) },
      { related: [{ span: expression.duration.span, message: 'needs several events in a row' }] },
    );
  },
};
