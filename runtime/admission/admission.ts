// The port that decides whether a proposal may act. One proposal, one atomic step, one verdict; the same decision id
// always gets the same verdict back. Adapters: in process (here); a shared one for several engines fits the same port.

import type { PolicyMeta, ProgramMeta } from '../contract.ts';
import type { Gate, Outcome, Proposal } from '../decision.ts';

export interface Verdict {
  /** The decision's id, under which the reservation is held. */
  readonly id: string;
  readonly outcome: Outcome;
  /** The gate that refused and what it says; `null` when none did. */
  readonly gate: Gate | null;
  readonly reason: string | null;
}

/** What admission must know of an earlier decision to go on where it left off. */
export interface PastDecision {
  readonly id: string;
  readonly policy: string;
  readonly key: string;
  /** Event time, epoch ms. */
  readonly at: number;
  readonly outcome: Outcome;
  readonly gate: Gate | null;
  readonly reason: string | null;
}

export interface Admission {
  /**
   * Asks all gates. What passes is reserved: it counts against cooldown and limit from this moment.
   * `now`: epoch ms; the wall clock in a live engine, the event's time in a backtest.
   */
  judge(proposal: Proposal, now: number): Promise<Verdict>;
  /** The decision is durable in the ledger: its reservation can no longer be released. Unknown ids are ignored. */
  commit(id: string): Promise<void>;
  /** The decision will never be recorded: what it reserved is given back. Ignored after `commit`. */
  release(id: string): Promise<void>;
  /**
   * Takes over the decisions of earlier runs; before the first `judge`. Those of policies that are not in `policies`
   * are left out. Give it those not older than `admissionHorizonMs`.
   */
  restore(decisions: readonly PastDecision[], policies: readonly PolicyMeta[], now: number): Promise<void>;
  /** From now on fleets are looked up in this program. Cooldowns and limits are kept, by the policy's name. */
  useProgram(program: ProgramMeta): void;
}

/** How far back, in event time, a verdict on one of these policies can depend on earlier decisions. */
export function admissionHorizonMs(policies: readonly PolicyMeta[]): number {
  let horizonMs = 0;
  for (const policy of policies) horizonMs = Math.max(horizonMs, policyHorizonMs(policy) + policy.maxAgeMs);
  return horizonMs;
}

/** How far back the gates of a policy look. */
export function policyHorizonMs(policy: PolicyMeta): number {
  return Math.max(policy.cooldownMs, policy.limit?.perMs ?? 0);
}
