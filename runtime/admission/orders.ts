// What people ordered, as the gates see it: by the ledger's clock, as of when this engine last read it.

import type { Control, ControlSnapshot } from '../ledger/control-store.ts';

export interface Orders {
  readonly controls: readonly Control[];
  /** The engine's clock, epoch ms. */
  readonly readAt: number;
  /** How far the ledger's clock is ahead of the engine's. */
  readonly aheadMs: number;
}

/** What orders are about: a policy, and its fleets with how many members come and go. An `AdmissionRequest` is such. */
export interface Ordered {
  readonly proposal: { readonly policy: { readonly name: string } };
  readonly targets: readonly {
    readonly fleet: { readonly name: string };
    readonly grows: number;
    readonly shrinks: number;
  }[];
}

export function ordersOf({ controls, readAt }: ControlSnapshot, now: number): Orders {
  return { controls, readAt: now, aheadMs: readAt - now };
}

/** Those that are about the request and hold at `now` (the engine's clock); the end itself is outside. */
export function* concerning(orders: Orders | null, request: Ordered, now: number): Generator<Control> {
  if (orders === null) return;
  const then = now + orders.aheadMs;
  for (const control of orders.controls)
    if (
      control.startsAt <= then &&
      then < (control.expiresAt ?? Number.POSITIVE_INFINITY) &&
      concerns(control, request)
    )
      yield control;
}

function concerns({ scope }: Control, { proposal, targets }: Ordered): boolean {
  switch (scope.kind) {
    case 'global':
      return true;
    case 'policy':
      return scope.policy === proposal.policy.name;
    case 'fleet':
      return targets.some(({ fleet }) => fleet.name === scope.fleet);
    case 'direction':
      return targets.some(({ grows, shrinks }) => (scope.direction === 'up' ? grows : shrinks) > 0);
  }
}
