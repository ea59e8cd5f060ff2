// All that the gate asks of a package, in one step: unpacked, verified, tried out. Runs in a thread of its own.

import { packBundle, readBundleFolder } from './bundle-files.ts';
import { BundleError, type BundleFault } from './load.ts';
import { readPublicKey } from './signature.ts';
import { type SmokeReport, smokeTest } from './smoke-test.ts';
import { type VerifiedBundle, verifyBundle } from './verify.ts';

export interface BundleTask {
  /** A package, or the folder of a bundle. */
  readonly source: Uint8Array | string;
  /** As PEM: keys can't be handed to a thread in every version of Node. */
  readonly trustedKeys: readonly string[];
  readonly requireSignature: boolean;
  readonly serialMin: number | null;
}

export type BundleReport =
  | { readonly bundle: VerifiedBundle; readonly smoke: SmokeReport; readonly bytes: Uint8Array }
  | { readonly fault: BundleFault; readonly message: string };

/** Rejects only with a fault of ours. */
export async function inspectBundle(task: BundleTask): Promise<BundleReport> {
  try {
    const { source } = task;
    const bytes = typeof source === 'string' ? packBundle(await readBundleFolder(source)) : source;
    const bundle = verifyBundle(bytes, { ...task, trustedKeys: task.trustedKeys.map(readPublicKey) });
    return { bundle, smoke: smokeTest(bundle), bytes };
  } catch (error) {
    if (error instanceof BundleError) return { fault: error.fault, message: error.message };
    throw error;
  }
}
