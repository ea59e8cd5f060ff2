// Every condition is false at some event.

import type { BooleanIr } from '../../4-lower/ir.ts';
import { partsOf } from '../conjuncts.ts';
import type { ProofRule } from '../rule.ts';
import { type Subject, shown } from '../subject.ts';

export const alwaysTrueCondition: ProofRule = {
  names: ['always-true-condition'],
  policy(subject, context, report) {
    const { policy } = subject.facts;
    for (const clause of ['where', 'when', 'until'] as const) {
      const condition = subject.ir[clause];
      if (condition === null) continue;
      for (const part of idle(condition, subject)) {
        const span = context.spanOf(part, policy[clause]?.span ?? policy.declaration.name.span);
        const text = context.textOf(span);
        report(
          'always-true-condition',
          span,
          { text, whole: part === condition, clause },
          { example: context.mayShow() ? example(subject) : null },
        );
      }
    }
  },
};

/** The outermost parts that are never false. One that is written as `true` is meant. */
function idle(ir: BooleanIr, subject: Subject): readonly BooleanIr[] {
  if (ir.op === 'for') return idle(ir.condition, subject);
  if (ir.op === 'constant') return [];
  if (isNeverFalse(ir, subject)) {
    const inside = partsOf(ir, subject.isWritten);
    if (inside.some((part) => part.op === 'constant')) return [];
    const guilty = inside.filter((part) => isNeverFalse(part, subject));
    return guilty.length > 0 ? guilty.flatMap((part) => idle(part, subject)) : [ir];
  }
  return partsOf(ir, subject.isWritten).flatMap((part) => idle(part, subject));
}

/** … and can hold: what is never known is another mistake. */
export function isNeverFalse(ir: BooleanIr, subject: Subject): boolean {
  return (
    subject.solver.excludes([], subject.formula(ir, 'false')) &&
    !subject.solver.excludes([], subject.formula(ir, 'true'))
  );
}

function example(subject: Subject) {
  const series = [subject.series(subject.solver.solve({ op: 'all', parts: subject.met }))];
  return shown({
    series,
    outcome: `it holds, as it does whatever the values; \`${subject.name}\` fires`,
    fires: [subject],
  });
}
