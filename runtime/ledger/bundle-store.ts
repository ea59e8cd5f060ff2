// Bundles and what was ordered about them, for all engines: bytes by their hash, the order that holds now, and what
// became of it on each engine.

import type { Cancel } from '../ports/timers.ts';

export interface BundleFacts {
  readonly hash: string;
  readonly serial: number;
  readonly signature: 'signed' | 'unsigned';
  /** The key that signed it, as the signature names it; `null` for an unsigned one. */
  readonly signedBy: string | null;
  readonly uploadedBy: string;
  /** Epoch ms. */
  readonly uploadedAt: number;
  readonly size: number;
}

export interface StoredBundle extends BundleFacts {
  readonly bytes: Uint8Array;
}

export interface BundleOrder {
  /** Rising; the highest holds. */
  readonly number: number;
  readonly hash: string;
  readonly serial: number;
  readonly kind: 'deploy' | 'rollback';
  readonly by: string;
  readonly reason: string;
  /** Epoch ms. */
  readonly at: number;
}

/** What one engine did with a bundle. */
export interface DeploymentResult {
  /** The order it obeyed; `null` for a bundle that came another way, such as from a folder. */
  readonly order: number | null;
  readonly engine: string;
  readonly hash: string;
  readonly serial: number;
  readonly result: 'active' | 'refused' | 'failed';
  /** Why, in words. */
  readonly detail: string;
  /** Epoch ms. */
  readonly at: number;
}

export interface BundleStore {
  /** `known`: it was there already. Errors: `LedgerRejected` for one that is too large. */
  put(bundle: Omit<StoredBundle, 'uploadedAt' | 'size'>): Promise<'stored' | 'known'>;
  get(hash: string): Promise<StoredBundle | null>;
  /** Newest first, without their bytes. */
  list(count: number): Promise<readonly BundleFacts[]>;
  /** What every engine is to run from now on. Errors: `LedgerRejected` when there is no such bundle. */
  order(order: Pick<BundleOrder, 'hash' | 'kind' | 'by' | 'reason'>): Promise<BundleOrder>;
  /** The order that holds; `null` before the first. */
  current(): Promise<BundleOrder | null>;
  /** Newest first. */
  orders(count: number): Promise<readonly BundleOrder[]>;
  report(result: Omit<DeploymentResult, 'at' | 'engine'>): Promise<void>;
  /** Newest first. */
  results(count: number): Promise<readonly DeploymentResult[]>;
  /** Calls `onOrder` soon after any engine has taken an order. Not a promise: poll as well. */
  onOrder(onOrder: () => void): Cancel;
}
