// People stop the engine, or a part of it, and it stops. What only tells people goes on, unless its own policy is paused.

import type { Pause } from '../../decision.ts';
import { concerns } from '../concerns.ts';
import { timeText } from '../wording.ts';
import type { RequestGate } from './gate.ts';

export const paused: RequestGate = {
  name: 'paused',
  law: 'Under the kill switch, and under a pause of everything, of its policy, of one of its fleets or of its direction, a proposal is refused; one that only tells people under a pause of its policy alone.',
  asks: 'request',
  refuse({ request, controls, now }) {
    if (controls === null) return null;
    const { kill } = controls;
    if (kill !== null && !request.tellsOnly)
      return `paused: ${kill.by} pulled the kill switch at ${timeText(kill.at, now)}${because(kill.reason)}`;
    for (const pause of controls.pauses) {
      if (pause.until !== null && pause.until <= now) continue;
      if (request.tellsOnly && pause.scope.policy === undefined) continue;
      if (concerns(pause.scope, request)) return wordsOf(pause, now);
    }
    return null;
  },
};

function wordsOf({ scope, by, reason, at, until }: Pause, now: number): string {
  const { policy, fleet, direction, key } = scope;
  const what = [
    ...(policy === undefined ? [] : [`policy ${policy}`]),
    ...(fleet === undefined ? [] : [`fleet ${fleet}`]),
    ...(direction === undefined ? [] : [`scaling ${direction}`]),
    ...(key === undefined ? [] : [`key ${JSON.stringify(key)}`]),
  ];
  const end = until === null ? 'until it is resumed' : `until ${timeText(until, now)}`;
  return `paused: ${by} paused ${what.length === 0 ? 'everything' : what.join(', ')} at ${timeText(at, now)}, ${end}${because(reason)}`;
}

function because(reason: string): string {
  return reason === '' ? '' : ` (${reason})`;
}
