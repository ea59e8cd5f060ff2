// `until` does not hold while `when` does.

import { unknownsOfCondition } from '../rivals.ts';
import type { ProofRule } from '../rule.ts';
import { shown } from '../subject.ts';

export const untilOverlapsWhen: ProofRule = {
  names: ['until-overlaps-when'],
  policy(subject, { spanOf }, report) {
    const { when, until } = subject.ir;
    const { policy } = subject.facts;
    if (until === null) return;
    // Two that look at different things are no two thresholds of one.
    const looked = new Set(unknownsOfCondition(subject, when));
    if (!unknownsOfCondition(subject, until).some((variable) => looked.has(variable))) return;
    const answer = subject.solver.solve({ op: 'all', parts: [...subject.met, subject.formula(until, 'true')] });
    const example = shown({
      // Fires, is armed again, fires again.
      series: [subject.series(answer, [], { rowsMin: 3 })],
      outcome: `\`${subject.name}\` fires, is armed again although its condition holds, and fires again`,
      fires: [subject],
      rearms: [subject],
    });
    if (example === null) return;
    report(
      'until-overlaps-when',
      spanOf(until, policy.until?.span ?? policy.declaration.name.span),
      { policy: policy.name },
      { related: [{ span: spanOf(when, policy.declaration.name.span), message: 'holds at the same time' }], example },
    );
  },
};
