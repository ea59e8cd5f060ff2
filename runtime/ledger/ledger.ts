// The port to what is written down: every decision with its why, and what became of each action. Write-ahead: a
// promise that resolves means that the row survives the process. One contract suite holds every adapter to this.

import type { Decision, SizeChange } from '../decision.ts';
import type { IntentState } from './intent-state.ts';
import type { Notice } from './outbox.ts';

/**
 * `recorded`: this call wrote it; its actions are the caller's to carry out.
 * `known`: the same decision was there already; whoever wrote it carries it out.
 */
export type RecordOutcome = 'recorded' | 'known';

export interface IntentChange {
  readonly decisionId: string;
  /** Position of the action in the decision. */
  readonly ordinal: number;
  readonly to: IntentState;
  /** Calls made so far. */
  readonly attempts: number;
  /** For people: what came back. */
  readonly detail: string | null;
  /** False when it is certain that nothing was changed anywhere, as of everything that `failed`; true when absent. */
  readonly done?: boolean;
  /** Written with the change, and only when it is made: what people are told about it. */
  readonly notices?: readonly Notice[];
}

/** What the database asks once more when an action is about to begin, in this order. */
export type Guard = 'deadline' | 'paused' | 'silenced' | 'fence' | 'in-flight' | 'budget';

/**
 * `moved`: this call moved it. `others`: someone else moved it there, or has taken it over (`holder`), so it is not the
 * caller's any more. `refused`: it was not begun, for this reason, and has been ended as `expired`.
 */
export type TransitionResult =
  | { readonly outcome: 'moved' }
  | { readonly outcome: 'others'; readonly holder: string | null }
  | { readonly outcome: 'refused'; readonly guard: Guard; readonly reason: string };

export interface Intent {
  readonly decision: Decision;
  readonly ordinal: number;
  readonly state: IntentState;
  readonly attempts: number;
  readonly detail: string | null;
}

/** An action on a fleet as the ledger knows it, for admission to rebuild from. */
export interface FleetAct {
  readonly decisionId: string;
  readonly ordinal: number;
  readonly policy: string;
  readonly key: string;
  /** Event time of the decision, epoch ms. */
  readonly at: number;
  readonly fleet: string;
  readonly action: string;
  readonly direction: 'up' | 'down' | 'none';
  /** `null`: no number of members changes. */
  readonly change: SizeChange | null;
  /** Members that count against the fleet's budget in that direction. */
  readonly members: number;
  readonly state: IntentState;
  /** False when it has ended and certainly changed nothing: it counts against nothing. */
  readonly done: boolean;
  /** Tells which of two decisions on a fleet is the newer one. */
  readonly fence: number;
  /** All epoch ms. */
  readonly deadline: number | null;
  readonly recordedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** What became of an intent whose outcome was unknown, read from where the action went. */
export interface Reconciliation {
  readonly to: 'reconciled' | 'expired';
  /** For people: what was found. */
  readonly detail: string;
}

/** What was taken from engines that are gone; all of it is the caller's from now on. */
export interface TakeOver {
  /** Admitted, never begun and still young enough: to be carried out now, oldest first. */
  readonly resume: readonly Intent[];
  /** Begun by an engine that is gone, now `unknown`: to be read back and then moved to `reconciled` or `expired`. */
  readonly unknown: readonly Intent[];
  /** Never begun and too old, now `expired`; with what this engine itself has forgotten. */
  readonly tooOld: number;
  /** The engines they were taken from. */
  readonly from: readonly string[];
  /** Intents whose decision can't be read, now `expired`. */
  readonly unreadable: number;
  /** There is more to take: ask again. */
  readonly more: boolean;
}

/** What a start found and did about it; only where no other engine can be alive on this ledger. */
export interface RestartReport {
  /** Admitted and never begun, still young enough: to be carried out now, oldest first. */
  readonly resume: readonly Intent[];
  /** Cut off while they were being carried out, for the caller to read back; empty unless they were to be kept. */
  readonly unknown: readonly Intent[];
  readonly found: {
    /** Decisions in the ledger. */
    readonly decisions: number;
    /** Time of the event of the newest decision, epoch ms. */
    readonly newestAt: number | null;
    /** Cut off while they were being carried out; closed as `expired` unless they are in `unknown`. */
    readonly interrupted: number;
    /** Never begun and now too old, closed as `expired`. */
    readonly tooOld: number;
    /** Intents whose decision can't be read, closed as `expired`. */
    readonly unreadable: number;
  };
}

export interface LedgerHealth {
  readonly healthy: boolean;
  /** Decisions and changes that wait to be written. */
  readonly waiting: number;
  /** What the last failed attempt said; `null` when healthy. */
  readonly problem: string | null;
}

export interface Ledger {
  /** Creates or migrates the tables. To be called once, before anything else. Errors: `LedgerProblem`. */
  open(): Promise<void>;
  /**
   * Writes decisions and, for the admitted ones, an intent per action with its fence, in one transaction, together with
   * the notices of the decision (by id); resolves when durable, in the order given. While the ledger can't be written it
   * waits and tries again: nothing is dropped. Errors: `LedgerRejected` for what can never be written, `LedgerClosed`.
   */
  record(
    decisions: readonly Decision[],
    bundleHash: string,
    notices?: ReadonlyMap<string, readonly Notice[]>,
  ): Promise<readonly RecordOutcome[]>;
  /**
   * Moves an intent on; resolves when durable. To `executing` the database asks its guards first.
   * Errors: `LedgerRejected` when the state can't be reached from the present one, `LedgerClosed`.
   */
  transition(change: IntentChange): Promise<TransitionResult>;
  /**
   * Takes what engines left whose lease has run out; of several engines that ask at once each intent goes to one.
   * An intent that was being carried out is `unknown` afterwards.
   */
  takeOver(): Promise<TakeOver>;
  /**
   * Takes over everything that earlier runs left open, so that every intent ends: for a ledger that this engine has to
   * itself. Before the first `record`. `now`: epoch ms. What was cut off expires, or is kept to be read back.
   */
  restart(now: number, cutOff?: 'expire' | 'keep'): Promise<RestartReport>;
  /** Decisions with an event time from `at` (epoch ms) on, in order of time; for admission to restore from. */
  decisionsSince(at: number): Promise<readonly Decision[]>;
  /**
   * Actions on fleets that are open, or ended at or after `at` (wall clock, epoch ms), in order of their fence; of one
   * fleet when `fleet` is given. For admission to restore budgets, settling and leases from.
   */
  fleetActsSince(at: number, fleet?: string): Promise<readonly FleetAct[]>;
  /** The newest decisions by event time, newest first. */
  recentDecisions(count: number): Promise<readonly Decision[]>;
  /** The intents of a decision, in order. */
  intentsOf(decisionId: string): Promise<readonly Intent[]>;
  health(): LedgerHealth;
  /** Whether more proposals should be made now: healthy, and not too much waiting. Sources pause while it is false. */
  accepting(): boolean;
  /** Resolves as soon as `accepting()` is true, and when the ledger is closed. */
  waitHealthy(): Promise<void>;
  /**
   * Writes what waits, for at most `deadlineMs`, and closes. Returns the number of entries that could not be written;
   * their promises are rejected with `LedgerClosed`.
   */
  close(deadlineMs: number): Promise<number>;
}
