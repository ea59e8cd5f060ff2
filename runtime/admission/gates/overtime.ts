// An engine that is behind decides on what has been: it tells people, and leaves the rest alone.

import type { RequestGate } from './gate.ts';

export const overtime: RequestGate = {
  name: 'overtime',
  law: 'A proposal whose event took longer from its receipt than an engine may take is refused, unless it only tells people.',
  asks: 'request',
  refuse({ request }) {
    if (request.overtimeMs === undefined || request.tellsOnly) return null;
    return `overtime: ${Math.ceil(request.overtimeMs)} ms from the event’s receipt to the proposal, more than the engine may take; give it fewer partitions or more time`;
  },
};
