// How many members a fleet has must be known, and recently: nothing is added to or taken from an unknown number.

import { sizeAgeMaxMs } from '../../inventory/inventory.ts';
import type { AdmissionTarget } from '../admission.ts';
import { durationText } from '../wording.ts';
import type { RequestGate } from './gate.ts';

export const inventory: RequestGate = {
  name: 'inventory',
  law: 'An action that counts members is refused when the fleet’s size is unknown, zero, or read more than 30 seconds ago, and when scaling, and nothing else, is asked of a fleet that is at its bound already.',
  asks: 'request',
  refuse({ request, now }) {
    for (const target of request.targets) {
      const reason = target.counts ? refused(target, now) : null;
      if (reason !== null) return `inventory: ${reason}`;
    }
    return null;
  },
};

function refused({ fleet, size, idle }: AdmissionTarget, now: number): string | null {
  const { name } = fleet;
  if (size === null) return `how many members ${name} has is not known; see whether its provider answers`;
  if (size.members <= 0) return `${name} has no members: whether it is empty or can’t be seen, nobody can tell`;
  if (now - size.at > sizeAgeMaxMs)
    return `the members of ${name} were last counted ${durationText(now - size.at)} ago, at most ${durationText(sizeAgeMaxMs)} may have passed`;
  return idle;
}
