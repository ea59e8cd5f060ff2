// One thread that mutates and judges without end. What it is at stands in shared memory, so that whoever watches it
// still knows the input when the thread hangs.

import { parentPort, workerData } from 'node:worker_threads';
import { Chance } from './chance.ts';
import { Coverage } from './coverage.ts';
import { judgeInput } from './judge-input.ts';
import { Mutator } from './mutator.ts';
import { shrink } from './shrink.ts';

export interface WorkerData {
  readonly seed: number;
  readonly texts: readonly string[];
  /** Which of them are the repository's own. */
  readonly seeds: ReadonlySet<string>;
  /** Two numbers: which input it is at, how many bytes that has. */
  readonly state: SharedArrayBuffer;
  readonly input: SharedArrayBuffer;
}

export type WorkerMessage =
  | { readonly kind: 'kept'; readonly text: string; readonly ran: readonly string[]; readonly seed: boolean }
  | { readonly kind: 'failed'; readonly text: string; readonly error: string }
  | { readonly kind: 'progress'; readonly inputs: number; readonly sound: number; readonly kept: number };

const progressEvery = 500;
/** An input that judges slowly is mutated less: many small steps find more than few large ones. */
const keptTextMax = 6_000;

const { seed, texts, seeds, state, input } = workerData as WorkerData;
const counters = new Int32Array(state);
const bytes = new Uint8Array(input);
const encoder = new TextEncoder();
const chance = new Chance(seed);
const mutator = new Mutator(chance);
const coverage = new Coverage();
const known = new Set<string>();
const kept: string[] = [];
const keptSound: string[] = [];
const failures = new Set<string>();
let sound = 0;
let lastIsSound = false;

function tell(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

function judge(text: string): string | null {
  const { written } = encoder.encodeInto(text, bytes);
  Atomics.store(counters, 1, written);
  Atomics.add(counters, 0, 1);
  try {
    lastIsSound = judgeInput(text) === 'sound';
    if (lastIsSound) sound++;
    return null;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** Where a failure comes from: the same one is told once. */
function siteOf(error: string): string {
  const lines = error.split('\n');
  return [lines[0]?.replace(/\d+/g, ''), ...lines.slice(1).filter((line) => line.includes('.ts:'))]
    .slice(0, 3)
    .join('\n');
}

function meet(text: string): void {
  const error = judge(text);
  const ran = coverage.take();
  if (error !== null) {
    const site = siteOf(error);
    if (failures.has(site)) return;
    failures.add(site);
    const small = shrink(text, (candidate) => {
      const again = judge(candidate);
      return again !== null && siteOf(again) === site;
    });
    tell({ kind: 'failed', text: small, error });
    coverage.take();
    return;
  }
  const news = ran.filter((entry) => !known.has(entry));
  if (news.length === 0) return;
  for (const entry of news) known.add(entry);
  if (text.length > keptTextMax) return;
  kept.push(text);
  if (lastIsSound) keptSound.push(text);
  mutator.learn(text);
  tell({ kind: 'kept', text, ran: ran.map((entry) => entry.replace(/ \d+$/, '')), seed: seeds.has(text) });
}

for (const text of texts) meet(text);
for (let inputs = 1; ; inputs++) {
  // What was found lately is mutated most, and what is sound more than what is not.
  const from = chance.below(3) > 0 && keptSound.length > 0 ? keptSound : kept;
  const recent = chance.below(2) === 0 ? Math.min(from.length, 50) : from.length;
  meet(mutator.mutate(from[from.length - 1 - chance.below(recent)] as string));
  if (inputs % progressEvery === 0) tell({ kind: 'progress', inputs, sound, kept: kept.length });
}
