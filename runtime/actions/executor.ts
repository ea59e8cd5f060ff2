// What carries out one action, and what it may say afterwards. A new provider is one file and one line in index.ts.

import type { Decision, PlannedAction } from '../decision.ts';

export interface ActionCall {
  readonly decision: Decision;
  readonly action: PlannedAction;
  /** Position of the action in the decision. */
  readonly ordinal: number;
  /** From 1. */
  readonly attempt: number;
  /** The same for every attempt of this action and different for every other: for the receiver to see it once. */
  readonly idempotencyKey: string;
  /** Aborts at the attempt's timeout and when the engine's shutdown can't wait any longer. */
  readonly signal: AbortSignal;
}

/**
 * `failed`: certainly not done; `retriable` when the same call may succeed later.
 * `unknown`: may have been done; `retriable` only where the receiver can tell a repetition by the idempotency key.
 */
export type ActionResult =
  | { readonly state: 'succeeded'; readonly detail: string | null }
  | {
      readonly state: 'failed' | 'unknown';
      readonly detail: string;
      readonly retriable: boolean;
      /** The provider asks not to be called again before. */
      readonly retryAfterMs?: number;
      /** Nobody was called: it says nothing of the provider. */
      readonly called?: false;
    };

/** What the provider says of an action whose outcome nobody knows. */
export interface ActionReading {
  readonly outcome: 'done' | 'not-done' | 'unclear';
  /** For people. */
  readonly detail: string;
  /** Asking again later would say the same. */
  readonly final?: true;
}

export interface Executor {
  /** For people: `notify`, `webhook`. */
  readonly name: string;
  /** Whether the action is this executor's to carry out. */
  readonly handles: (action: PlannedAction) => boolean;
  /** Who is called: calls to one provider are bounded together, and stop together when it fails. `null`: nobody. */
  readonly providerOf: (action: PlannedAction) => string | null;
  /** Should not reject; when it does, the action counts as failed and is not tried again. */
  readonly execute: (call: ActionCall) => Promise<ActionResult>;
  /** Reads back whether the action was done; changes nothing. Absent: it can't be read back. */
  readonly read?: (action: PlannedAction) => Promise<ActionReading>;
}

/** The part of a logger that executors use; pino's fits. */
export interface ActionLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
