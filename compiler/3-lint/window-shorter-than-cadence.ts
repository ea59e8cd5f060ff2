// A window is wider than the distance between two events, so that it can hold the values that it needs.

import { callModifiers } from '../functions/call-modifiers.ts';
import { functionByName } from '../functions/index.ts';
import { durationMs, formatMs, literalText } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const windowShorterThanCadence: LintRule = {
  names: ['window-shorter-than-cadence'],
  expression(expression, facts, _program, report) {
    const schema = facts.policy.schema;
    if (expression.kind !== 'call' || schema === null || schema.everyMs === null) return;
    const rule = functionByName.get(expression.callee.text)?.window ?? null;
    const width = callModifiers(expression).over?.duration;
    const widthMs = width === undefined ? null : durationMs(width);
    if (rule === null || width === undefined || widthMs === null || widthMs <= 0) return;
    // The window is open at its old end: one as wide as the cadence holds a single value.
    const starved = rule.leastSamples > 1 && widthMs <= schema.everyMs;
    if (!starved && widthMs >= schema.everyMs) return;
    const effect = starved ? 'is never known, since it needs two values' : 'holds one value at most';
    report('window-shorter-than-cadence', width.span, {
      callee: expression.callee.text,
      width: literalText(width),
      every: formatMs(schema.everyMs),
      schema: schema.name,
      effect,
    });
  },
};
