// What people have told all engines: kill switch, pauses, silences and maintenance windows. In the ledger, so that every
// engine obeys it; every change is kept with who and why.

import type { Cancel } from '../ports/timers.ts';

/** `pause` with the scope `global` is the kill switch. `silence` and `maintenance` must end by themselves. */
export type ControlKind = 'pause' | 'silence' | 'maintenance';

export type ControlScope =
  | { readonly kind: 'global' }
  | { readonly kind: 'fleet'; readonly fleet: string }
  | { readonly kind: 'policy'; readonly policy: string }
  | { readonly kind: 'direction'; readonly direction: 'up' | 'down' };

export interface ControlOrder {
  readonly kind: ControlKind;
  readonly scope: ControlScope;
  /** Epoch ms; at once when absent. */
  readonly startsAt?: number;
  /** Epoch ms; a pause without it holds until it is lifted. */
  readonly expiresAt: number | null;
  readonly by: string;
  readonly reason: string;
}

export interface Control extends ControlOrder {
  readonly id: number;
  readonly startsAt: number;
  readonly createdAt: number;
}

/** Controls that hold or will hold, oldest first. */
export interface ControlSnapshot {
  readonly controls: readonly Control[];
  /** The ledger's clock when they were read, epoch ms: what has run out by then is left out. */
  readonly readAt: number;
}

export interface ControlAudit {
  /** Epoch ms. */
  readonly at: number;
  readonly by: string;
  /** What was done: `pause`, `lift`, `upload`, `deploy` … */
  readonly what: string;
  /** To what: a scope, a bundle's hash. */
  readonly subject: string;
  readonly reason: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface ControlStore {
  /** One round trip. Rejects when the ledger can't be read. */
  controls(): Promise<ControlSnapshot>;
  /** Errors: `LedgerRejected` for an order that can't stand, such as a silence without an end or one in the past. */
  set(order: ControlOrder): Promise<Control>;
  /** Ends a control before its time. False when there is none such that holds. */
  lift(id: number, by: string, reason: string): Promise<boolean>;
  /** Calls `onChange` soon after any engine has changed one. Not a promise: poll as well. */
  onChange(onChange: () => void): Cancel;
  /** Writes down a change that is kept elsewhere: everything that people order is in one list. */
  audit(entry: Omit<ControlAudit, 'at'>): Promise<void>;
  /** Newest first. */
  audits(count: number): Promise<readonly ControlAudit[]>;
}
