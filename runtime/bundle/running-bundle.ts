// What runs, and what comes of an attempt to run something else.

import { createHash } from 'node:crypto';
import type { Evaluator } from '../evaluate/session.ts';
import type { BundleOrigin } from './bundle-gate.ts';
import type { PlannedChanges } from './compare-programs.ts';
import type { BundleFault } from './load.ts';

export interface RunningBundle {
  readonly hash: string;
  /** 0 of a program that was compiled at the start: every bundle may replace it. */
  readonly serial: number;
  readonly origin: BundleOrigin | 'sources';
  readonly signedBy: string | null;
  /** The package; what other engines get, and what plans are made against. */
  readonly bytes: Uint8Array;
  readonly evaluator: Evaluator;
}

/** What a swap did; `carried` and `fresh` count policies whose state went on or begins anew. */
export interface SwapReport {
  readonly carried: number;
  readonly fresh: number;
  /** How long no event was judged. */
  readonly pauseMs: number;
}

/** Puts a program in the place of the running one at a batch boundary. When it rejects, the former one runs on. */
export type Swap = (next: RunningBundle) => Promise<Pick<SwapReport, 'pauseMs'>>;

/** Who wants it and why; both are kept. */
export interface Who {
  readonly by: string;
  readonly why: string;
}

/**
 * `conflict`: another order came first; `swap-failed`: the engine went on with the former one; `unknown-bundle`: there
 * is no such or no earlier one; `unavailable`: nothing can be written down now, so nothing was done.
 */
export type DeployFault = BundleFault | 'conflict' | 'swap-failed' | 'unknown-bundle' | 'unavailable';

export type DeployResult =
  | {
      readonly result: 'active';
      readonly hash: string;
      readonly serial: number;
      readonly signedBy: string | null;
      readonly order: number;
      readonly replaced: string;
      readonly swap: SwapReport;
    }
  | { readonly result: 'unchanged'; readonly hash: string; readonly serial: number }
  | { readonly result: 'refused'; readonly fault: DeployFault; readonly message: string };

export type PlanResult =
  | ({
      readonly result: 'accepted';
      readonly hash: string;
      readonly serial: number;
      readonly signedBy: string | null;
      readonly running: string;
    } & PlannedChanges)
  | { readonly result: 'refused'; readonly fault: BundleFault; readonly message: string };

export class DeployRefused extends Error {
  readonly fault: DeployFault;

  constructor(fault: DeployFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** A hash as people are shown it. */
export function short(hash: string): string {
  return hash.slice(0, 12);
}

export function saidBy(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function swapText({ carried, fresh, pauseMs }: SwapReport): string {
  return `${carried} policies went on, ${fresh} began anew, ${pauseMs.toFixed(1)} ms without judging`;
}
