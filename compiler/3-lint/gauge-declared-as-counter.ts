// What goes up and down is not declared as a counter.

import { wireNameOf } from '../vocabulary/wire-name.ts';
import type { LintRule } from './rule.ts';

const gauges =
  /[._](?:ratio|percent|percentage|utilization|utilisation|usage|celsius|temperature|depth|free|available)$/;

export const gaugeDeclaredAsCounter: LintRule = {
  names: ['gauge-declared-as-counter'],
  program({ bound }, report) {
    for (const schema of bound.schemas.values()) {
      for (const { name, item } of schema.metrics) {
        const wire = wireNameOf(item.from) ?? name;
        if (item.type.text === 'counter' && gauges.test(wire))
          report('gauge-declared-as-counter', item.type.span, { name, wire });
      }
    }
  },
};
