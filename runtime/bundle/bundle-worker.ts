// A thread of its own that inspects one package: unpacking, hashing and made-up events take the engine no time, and code
// that never ends is ended with the thread.

import { parentPort, workerData } from 'node:worker_threads';
import { type BundleTask, inspectBundle } from './inspect-bundle.ts';

parentPort?.postMessage(await inspectBundle(workerData as BundleTask));
