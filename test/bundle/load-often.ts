// Loads one bundle again and again, the way a reload does: the former program is dropped, the new one judges events at
// once. Run as a process of its own: `node --expose-gc test/bundle/load-often.ts BUNDLE LOADS`; prints one JSON line.

import { loadProgram } from '../../runtime/bundle/load.ts';
import { type Bundle, readBundle } from '../../runtime/bundle/read.ts';
import { createKernel } from '../../runtime/evaluate/kernels.ts';
import { eventColumns, thresholdPolicies } from '../bench/peers-workload.ts';
import { WorkloadRun } from '../bench/workload-run.ts';

/** What one process of loads found out. */
export interface LoadReport {
  readonly loads: number;
  /** Policies that fired, over all loads; every load must give the same. */
  readonly firesEach: number;
  readonly msEach: number;
  /** By number of loads, after a full collection. */
  readonly heapBytes: readonly { readonly loads: number; readonly bytes: number }[];
  readonly rssBytes: number;
}

const events = 500;
const columns = eventColumns(events);
const policies = thresholdPolicies(1000);

function firesOf(bundle: Bundle): number {
  const code = loadProgram(bundle.meta, bundle.modules);
  let fires = 0;
  const run = new WorkloadRun({ meta: bundle.meta, code, createKernel }, policies, () => {
    fires++;
  });
  run.run(columns, events, 64);
  return fires;
}

function heapBytes(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('run with --expose-gc');
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

async function loadOften(folder: string, loads: number): Promise<LoadReport> {
  // The first sixth lets caches of the runtime fill.
  const measured = new Set([Math.ceil(loads / 6), Math.ceil(loads / 2), loads]);
  const found: { loads: number; bytes: number }[] = [];
  let bundle = await readBundle(folder);
  let firesEach = -1;
  let spentMs = 0;
  for (let load = 1; load <= loads; load++) {
    // Fresh strings now and then, as a new bundle brings them.
    if (load % 20 === 0) bundle = await readBundle(folder);
    const begun = performance.now();
    const fires = firesOf(bundle);
    spentMs += performance.now() - begun;
    if (firesEach >= 0 && fires !== firesEach)
      throw new Error(`load ${load} fired ${fires} times, the first ${firesEach}`);
    firesEach = fires;
    // Lets go of what only ends with the turn.
    await new Promise(setImmediate);
    if (measured.has(load)) found.push({ loads: load, bytes: heapBytes() });
  }
  return { loads, firesEach, msEach: spentMs / loads, heapBytes: found, rssBytes: process.memoryUsage().rss };
}

const [folder, loads] = process.argv.slice(2);
console.log(JSON.stringify(await loadOften(folder, Number(loads))));
