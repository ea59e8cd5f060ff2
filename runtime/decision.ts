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

/**
 * The gates in the order in which they are asked; the first that refuses is named. `unavailable`: what people ordered
 * can't be read, or the gates can't be asked or were lost; `overtime`: the engine took too long from event to proposal.
 */
export const gateNames = [
  'unavailable',
  'paused',
  'silenced',
  'stale',
  'overtime',
  'unknown-target',
  'inventory',
  'settling',
  'cooldown',
  'limit',
  'budget',
  'opposite',
  'busy',
] as const;

export type Gate = (typeof gateNames)[number];

/** Where a fleet's number of members goes; `none`: restart, rollback, circuit_break, a team's own action. */
export type Direction = 'up' | 'down' | 'none';

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
  /** Members of the fleet when this was decided; absent where `change` says so. */
  readonly of?: number;
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
  /** What was left of each bound when it was judged; absent when it was refused before they were asked. */
  readonly remaining?: Remaining;
  /** Epoch ms after which its actions must not be started any more: `at` plus the policy's `maxAgeMs`. */
  readonly deadline?: number;
}

/** What was left of the bounds of a decision before it took its own part. */
export interface Remaining {
  /** 0 when the cooldown had passed. */
  readonly cooldownMs: number;
  /** Decisions for the key; `null` without a limit. */
  readonly limit: number | null;
  /** In order of names. */
  readonly fleets: readonly FleetRemaining[];
}

export interface FleetRemaining {
  readonly fleet: string;
  /** Members that may still come or go; `null` where nothing of the decision counts members. */
  readonly up: number | null;
  readonly down: number | null;
  readonly settleMs: number;
}

/**
 * The id of a decision: derived from what was decided, never random, so that a re-delivery, a replay and a second
 * engine all find the same one.
 */
export function decisionId(policyHash: string, key: string, at: number, ordinal: number): string {
  return createHash('sha256').update(`${policyHash}\0${key}\0${at}\0${ordinal}`).digest('hex').slice(0, 32);
}
