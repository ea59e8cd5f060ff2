// A metric whose name says that it is a counter is declared as one.

import type { LintRule } from './rule.ts';

export const counterDeclaredAsNumber: LintRule = {
  names: ['counter-declared-as-number'],
  program({ bound }, report) {
    for (const schema of bound.schemas.values()) {
      for (const { name, item } of schema.metrics) {
        const wire = item.from?.value ?? name;
        if (item.type.text === 'number' && /[._]total$/.test(wire))
          report('counter-declared-as-number', item.type.span, { name, wire });
      }
    }
  },
};
