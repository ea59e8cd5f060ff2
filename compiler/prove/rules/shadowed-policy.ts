// No policy stands behind one of greater priority that acts on the same fleet whenever it would.

import { doingOf, targetsOf } from '../doings.ts';
import { implies } from '../implies.ts';
import { Rivals } from '../rivals.ts';
import type { ProofRule } from '../rule.ts';
import { type Subject, shown } from '../subject.ts';

export const shadowedPolicy: ProofRule = {
  names: ['shadowed-policy'],
  program({ subjects, spanOf, mayShow }, report) {
    const groups = new Map<string, Subject[]>();
    for (const subject of subjects) {
      for (const target of targetsOf(subject)) {
        const place = `${subject.ir.meta.schema} ${subject.ir.meta.mode} ${target}`;
        const group = groups.get(place);
        if (group === undefined) groups.set(place, [subject]);
        else group.push(subject);
      }
    }
    for (const group of groups.values()) {
      // Without a difference in priority nobody stands before anybody.
      if (new Set(group.map(({ ir }) => ir.meta.priority)).size < 2) continue;
      const rivals = new Rivals(group);
      for (const subject of group) {
        for (const other of rivals.mayFollow(subject)) {
          if (other.ir.meta.priority <= subject.ir.meta.priority || doingOf(other) === doingOf(subject)) continue;
          if (!implies(subject, other)) continue;
          report(
            'shadowed-policy',
            spanOf(subject.ir.when, subject.facts.policy.declaration.name.span),
            { policy: subject.name, other: other.name },
            {
              related: [{ span: other.facts.policy.declaration.name.span, message: 'goes first' }],
              example: mayShow() ? example(subject, other) : null,
            },
          );
          break;
        }
      }
    }
  },
};

function example(subject: Subject, other: Subject) {
  const answer = subject.solver.solve({ op: 'all', parts: [...subject.met, ...other.met] });
  const outcome = `both fire, and \`${other.name}\` goes first`;
  return shown({ series: [subject.series(answer, [other])], outcome, fires: [subject, other] });
}
