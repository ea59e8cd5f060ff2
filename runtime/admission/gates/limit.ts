// A bound on how often a policy acts on a key. The window rolls: there is no boundary at which twice as much passes.

import { durationText, timeText } from '../wording.ts';
import type { ActsGate } from './gate.ts';

export const limit: ActsGate = {
  name: 'limit',
  law: 'A proposal is refused when the policy has acted for the key `count` times in the `per` before it, that moment excluded.',
  asks: 'acts',
  refuse({ request: { proposal }, acts: { recent, leaving } }) {
    const bound = proposal.policy.limit;
    if (bound === null || recent < bound.count) return null;
    const acts = proposal.policy.mode === 'shadow' ? 'would have acted' : 'acted';
    const used = `limit: ${acts} ${recent} ${recent === 1 ? 'time' : 'times'} in the last ${durationText(bound.perMs)} (at most ${bound.count})`;
    if (leaving === null) return `${used}, never opens`;
    const opensAt = leaving + bound.perMs;
    return `${used}, opens again at ${timeText(opensAt, proposal.at)} (${durationText(opensAt - proposal.at)} left)`;
  },
};
