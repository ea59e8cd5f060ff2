// `until` leaves a gap to `when`: one that holds as soon as `when` does not says nothing.

import type { BooleanIr } from '../../4-lower/ir.ts';
import type { ProofRule } from '../rule.ts';
import { type Subject, shown } from '../subject.ts';

export const idleUntil: ProofRule = {
  names: ['idle-until'],
  policy(subject, { spanOf, mayShow }, report) {
    const { until } = subject.ir;
    const { policy } = subject.facts;
    if (until === null || !isNegation(subject, until)) return;
    report(
      'idle-until',
      spanOf(until, policy.until?.span ?? policy.declaration.name.span),
      { policy: policy.name },
      { example: mayShow() ? example(subject, until) : null },
    );
  },
};

/** Of `C for D` only C matters: the whole is false when C is. */
function held(ir: BooleanIr): BooleanIr {
  return ir.op === 'for' ? held(ir.condition) : ir;
}

function isNegation(subject: Subject, until: BooleanIr): boolean {
  const when = held(subject.ir.when);
  const { solver } = subject;
  return (
    solver.excludes([subject.formula(until, 'true')], subject.formula(when, 'not-false')) &&
    solver.excludes([subject.formula(when, 'false')], subject.formula(until, 'not-true')) &&
    !solver.excludes([], subject.formula(until, 'true'))
  );
}

function example(subject: Subject, until: BooleanIr) {
  const first = subject.series(subject.solver.solve({ op: 'all', parts: subject.met }));
  const { toMs = 0, everyMs = 0 } = first?.rows.at(-1) ?? {};
  const quiet = { op: 'all', parts: [...subject.selected, subject.formula(until, 'true')] } as const;
  const second = subject.series(subject.solver.solve(quiet), [], { fromMs: toMs + everyMs });
  if (first === null || second === null) return null;
  return shown({
    series: [{ ...first, rows: [...first.rows, ...second.rows] }],
    outcome: `\`${subject.name}\` is armed again at the first event at which its condition is false, as without \`until\``,
    fires: [subject],
    rearms: [subject],
  });
}
