// One action at a time on a fleet. Who waits for it goes first, the highest priority before all others.

import { durationText } from '../wording.ts';
import type { FleetGate } from './gate.ts';

export const busy: FleetGate = {
  name: 'busy',
  law: 'While an action on its fleet is under way, and while decisions of the same or a higher priority wait for the fleet, a proposal is refused, or waits in line when its policy says `busy wait`.',
  asks: 'fleet',
  refuse({ target: { fleet }, view: { lease, ahead, now } }) {
    if (lease !== null)
      return `busy: ${lease.policy} acts on ${fleet.name}, for ${durationText(lease.expiresAt - now)} at most`;
    return ahead > 0
      ? `busy: ${ahead} ${ahead === 1 ? 'decision waits' : 'decisions wait'} for ${fleet.name} before it`
      : null;
  },
};
