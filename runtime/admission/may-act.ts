// What people ordered, asked once more at the moment of acting and before every further try: an order that comes while an
// action waits for its turn holds for it too.

import type { Decision, PlannedAction } from '../decision.ts';
import type { Clock } from '../ports/clock.ts';
import { concerning, type Ordered, type Orders } from './orders.ts';
import { timeText } from './wording.ts';

/** Why the action may not be done now; `null` when it may. `orders`: as last read, `null` where nobody can order anything. */
export function mayActUnder(
  orders: () => Orders | null,
  clock: Pick<Clock, 'now'>,
): (decision: Pick<Decision, 'policy'>, action: PlannedAction) => string | null {
  return ({ policy }, action) => {
    const now = clock.now();
    for (const { kind, scope, by, reason, expiresAt } of concerning(orders(), orderedOf(policy, action), now)) {
      // Who pauses what acts does not mean that people shall not be told.
      if (kind === 'pause' && action.name === 'notify' && scope.kind !== 'policy') continue;
      const end = expiresAt === null ? '' : ` until ${timeText(expiresAt, now)}`;
      return `${kind} by ${by}${end}${reason === '' ? '' : ` (${reason})`}, when its turn came`;
    }
    return null;
  };
}

function orderedOf(policy: string, { name, target, change, budget }: PlannedAction): Ordered {
  const members = change === null ? 0 : change.to - change.from;
  // A restart takes members out, for a moment each.
  const out = name === 'restart' ? Math.max(1, budget?.members ?? 1) : 0;
  const on = { grows: Math.max(0, members), shrinks: Math.max(0, -members, out) };
  return {
    proposal: { policy: { name: policy } },
    targets: target === null ? [] : [{ fleet: { name: target }, ...on }],
  };
}
