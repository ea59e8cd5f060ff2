// No policy does what another, whose condition holds whenever its own does, does anyway; and none is written twice.

import { doingOf } from '../doings.ts';
import { implies } from '../implies.ts';
import { Rivals } from '../rivals.ts';
import type { ProofRule } from '../rule.ts';
import { type Subject, shown } from '../subject.ts';

export const subsumedPolicy: ProofRule = {
  names: ['duplicate-policy', 'subsumed-policy'],
  program({ subjects, spanOf, mayShow }, report) {
    const groups = new Map<string, Subject[]>();
    for (const subject of subjects) {
      const place = `${subject.ir.meta.schema} ${doingOf(subject)}`;
      const group = groups.get(place);
      if (group === undefined) groups.set(place, [subject]);
      else group.push(subject);
    }
    for (const group of groups.values()) {
      if (group.length < 2) continue;
      const rivals = new Rivals(group);
      const told = new Set<Subject>();
      for (const subject of group) {
        for (const other of rivals.mayFollow(subject)) {
          if (told.has(other) || !implies(subject, other)) continue;
          const same = implies(other, subject);
          // Of two that say the same the later is told.
          if (same && subject.position < other.position) continue;
          told.add(subject);
          const place = spanOf(subject.ir.when, subject.facts.policy.declaration.name.span);
          report(
            same ? 'duplicate-policy' : 'subsumed-policy',
            same ? subject.facts.policy.declaration.name.span : place,
            { policy: subject.name, other: other.name },
            {
              related: [{ span: other.facts.policy.declaration.name.span, message: 'does the same' }],
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
  const outcome = `\`${subject.name}\` fires, and \`${other.name}\` does the same`;
  return shown({ series: [subject.series(answer, [other])], outcome, fires: [subject, other] });
}
