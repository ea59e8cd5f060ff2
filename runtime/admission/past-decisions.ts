// What the ledger knows of earlier decisions, as admission takes it over: with when the last of a decision's actions on
// fleets ended, and whether any of them changed something.

import type { FleetAct, Ledger } from '../ledger/ledger.ts';
import type { PastDecision } from './admission.ts';

/** Decisions with an event time from `at` (epoch ms) on, in order of time. */
export async function pastDecisions(
  ledger: Pick<Ledger, 'decisionsSince' | 'fleetActsSince'>,
  at: number,
): Promise<readonly PastDecision[]> {
  // The acts are read last: one that ends between the two readings then counts as ended.
  const decisions = await ledger.decisionsSince(at);
  const acts = Map.groupBy(await ledger.fleetActsSince(at), ({ decisionId }) => decisionId);
  return decisions.map((decision) => {
    const own = acts.get(decision.id);
    return own === undefined ? decision : { ...decision, ...endingOf(own) };
  });
}

function endingOf(acts: readonly FleetAct[]): Pick<PastDecision, 'recordedAt' | 'finishedAt' | 'done'> {
  const recordedAt = acts[0]?.recordedAt ?? 0;
  if (acts.some(({ endedAt }) => endedAt === null)) return { recordedAt, finishedAt: null };
  return {
    recordedAt,
    finishedAt: Math.max(...acts.map(({ endedAt }) => endedAt ?? 0)),
    done: acts.some(({ done }) => done),
  };
}
