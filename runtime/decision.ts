// What leaves the evaluators and what becomes of it. Made only when a policy fires: the rare half of the way.

import { createHash } from 'node:crypto';
import type { ActionArgument, PolicyMeta } from './contract.ts';

export type Cause = 'condition' | 'repeat';

/** A policy fired for a key. */
export interface Proposal {
  readonly policy: PolicyMeta;
  readonly key: string;
  /** Event time, epoch ms. */
  readonly at: number;
  readonly cause: Cause;
  /** Since when the condition has held, epoch ms. */
  readonly pendingAt: number;
  /** Measured value by clause text, canonical units; `null` when it was unknown. */
  readonly values: Readonly<Record<string, number | null>>;
  /** Value of each tag of the row that a target lookup may need. */
  readonly tags: Readonly<Record<string, string>>;
}

/** The gates in the order in which they are asked; the first that refuses is named. */
export type Gate = 'stale' | 'unknown-target' | 'cooldown' | 'limit' | 'budget';

export type Outcome = 'shadowed' | 'admitted' | 'refused' | 'awaiting_approval';

export interface PlannedAction {
  readonly name: string;
  /** The fleet's name; `null` for an action without a target. */
  readonly target: string | null;
  readonly args: Readonly<Record<string, ActionArgument>>;
  readonly timeoutMs: number;
  readonly retry: number;
  /** The address that carries it out, of a team's own action and of `webhook`; `null` for any other. */
  readonly endpoint: string | null;
  /** Members of the target before and after, resolved once and never a delta; `null` where no number of members changes. */
  readonly change: SizeChange | null;
  /** The target's budget as it stood when this was decided; absent: it counts against none. */
  readonly budget?: ChangeBudget;
}

/** A fleet's members, before and after. */
export interface SizeChange {
  readonly from: number;
  readonly to: number;
}

/** What the ledger asks once more at the moment of acting: at most `share` of a fleet's members within `perMs`. */
export interface ChangeBudget {
  readonly share: number;
  readonly perMs: number;
  /** Members that this action counts for, in its direction. */
  readonly members: number;
}

export interface Decision {
  readonly id: string;
  readonly policy: string;
  readonly policyHash: string;
  /** What another system calls the policy. */
  readonly policyId?: string;
  readonly key: string;
  readonly at: number;
  readonly cause: Cause;
  readonly outcome: Outcome;
  /** The gate that refused, and what it says: numbers, and when it opens again. */
  readonly gate: Gate | null;
  readonly reason: string | null;
  readonly mode: PolicyMeta['mode'];
  readonly actions: readonly PlannedAction[];
  readonly values: Readonly<Record<string, number | null>>;
  /** `file.ddl:line` */
  readonly source: string;
  /** Epoch ms after which its actions must not be started any more: `at` plus the policy's `maxAgeMs`. */
  readonly deadline?: number;
}

/**
 * The id of a decision: derived from what was decided, never random, so that a re-delivery, a replay and a second
 * engine all find the same one.
 */
export function decisionId(policyHash: string, key: string, at: number, ordinal: number): string {
  return createHash('sha256').update(`${policyHash}\0${key}\0${at}\0${ordinal}`).digest('hex').slice(0, 32);
}
