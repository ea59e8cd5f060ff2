// The port that decides whether a proposal may act. One proposal, one atomic step per fleet, one verdict; the same
// decision id always gets the same verdict back. Adapters: in process, and Redis for several engines; one suite holds both.

import type { FleetMeta, PolicyMeta, ProgramMeta } from '../contract.ts';
import type {
  Decision,
  Direction,
  Gate,
  Outcome,
  PlannedAction,
  Proposal,
  Remaining,
  SizeChange,
} from '../decision.ts';
import type { FleetSize } from '../inventory/inventory.ts';
import type { ControlSnapshot } from '../ledger/control-store.ts';

/** What all actions of a decision on one fleet come to. */
export interface AdmissionTarget {
  readonly fleet: FleetMeta;
  /** As the inventory said; `null` when it could not say, or was not asked because nothing counts members. */
  readonly size: FleetSize | null;
  /** An action needs the number of members: one that scales, or a restart. */
  readonly counts: boolean;
  /** From before the first action that scales to after the last; `null` without one. */
  readonly change: SizeChange | null;
  readonly direction: Direction;
  /** Members that come, and that go or are taken out for a moment: what it costs of the fleet's budget. */
  readonly grows: number;
  readonly shrinks: number;
  /** Why nothing would change, where all actions on it scale and none would; for people. `null`: something would. */
  readonly idle: string | null;
}

export interface AdmissionRequest {
  readonly proposal: Proposal;
  /** The decision's. */
  readonly id: string;
  /** The one that the proposal's policy is of. */
  readonly program: ProgramMeta;
  readonly actions: readonly PlannedAction[];
  /** Each fleet once, in order of names. */
  readonly targets: readonly AdmissionTarget[];
  /** All that it does is to tell people: it needs no fleet, and is let through where gates can't be asked. */
  readonly tellsOnly: boolean;
  /** Epoch ms after which its actions must not be started. */
  readonly deadline: number;
  /** How long carrying it out may take at most, all attempts of all actions. */
  readonly runMs: number;
  /** What the event took from its receipt to the proposal, when that was more than it may take. */
  readonly overtimeMs?: number;
}

export interface Verdict {
  /** The decision's id, under which the reservation is held. */
  readonly id: string;
  /** `waiting`: in line for its fleet; to be asked again, with fresh sizes, until it is something else. Never recorded. */
  readonly outcome: Outcome | 'waiting';
  /** The gate that refused, or that it waits at, and what it says; `null` when none did. */
  readonly gate: Gate | null;
  readonly reason: string | null;
  /** What was left of the bounds; `null` when it was refused before they were asked. */
  readonly remaining: Remaining | null;
}

/** What admission must know of an earlier decision to go on where it left off. */
export interface PastDecision
  extends Pick<Decision, 'id' | 'policy' | 'key' | 'at' | 'outcome' | 'gate' | 'reason' | 'remaining' | 'deadline'> {
  readonly actions?: readonly PlannedAction[];
  /** When it was written down, epoch ms; the event's time when left out. */
  readonly recordedAt?: number;
  /** When its last intent ended; `null`: not all have. Left out: it ended as it was recorded. */
  readonly finishedAt?: number | null;
  /** `false`: it is certain that none of its actions was done. */
  readonly done?: boolean;
}

export interface AdmissionHealth {
  /** `lost`: what the gates knew is gone; nothing acts until `restore` has been called. */
  readonly state: 'open' | 'lost' | 'unreachable';
  /** For people; `null` when open. */
  readonly problem: string | null;
}

export interface Admission {
  /**
   * Asks all gates. What passes is reserved: it counts against all bounds from this moment. Never rejects: gates that
   * can't be asked refuse as `unavailable`. `now`: epoch ms; the engine's clock, in a backtest the event's time.
   */
  judge(request: AdmissionRequest, now: number): Promise<Verdict>;
  /** The decision is durable in the ledger: its reservation can no longer be released. Unknown ids are ignored. */
  commit(id: string): Promise<void>;
  /** The decision will never be recorded: what it reserved, or its place in line, is given back. Ignored after `commit`. */
  release(id: string): Promise<void>;
  /**
   * All actions of an admitted decision have ended: its fleets are free, and settle. `done` is false when it is certain
   * that none was carried out: nothing was changed then. To be called again until it resolves; unknown ids are ignored.
   */
  finish(decision: Pick<Decision, 'id' | 'actions'>, now: number, done?: boolean): Promise<void>;
  /**
   * Takes over earlier decisions: before the first `judge`, after the gates were lost, and after a change of program.
   * Adds what is missing and takes nothing away. Decisions of policies that the program does not have count for their
   * fleets alone. Give it those not older than `admissionHorizonMs`.
   */
  restore(decisions: readonly PastDecision[], program: ProgramMeta, now: number): Promise<void>;
  /**
   * What people ordered, as it was read just now (`now`: the engine's clock). Where it was never called nothing is
   * ordered; after 10 s without it, it is too old to act on.
   */
  useControls(controls: ControlSnapshot, now: number): void;
  health(): Promise<AdmissionHealth>;
}

/** How far back, in event time, a verdict can depend on earlier decisions. */
export function admissionHorizonMs({ policies, fleets }: Pick<ProgramMeta, 'policies' | 'fleets'>): number {
  let horizonMs = 0;
  for (const policy of policies) horizonMs = Math.max(horizonMs, policyHorizonMs(policy) + policy.maxAgeMs);
  for (const { change } of fleets)
    for (const policy of policies) horizonMs = Math.max(horizonMs, fleetHorizonMs(policy, change.perMs));
  return horizonMs;
}

/** How far back the gates of a policy look. */
export function policyHorizonMs(policy: PolicyMeta): number {
  return Math.max(policy.cooldownMs, policy.limit?.perMs ?? 0);
}

/** From a decision's event to when its fleet no longer depends on it: waited, carried out, settled, out of the budget. */
function fleetHorizonMs(policy: PolicyMeta, perMs: number): number {
  return policy.maxAgeMs + runMsOf(policy.actions) + Math.max(policy.settleMs, perMs);
}

/** The longest that all attempts of all actions may take, their pauses included. */
export function runMsOf(actions: readonly Pick<PlannedAction, 'timeoutMs' | 'retry'>[]): number {
  const pauseMsMax = 10_000;
  return actions.reduce((sum, { timeoutMs, retry }) => sum + timeoutMs * (retry + 1) + pauseMsMax * retry, 0);
}
