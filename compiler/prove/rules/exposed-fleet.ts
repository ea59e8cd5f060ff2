// All policies together touch no more of a fleet in an hour than the project allows.

import { exposures } from '../exposure.ts';
import type { ProofRule } from '../rule.ts';

export const exposedFleet: ProofRule = {
  names: ['exposed-fleet'],
  program({ subjects, fleets, limits }, report) {
    const most = limits.fleetSharePerHour;
    if (most === null) return;
    const byName = new Map(subjects.map((subject) => [subject.name, subject]));
    const facts = new Map(fleets.map((entry) => [entry.fleet.name, entry.fleet]));
    for (const { fleet, sharePerHour, policies } of exposures(fleets, subjects)) {
      const span = facts.get(fleet)?.declaration.name.span;
      if (sharePerHour <= most || span === undefined) continue;
      const acting = policies.flatMap((name) => {
        const subject = byName.get(name);
        return subject === undefined || subject.ir.meta.mode === 'shadow' ? [] : [subject];
      });
      report(
        'exposed-fleet',
        span,
        { fleet, share: sharePerHour, most },
        {
          related: acting.slice(0, 4).map(({ facts: { policy } }) => ({
            span: policy.declaration.name.span,
            message: 'acts on it',
          })),
        },
      );
    }
  },
};
