// What earlier decisions did to fleets, in the form in which a fleet's book keeps it: for a rebuild from the ledger.

import type { ProgramMeta } from '../contract.ts';
import type { PlannedAction } from '../decision.ts';
import type { FleetSize } from '../inventory/inventory.ts';
import { type PastDecision, runMsOf } from './admission.ts';
import type { Change } from './fleet-book.ts';

export interface PastChange {
  readonly fleet: string;
  readonly change: Change;
  /** The size that it was decided on, and when; `null` when it did not depend on one. */
  readonly size: FleetSize | null;
}

/** One for each fleet of a decision that did, or may have done, something to it. */
export function pastChanges(
  decision: PastDecision,
  { policies }: Pick<ProgramMeta, 'policies'>,
): readonly PastChange[] {
  const { id, outcome, actions = [], at, recordedAt = at, finishedAt = recordedAt, done = true } = decision;
  if ((outcome !== 'admitted' && outcome !== 'shadowed') || !done) return [];
  const policy = policies.find(({ name }) => name === decision.policy);
  const byFleet = Map.groupBy(
    actions.filter((action) => action.target !== null),
    (action) => action.target ?? '',
  );
  const ended = outcome === 'shadowed' ? recordedAt : finishedAt;
  return [...byFleet].map(([fleet, on]): PastChange => {
    const { grows, shrinks, net } = sumOf(on);
    const change: Change = {
      id,
      policy: decision.policy,
      priority: policy?.priority ?? 0,
      direction: net > 0 ? 'up' : net < 0 ? 'down' : 'none',
      grows,
      shrinks,
      settleMs: policy?.settleMs ?? 0,
      external: false,
      finishedAt: ended,
      expiresAt: ended ?? (decision.deadline ?? recordedAt) + runMsOf(actions),
      unseenUp: Math.max(0, net),
      unseenDown: Math.max(0, -net),
    };
    const from = on.find((action) => action.change !== null)?.change?.from;
    return { fleet, change, size: from === undefined ? null : { members: from, at: recordedAt, inTransition: false } };
  });
}

function sumOf(actions: readonly PlannedAction[]): { grows: number; shrinks: number; net: number } {
  const sum = { grows: 0, shrinks: 0, net: 0 };
  for (const { change, budget } of actions) {
    const by = change === null ? 0 : change.to - change.from;
    sum.net += by;
    if (by > 0) sum.grows += by;
    else sum.shrinks += change === null ? (budget?.members ?? 0) : -by;
  }
  return sum;
}

/**
 * In the order in which they were written down. The ledger's clock may be ahead: what it knows has happened by `now` at
 * the latest, or a size that was read since would look older than one from the future.
 */
export function inOrder(decisions: readonly PastDecision[], now: number): readonly PastDecision[] {
  const past = decisions.map(({ recordedAt, ...decision }) => {
    const { finishedAt } = decision;
    return {
      ...decision,
      recordedAt: Math.min(now, recordedAt ?? decision.at),
      ...(typeof finishedAt === 'number' ? { finishedAt: Math.min(now, finishedAt) } : {}),
    };
  });
  return past.toSorted((one, other) => one.recordedAt - other.recordedAt);
}
