// The port to what is written down: every decision with its why, and what became of each action. Write-ahead: a
// promise that resolves means that the row survives the process. One contract suite holds every adapter to this.

import type { Decision } from '../decision.ts';
import type { IntentState } from './intent-state.ts';

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
}

export interface Intent {
  readonly decision: Decision;
  readonly ordinal: number;
  readonly state: IntentState;
  readonly attempts: number;
  readonly detail: string | null;
}

/** What a start found and did about it. */
export interface RestartReport {
  /** Admitted and never begun, still young enough: to be carried out now, oldest first. */
  readonly resume: readonly Intent[];
  readonly found: {
    /** Decisions in the ledger. */
    readonly decisions: number;
    /** Time of the event of the newest decision, epoch ms. */
    readonly newestAt: number | null;
    /** Cut off while they were being carried out, and closed as `expired`: nobody can tell whether they arrived. */
    readonly interrupted: number;
    /** Never begun and now too old, closed as `expired`. */
    readonly tooOld: number;
    /** Rows that can't be read and were left alone. */
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
   * Writes decisions and, for the admitted ones, an intent per action, in one transaction; resolves when durable, in
   * the order given. While the ledger can't be written it waits and tries again: nothing is dropped.
   * Errors: `LedgerRejected` for what can never be written, `LedgerClosed`.
   */
  record(decisions: readonly Decision[], bundleHash: string): Promise<readonly RecordOutcome[]>;
  /**
   * Moves an intent on; resolves when durable. `false`: someone else moved it there, so it is not the caller's.
   * Errors: `LedgerRejected` when the state can't be reached from the present one, `LedgerClosed`.
   */
  transition(change: IntentChange): Promise<boolean>;
  /**
   * Closes what an earlier run left open, so that every intent ends. Before the first `record`. `now`: epoch ms.
   */
  restart(now: number): Promise<RestartReport>;
  /** Decisions with an event time from `at` (epoch ms) on, in order of time; for admission to restore from. */
  decisionsSince(at: number): Promise<readonly Decision[]>;
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
