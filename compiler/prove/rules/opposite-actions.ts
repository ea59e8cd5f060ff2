// Two policies that can pull one fleet into opposite directions at the same time have different priorities.

import { fleetText, opposing, pullsMany, targetsOf } from '../doings.ts';
import { keyOf } from '../rivals.ts';
import type { ProofRule } from '../rule.ts';
import { type Claim, type Subject, shown } from '../subject.ts';

/** Pairs looked at on one fleet. */
const pairsMax = 2000;

export const oppositeActions: ProofRule = {
  names: ['opposite-actions'],
  program({ subjects }, report) {
    for (const [one, other] of pairsOnOneFleet(subjects)) {
      if (one.ir.meta.priority !== other.ir.meta.priority) continue;
      const actions = opposing(one, other);
      const claim = actions === null ? null : together(one, other);
      const example = claim === null ? null : shown(claim);
      if (actions === null || example === null) continue;
      const [first, second] = actions;
      const place = other.facts.actions.find(({ call }) => call.callee.text === second.name)?.call.span;
      const because = one.facts.actions.find(({ call }) => call.callee.text === first.name)?.call.span;
      report(
        'opposite-actions',
        place ?? other.facts.policy.declaration.name.span,
        {
          policy: other.name,
          other: one.name,
          action: second.name,
          otherAction: first.name,
          fleet: fleetText(first.target),
        },
        { related: because === undefined ? [] : [{ span: because, message: 'pulls the other way' }], example },
      );
    }
  },
};

/** Every policy with itself and with those that act on the same fleet, in source order. */
export function pairsOnOneFleet(subjects: readonly Subject[]): readonly (readonly [Subject, Subject])[] {
  const groups = new Map<string, Subject[]>();
  for (const subject of subjects)
    for (const target of targetsOf(subject)) {
      // Of what is found by a key, only policies for the same key meet.
      const place = target.startsWith('lookup') ? `${target} ${keyOf(subject)}` : target;
      const group = groups.get(place);
      if (group === undefined) groups.set(place, [subject]);
      else group.push(subject);
    }
  const pairs: (readonly [Subject, Subject])[] = [];
  for (const group of groups.values()) {
    const [only] = group;
    if (group.length === 1 && only !== undefined && !pullsMany(only)) continue;
    let left = pairsMax;
    for (const [at, one] of group.entries())
      for (const other of group.slice(at)) {
        if (--left < 0) break;
        if (opposing(one, other) !== null) pairs.push([one, other]);
      }
  }
  return pairs;
}

/** `null` when they can't both hold. */
function together(one: Subject, other: Subject): Claim | null {
  const outcome = one === other ? `\`${one.name}\` does both` : `\`${one.name}\` and \`${other.name}\` both fire`;
  const fires = one === other ? [one] : [one, other];
  if (one.ir.meta.schema === other.ir.meta.schema) {
    const answer = one.solver.solve({ op: 'all', parts: [...one.met, ...other.met] });
    return answer === 'never' || answer === 'unknown'
      ? null
      : { series: [one.series(answer, [other])], outcome, fires };
  }
  const series = fires.map((subject) => subject.series(subject.solver.solve({ op: 'all', parts: subject.met })));
  return { series, outcome, fires };
}
