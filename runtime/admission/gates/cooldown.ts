// After it acted, a policy leaves the key alone for a while. Counted in event time, as repeats are, so that a delay
// on the way neither shortens nor lengthens it.

import { durationText, timeText } from '../wording.ts';
import type { ActsGate } from './gate.ts';

export const cooldown: ActsGate = {
  name: 'cooldown',
  law: 'A proposal less than `cooldown` after the policy’s last act for the key is refused; exactly `cooldown` after it passes.',
  asks: 'acts',
  refuse({ request: { proposal }, acts: { last } }) {
    const { cooldownMs } = proposal.policy;
    if (last === null || cooldownMs <= 0) return null;
    const opensAt = last + cooldownMs;
    if (proposal.at >= opensAt) return null;
    const act = proposal.policy.mode === 'shadow' ? 'would have acted' : 'acted';
    return `cooldown: ${act} at ${timeText(last, proposal.at)}, opens again at ${timeText(opensAt, proposal.at)} (${durationText(opensAt - proposal.at)} left)`;
  },
};
