// A thread of its own that verifies one package and tries it out: unpacking, hashing and made-up events take the engine
// no time, and code that never ends is ended with the thread.

import { parentPort, workerData } from 'node:worker_threads';
import { BundleError, type BundleFault } from './load.ts';
import { readPublicKey } from './signature.ts';
import { type SmokeReport, smokeTest } from './smoke-test.ts';
import { type VerifiedBundle, verifyBundle } from './verify.ts';

export interface BundleTask {
  readonly bytes: Uint8Array;
  /** As PEM: keys can't be handed to a thread in every version of Node. */
  readonly trustedKeys: readonly string[];
  readonly requireSignature: boolean;
  readonly serialMin: number | null;
}

export type BundleReport =
  | { readonly bundle: VerifiedBundle; readonly smoke: SmokeReport }
  | { readonly fault: BundleFault; readonly message: string };

function report(task: BundleTask): BundleReport {
  try {
    const bundle = verifyBundle(task.bytes, { ...task, trustedKeys: task.trustedKeys.map(readPublicKey) });
    return { bundle, smoke: smokeTest(bundle) };
  } catch (error) {
    if (error instanceof BundleError) return { fault: error.fault, message: error.message };
    throw error;
  }
}

parentPort?.postMessage(report(workerData as BundleTask));
