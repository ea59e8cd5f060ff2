// What carries out one action, and what it may say afterwards. A new action is one file and one line in index.ts.

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
  | { readonly state: 'failed' | 'unknown'; readonly detail: string; readonly retriable: boolean };

export interface Executor {
  /** The action's name in the language. */
  readonly name: string;
  /** Should not reject; when it does, the action counts as failed and is not tried again. */
  readonly execute: (call: ActionCall) => Promise<ActionResult>;
}

/** The part of a logger that executors use; pino's fits. */
export interface ActionLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
