// People stop the engine, or a part of it, and it stops. What only tells people goes on, unless its own policy is paused.

import type { Control } from '../../ledger/control-store.ts';
import { concerning } from '../orders.ts';
import { timeText } from '../wording.ts';
import type { RequestGate } from './gate.ts';

export const paused: RequestGate = {
  name: 'paused',
  law: 'Under the kill switch, and under a pause of its policy, of one of its fleets or of its direction, a proposal is refused; one that only tells people under a pause of its policy alone.',
  asks: 'request',
  refuse({ request, orders, now }) {
    for (const order of concerning(orders, request, now)) {
      if (order.kind !== 'pause' || (request.tellsOnly && order.scope.kind !== 'policy')) continue;
      const { by, reason, createdAt, expiresAt } = order;
      const end = expiresAt === null ? 'until it is resumed' : `until ${timeText(expiresAt, now)}`;
      const why = reason === '' ? '' : ` (${reason})`;
      return `paused: ${by} ${done(order)} at ${timeText(createdAt, now)}, ${end}${why}`;
    }
    return null;
  },
};

function done({ scope }: Control): string {
  switch (scope.kind) {
    case 'global':
      return 'pulled the kill switch';
    case 'policy':
      return `paused policy ${scope.policy}`;
    case 'fleet':
      return `paused fleet ${scope.fleet}`;
    case 'direction':
      return `paused scaling ${scope.direction}`;
  }
}
