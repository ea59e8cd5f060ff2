// A bound on how often a policy acts on a key. The window rolls: there is no boundary at which twice as much passes.

import { durationText, timeText } from '../wording.ts';
import type { GateEntry } from './gate.ts';

export const limit: GateEntry = {
  name: 'limit',
  law: 'A proposal is refused when the policy has acted for the key `count` times in the `per` before it, that moment excluded.',
  refuse({ proposal, acted }) {
    const bound = proposal.policy.limit;
    if (bound === null) return null;
    const recent = acted.filter((at) => at > proposal.at - bound.perMs);
    if (recent.length < bound.count) return null;
    // The window has room again when the act that is `count` from its end has left it.
    const leaving = recent[recent.length - bound.count];
    const acts = proposal.policy.mode === 'shadow' ? 'would have acted' : 'acted';
    const used = `limit: ${acts} ${recent.length} ${recent.length === 1 ? 'time' : 'times'} in the last ${durationText(bound.perMs)} (at most ${bound.count})`;
    if (leaving === undefined) return `${used}, never opens`;
    const opensAt = leaving + bound.perMs;
    return `${used}, opens again at ${timeText(opensAt, proposal.at)} (${durationText(opensAt - proposal.at)} left)`;
  },
};
