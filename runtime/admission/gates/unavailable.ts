// Orders that can't be read may say "stop". An adapter refuses by the same name when it can't be asked itself.

import { durationText } from '../wording.ts';
import type { RequestGate } from './gate.ts';

/** What people ordered is read every second; after so long it counts as unknown. */
const ordersMsMax = 10_000;

export const unavailable: RequestGate = {
  name: 'unavailable',
  law: 'While pauses and silences can’t be read for more than 10 seconds, everything is refused that does more than tell people.',
  asks: 'request',
  refuse({ request, orders, now }) {
    if (orders === null || request.tellsOnly || now - orders.readAt <= ordersMsMax) return null;
    return `unavailable: pauses and silences could not be read for ${durationText(now - orders.readAt)}; see whether the ledger answers`;
  },
};
