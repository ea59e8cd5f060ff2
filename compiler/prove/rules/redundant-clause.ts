// No clause follows from the clauses beside it.

import type { BooleanIr } from '../../4-lower/ir.ts';
import { helping, partsOf } from '../conjuncts.ts';
import type { ProofRule } from '../rule.ts';
import { type Subject, shown } from '../subject.ts';
import { isNeverFalse } from './always-true-condition.ts';

export const redundantClause: ProofRule = {
  names: ['redundant-clause'],
  policy(subject, context, report) {
    const { policy } = subject.facts;
    for (const clause of ['where', 'when', 'until'] as const) {
      const condition = subject.ir[clause];
      if (condition === null) continue;
      const place = policy[clause]?.span ?? policy.declaration.name.span;
      for (const group of groupsOf(condition, subject)) {
        for (const { idle, reason } of redundant(group, subject)) {
          const span = context.spanOf(idle, place);
          const because = context.spanOf(reason, place);
          report(
            'redundant-clause',
            span,
            { text: context.textOf(span), beside: context.textOf(because), alternative: group.op === 'or' },
            {
              related: [{ span: because, message: 'because of this' }],
              example: context.mayShow() ? example(subject) : null,
            },
          );
        }
      }
    }
  },
};

/** Each is compared with each: a list of hundreds that a machine wrote is left alone. */
const comparedMax = 60;

type Group = Extract<BooleanIr, { op: 'and' | 'or' }>;

/** Every `and` and `or` within, one nested in its like not counted. */
function groupsOf(condition: BooleanIr, { isWritten }: Subject): readonly Group[] {
  const groups: Group[] = [];
  for (const part of helping(condition, isWritten)) if (part.op === 'and' || part.op === 'or') groups.push(part);
  return groups;
}

interface Finding {
  readonly idle: BooleanIr;
  readonly reason: BooleanIr;
}

/** The later of two that say the same is the idle one. */
function redundant(group: Group, subject: Subject): readonly Finding[] {
  const findings: Finding[] = [];
  let kept = partsOf(group, subject.isWritten).filter((part) => part.op !== 'constant');
  if (kept.length > comparedMax) return findings;
  for (const part of kept.toReversed()) {
    const others = kept.filter((other) => other !== part);
    const reason = others.find((other) => isIdle(group.op, part, other, subject));
    if (reason === undefined || isNeverFalse(part, subject) || !canHold(reason, subject) || !canHold(part, subject))
      continue;
    findings.push({ idle: part, reason });
    kept = others;
  }
  return findings;
}

/** In an `and` what follows from another says nothing; in an `or` what another follows from it does. */
function isIdle(op: Group['op'], part: BooleanIr, other: BooleanIr, subject: Subject): boolean {
  const [premise, conclusion] = op === 'and' ? [other, part] : [part, other];
  return subject.solver.excludes([subject.formula(premise, 'true')], subject.formula(conclusion, 'not-true'));
}

function canHold(part: BooleanIr, subject: Subject): boolean {
  return !subject.solver.excludes([], subject.formula(part, 'true'));
}

function example(subject: Subject) {
  const series = [subject.series(subject.solver.solve({ op: 'all', parts: subject.met }))];
  return shown({ series, outcome: `\`${subject.name}\` fires, with the clause and without it`, fires: [subject] });
}
