// Someone knows already, or is at work on it: for a time with an end neither an action nor a message comes of it.

import { concerning } from '../orders.ts';
import { timeText } from '../wording.ts';
import type { RequestGate } from './gate.ts';

export const silenced: RequestGate = {
  name: 'silenced',
  law: 'A proposal that a silence or a maintenance window is about is refused from its beginning up to, and not at, its end.',
  asks: 'request',
  refuse({ request, orders, now }) {
    for (const { kind, by, reason, expiresAt } of concerning(orders, request, now)) {
      if (kind === 'pause') continue;
      const end = expiresAt === null ? '' : ` until ${timeText(expiresAt, now)}`;
      return `silenced: ${kind} by ${by}${end}${reason === '' ? '' : ` (${reason})`}`;
    }
    return null;
  },
};
