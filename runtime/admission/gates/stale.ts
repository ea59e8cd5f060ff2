// Telemetry that arrives late describes a world that is gone: nothing acts on it.

import { durationText } from '../wording.ts';
import type { RequestGate } from './gate.ts';

export const stale: RequestGate = {
  name: 'stale',
  law: 'An event that is older than the policy’s `max_age` when it is judged is refused.',
  asks: 'request',
  refuse({ request: { proposal }, now }) {
    const ageMs = now - proposal.at;
    const { maxAgeMs } = proposal.policy;
    if (ageMs <= maxAgeMs) return null;
    return `stale: the event is ${durationText(ageMs)} old, the policy acts on events up to ${durationText(maxAgeMs)} old`;
  },
};
