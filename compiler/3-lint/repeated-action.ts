// A policy does not do the same thing twice in one go.

import type { DoFact } from '../2-check/facts.ts';
import type { LintRule } from './rule.ts';

export const repeatedAction: LintRule = {
  names: ['repeated-action'],
  policy({ actions }, _program, report) {
    const first = new Map<string, DoFact>();
    for (const fact of actions) {
      const args = [...fact.args].sort(([left], [right]) => (left < right ? -1 : 1));
      const same = JSON.stringify([fact.entry.name, fact.target, args]);
      const before = first.get(same);
      if (before === undefined) {
        first.set(same, fact);
        continue;
      }
      report(
        'repeated-action',
        fact.call.span,
        { action: fact.entry.name },
        { related: [{ span: before.call.span, message: 'first here' }] },
      );
    }
  },
};
