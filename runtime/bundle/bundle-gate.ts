// The one way by which a bundle comes to run: verified and tried out in a thread of its own, and only then loaded here, a
// module at a time. Whatever fails is told with its reason; nothing of such a bundle is used.

import { Worker } from 'node:worker_threads';
import { createKernel } from '../evaluate/kernels.ts';
import type { Evaluator } from '../evaluate/session.ts';
import type { Timers } from '../ports/timers.ts';
import type { BundleReport, BundleTask } from './inspect-bundle.ts';
import { BundleError, type BundleFault, loadProgramInSteps } from './load.ts';
import type { TrustedKey } from './signature.ts';
import type { SmokeReport } from './smoke-test.ts';
import type { VerifiedBundle } from './verify.ts';

/** Where a bundle came from. What came over the network is never run unsigned, whatever the settings. */
export type BundleOrigin = 'folder' | 'upload' | 'store';

export interface BundleGateOptions {
  readonly trustedKeys: readonly TrustedKey[];
  /** Of bundles in folders too, though no key is trusted. */
  readonly requireSignature: boolean;
  /** A store that others can write to: what comes from it must be signed. */
  readonly sharedStore: boolean;
  readonly timers: Timers;
  /** How long a bundle may take to be verified and tried out. */
  readonly timeoutMs?: number;
  /** In a thread of its own without it. */
  readonly inspect?: (task: BundleTask) => Promise<BundleReport>;
}

export interface PassedBundle {
  readonly bundle: VerifiedBundle;
  readonly evaluator: Evaluator;
  readonly smoke: SmokeReport;
  /** The package; of a folder what it comes to. */
  readonly bytes: Uint8Array;
}

export type GateVerdict =
  | ({ readonly passed: true } & PassedBundle)
  | { readonly passed: false; readonly fault: BundleFault; readonly message: string };

const timeoutMsDefault = 30_000;
const heapMbMax = 1024;

/** A published package holds JavaScript. */
const workerUrl = new URL(import.meta.url.endsWith('.ts') ? 'bundle-worker.ts' : 'bundle-worker.js', import.meta.url);

export class BundleGate {
  readonly #options: BundleGateOptions;

  constructor(options: BundleGateOptions) {
    this.#options = options;
  }

  get trusts(): readonly string[] {
    return this.#options.trustedKeys.map(({ id }) => id);
  }

  needsSignature(origin: BundleOrigin): boolean {
    const { trustedKeys, requireSignature, sharedStore } = this.#options;
    return requireSignature || trustedKeys.length > 0 || origin === 'upload' || (origin === 'store' && sharedStore);
  }

  /**
   * `source`: a package, or the folder of a bundle. `serialMin`: a lower serial is refused; `null` by an explicit order
   * alone. Never rejects because of the bundle.
   */
  async verify(source: Uint8Array | string, origin: BundleOrigin, serialMin: number | null): Promise<GateVerdict> {
    try {
      const inspect = this.#options.inspect ?? ((task: BundleTask) => this.#inThread(task));
      const report = await inspect({
        source,
        trustedKeys: this.#options.trustedKeys.map(({ key }) => key.export({ type: 'spki', format: 'pem' }).toString()),
        requireSignature: this.needsSignature(origin),
        serialMin,
      });
      if ('fault' in report) return { passed: false, ...report };
      const { bundle, smoke, bytes } = report;
      const pause = (): Promise<void> => new Promise((resolve) => this.#options.timers.after(0, resolve));
      const code = await loadProgramInSteps(bundle.meta, bundle.modules, pause);
      return { passed: true, bundle, smoke, bytes, evaluator: { meta: bundle.meta, code, createKernel } };
    } catch (error) {
      if (error instanceof BundleError) return { passed: false, fault: error.fault, message: error.message };
      throw error;
    }
  }

  #inThread(task: BundleTask): Promise<BundleReport> {
    const timeoutMs = this.#options.timeoutMs ?? timeoutMsDefault;
    return new Promise((resolve, reject) => {
      const worker = new Worker(workerUrl, {
        workerData: task,
        // A module's own output is no part of the engine's.
        stdout: true,
        stderr: true,
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
      });
      const end = (settle: () => void): void => {
        cancel();
        settle();
        void worker.terminate();
      };
      const cancel = this.#options.timers.after(timeoutMs, () =>
        end(() => reject(new BundleError(`it does not end within ${timeoutMs / 1000} s on made-up events`, 'throws'))),
      );
      worker.once('message', (report: BundleReport) => end(() => resolve(report)));
      worker.once('error', (error) => {
        const said = error instanceof Error ? error.message : String(error);
        end(() => reject(new BundleError(`it can't be tried out: ${said.slice(0, 300)}`, 'throws')));
      });
      worker.once('exit', () => end(() => reject(new BundleError('it ends the thread that tries it out', 'throws'))));
    });
  }
}
