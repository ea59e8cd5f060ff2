// Swaps two bundles again and again, each loaded anew, and carries a session's state over: nothing of the former program
// stays. Run as a process of its own: `node --expose-gc test/bundle/carry-often.ts FOLDER SWAPS`; prints one JSON line.

import { join } from 'node:path';
import { loadProgram } from '../../runtime/bundle/load.ts';
import { type Bundle, readBundle } from '../../runtime/bundle/read.ts';
import { createKernel } from '../../runtime/evaluate/kernels.ts';
import { type Evaluator, Session } from '../../runtime/evaluate/session.ts';
import { carry } from '../../runtime/evaluate/state/carry.ts';
import { carryStartMs, sendRound } from './carry-workload.ts';

/** What one process of swaps found out. */
export interface CarryReport {
  readonly swaps: number;
  readonly fires: number;
  /** Of the processor, per swap: half of them take less, and the greatest. */
  readonly medianMs: number;
  readonly greatestMs: number;
  /** By number of swaps, after a full collection. */
  readonly heapBytes: readonly { readonly loads: number; readonly bytes: number }[];
}

const keys = 2000;

function evaluatorOf({ meta, modules }: Bundle): Evaluator {
  return { meta, code: loadProgram(meta, modules), createKernel };
}

function heapBytes(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('run with --expose-gc');
  gc();
  gc();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

async function carryOften(folder: string, swaps: number): Promise<CarryReport> {
  const bundles = [await readBundle(join(folder, 'false')), await readBundle(join(folder, 'true'))];
  let fires = 0;
  const ignore = (): void => {};
  const listener = { propose: () => fires++, rearm: ignore, skip: ignore, late: ignore, deadLetter: ignore };
  let session = new Session(evaluatorOf(bundles[0]), listener);
  let at = carryStartMs;
  const round = (some: number): void => {
    at += 10_000;
    sendRound(session, some, at);
  };
  for (let warm = 0; warm < 35; warm++) round(keys);
  // The first sixth lets caches of the runtime fill.
  const measured = new Set([Math.ceil(swaps / 6), Math.ceil(swaps / 2), swaps]);
  const found: { loads: number; bytes: number }[] = [];
  const spentMs: number[] = [];
  for (let swap = 1; swap <= swaps; swap++) {
    const next = evaluatorOf(bundles[swap % 2]);
    const began = process.cpuUsage();
    session = carry(session, next);
    const { user, system } = process.cpuUsage(began);
    spentMs.push((user + system) / 1000);
    // Of most keys the windows stay as they are: it is the swaps that are measured.
    round(swap % 20 === 0 ? keys : 50);
    await new Promise(setImmediate);
    if (measured.has(swap)) found.push({ loads: swap, bytes: heapBytes() });
  }
  spentMs.sort((a, b) => a - b);
  return { swaps, fires, medianMs: spentMs[swaps >> 1], greatestMs: spentMs[swaps - 1], heapBytes: found };
}

const [folder, swaps] = process.argv.slice(2);
console.log(JSON.stringify(await carryOften(folder, Number(swaps))));
