// What the gates look at of a fleet: a few numbers, made by whoever keeps its state (in process, in Redis), so that a
// gate's law is a pure function. All times are of the admission's clock, epoch ms.

import type { Direction } from '../decision.ts';

export interface FleetView {
  readonly now: number;
  /** The settle time that ends last of those that have not ended; `null` when none runs. */
  readonly settle: { readonly policy: string; readonly until: number } | null;
  /** The size was read before the fleet's last change ended, or before a reading that said otherwise. */
  readonly outdated: boolean;
  readonly up: BudgetView;
  readonly down: BudgetView;
  /** So many changes are counted that no more can be. */
  readonly full: boolean;
  /** Who acted in the other direction: the one with the highest priority that still locks it out. */
  readonly opposite: LockView | null;
  /** Who acts on the fleet at this moment. */
  readonly lease: { readonly policy: string; readonly expiresAt: number } | null;
  /** Decisions that stand in line before this one. */
  readonly ahead: number;
}

/** Members that came or went, or may, within the budget's time. */
export interface BudgetView {
  readonly used: number;
  readonly allowed: number;
  /** When the first of those used is given back; `null` when none has ended yet. */
  readonly nextAt: number | null;
}

export interface LockView {
  readonly policy: string;
  readonly priority: number;
  readonly direction: Exclude<Direction, 'none'>;
  /** `null`: it acts at this moment. */
  readonly until: number | null;
}

/** Changes of a fleet that are counted at most. */
export const changesMax = 256;
/** Decisions in line for a fleet at most. */
export const ticketsMax = 256;
/** Who stands in line and has not asked for so long has gone. */
export const ticketMs = 5_000;

/** Members that may change: a share of `members`, in whole ones. What is a whole number but for rounding is one. */
export function membersAllowed(share: number, members: number): number {
  return Math.max(0, Math.floor(share * members + 1e-9));
}
