// After an action a fleet is left to settle: what it shows until then is the action's own echo.

import { durationText, timeText } from '../wording.ts';
import type { FleetGate } from './gate.ts';

export const settling: FleetGate = {
  name: 'settling',
  law: 'A proposal is refused while members of its fleet come or go, until the `settle` of whoever acted on it last has passed, and while its size has not been read since.',
  asks: 'fleet',
  refuse({ target: { fleet, size }, view }) {
    const { settle, now } = view;
    if (size?.inTransition === true) return `settling: members of ${fleet.name} are coming or going`;
    if (settle !== null)
      return `settling: ${settle.policy} acted on ${fleet.name}, which settles until ${timeText(settle.until, now)} (${durationText(settle.until - now)} left)`;
    return view.outdated ? `settling: the members of ${fleet.name} have not been counted since its last change` : null;
  },
};
