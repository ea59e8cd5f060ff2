// Two policies that pull a fleet to and fro would swing it: who comes later waits, unless it is more important.

import { durationText, timeText } from '../wording.ts';
import type { FleetGate } from './gate.ts';

export const opposite: FleetGate = {
  name: 'opposite',
  law: 'After members came, none go, and the other way round, for as long as the fleet settles and its budget looks back, whichever is longer; a policy with a higher priority needs to wait for the settling alone.',
  asks: 'fleet',
  refuse({ request, target: { fleet, direction }, view: { opposite: lock, now } }) {
    if (lock === null || request.proposal.policy.priority > lock.priority) return null;
    const acted = `${lock.policy} scales ${fleet.name} ${lock.direction}`;
    if (lock.until === null) return `opposite: ${acted} at this moment, ${direction} is locked out`;
    return `opposite: ${acted}, ${direction} is locked out until ${timeText(lock.until, now)} (${durationText(lock.until - now)} left)`;
  },
};
