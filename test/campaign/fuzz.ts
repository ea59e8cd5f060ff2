// Fuzzes grammar, checks, lints, proofs, formatter and emitter: `npm run fuzz [minutes] [seed]`, 30 minutes unless told
// otherwise. Inputs that reach new code are mutated further; at the end as few as reach all that the repository's own
// programs do not are kept in `test/language/fuzz`, which the suite replays. A failing input goes there too.

import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { corpus, corpusFolder, seeds } from '../fuzz/seeds.ts';
import type { WorkerData, WorkerMessage } from '../fuzz/worker.ts';

const defaultMinutes = 30;
/** An input that computes for longer hangs, for whoever waits for `check`. */
const inputMsMax = 10_000;
const corpusFilesMax = 120;

interface Kept {
  readonly text: string;
  readonly ran: readonly string[];
  readonly seed: boolean;
}

/** Returns what failed, by the input. */
export async function runFuzzing(
  minutes: number,
  firstSeed: number,
  tell: (line: string) => void,
): Promise<{
  readonly failures: ReadonlyMap<string, string>;
  readonly kept: readonly Kept[];
  readonly inputs: number;
}> {
  const failures = new Map<string, string>();
  const kept = new Map<string, Kept>();
  const end = Date.now() + minutes * 60_000;
  let inputs = 0;
  for (let seed = firstSeed; Date.now() < end; seed++) {
    const own = seeds();
    const others = [...corpus().map(({ text }) => text), ...[...kept.values()].map((entry) => entry.text)];
    const texts = [...new Set([...own, ...others])].filter((text) => !failures.has(text));
    const state = new SharedArrayBuffer(8);
    const input = new SharedArrayBuffer(1 << 20);
    const workerData: WorkerData = { seed, texts, seeds: new Set(own), state, input };
    const worker = new Worker(new URL('../fuzz/worker.ts', import.meta.url), { workerData });
    let died: string | null = null;
    worker.on('error', (error) => {
      died = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'kept') kept.set(message.text, message);
      else if (message.kind === 'failed') {
        failures.set(message.text, message.error);
        tell(`FAILED\n${message.text}\n${message.error}`);
      } else tell(`seed ${seed}: ${message.inputs} inputs, ${message.sound} sound, ${message.kept} kept`);
    });
    const counters = new Int32Array(state);
    const stopped = await watch(counters, end, () => died !== null);
    inputs += counters[0] as number;
    await worker.terminate();
    if (!stopped && died === null) continue;
    const text = new TextDecoder().decode(new Uint8Array(input).slice(0, counters[1]));
    const error = died ?? `computed for more than ${inputMsMax} ms`;
    failures.set(text, error);
    tell(`FAILED\n${text}\n${error}`);
  }
  return { failures, kept: [...kept.values()], inputs };
}

/** Milliseconds of computing by this process and its threads: a machine that is busy with others makes nothing hang. */
function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Waits until time is up (`false`), or an input has taken too long or the thread is dead (`true`). */
export async function watch(
  counters: Int32Array,
  end: number,
  isDead: () => boolean,
  spentMs: () => number = computedMs,
): Promise<boolean> {
  let last = counters[0];
  let since = spentMs();
  while (Date.now() < end) {
    await new Promise((wake) => setTimeout(wake, 250));
    if (isDead()) return true;
    const now = Atomics.load(counters, 0);
    if (now !== last) {
      last = now;
      since = spentMs();
    } else if (now > 0 && spentMs() - since > inputMsMax) return true;
  }
  return false;
}

/** As few texts as reach, greedily, everything that the seeds leave out. */
export function smallestCover(kept: readonly Kept[]): readonly string[] {
  const reached = new Set(kept.filter((entry) => entry.seed).flatMap((entry) => entry.ran));
  const open = kept.filter((entry) => !entry.seed).sort((a, b) => a.text.length - b.text.length);
  const chosen: string[] = [];
  while (chosen.length < corpusFilesMax) {
    let best: Kept | null = null;
    let most = 0;
    for (const entry of open) {
      const news = entry.ran.reduce((sum, place) => sum + (reached.has(place) ? 0 : 1), 0);
      if (news > most) [best, most] = [entry, news];
    }
    if (best === null) break;
    chosen.push(best.text);
    for (const place of best.ran) reached.add(place);
  }
  return chosen;
}

function fileName(prefix: string, text: string): string {
  return `${prefix}-${createHash('sha256').update(text).digest('hex').slice(0, 10)}.ddl`;
}

if (process.env.VITEST === undefined) {
  const [minutes = defaultMinutes, seed = 1] = process.argv.slice(2).map(Number);
  const { failures, kept, inputs } = await runFuzzing(minutes, seed, console.log);
  mkdirSync(corpusFolder, { recursive: true });
  for (const { name } of corpus()) if (name.startsWith('reaches-')) rmSync(join(corpusFolder, name));
  const cover = smallestCover(kept);
  for (const text of cover) writeFileSync(join(corpusFolder, fileName('reaches', text)), text);
  for (const text of failures.keys()) writeFileSync(join(corpusFolder, fileName('failed', text)), text);
  console.log(`${inputs} inputs judged, ${failures.size} failed, ${cover.length} kept`);
  if (failures.size > 0) process.exitCode = 1;
}
