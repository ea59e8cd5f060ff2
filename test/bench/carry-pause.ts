// How long a running session stands still for another program: 100 policies, as many keys as asked for, carried to the
// same program and to one with 15 policies changed, gone and new. Run: node --expose-gc test/bench/carry-pause.ts [keys…]

import { createEvaluator } from '../../cli/program.ts';
import { Session } from '../../runtime/evaluate/session.ts';
import { carry } from '../../runtime/evaluate/state/carry.ts';
import { carryProgram, carryStartMs, sendRound } from '../bundle/carry-workload.ts';
import { irOf } from '../evaluate/judge-case.ts';

const sizes = process.argv.slice(2).map(Number);
const evaluators = [false, true].map((changed) => createEvaluator(irOf(carryProgram(changed)), 'generated'));

/** Milliseconds of the processor, so that others at work on the machine do not count. */
function measured<Result>(work: () => Result): readonly [Result, ms: number] {
  const began = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(began);
  return [result, (user + system) / 1000];
}

for (const keys of sizes.length > 0 ? sizes : [2000, 10_000, 100_000]) {
  const ignore = (): void => {};
  const listener = { propose: ignore, rearm: ignore, skip: ignore, late: ignore, deadLetter: ignore };
  let session = new Session(evaluators[0], listener);
  let at = carryStartMs;
  const round = (): number => {
    at += 10_000;
    return measured(() => sendRound(session, keys, at))[1];
  };
  for (let warm = 0; warm < 12; warm++) round();
  const found: Record<string, number[]> = {
    'same program': [],
    'changed program': [],
    'first round after': [],
    round: [],
  };
  let version = 0;
  for (let swap = 0; swap < 6; swap++) {
    globalThis.gc?.();
    version = swap % 2 === 0 ? version : 1 - version;
    const [next, ms] = measured(() => carry(session, evaluators[version]));
    session = next;
    found[swap % 2 === 0 ? 'same program' : 'changed program'].push(ms);
    found['first round after'].push(round());
    found.round.push(round());
  }
  const [bytes, snapshotMs] = measured(() => session.snapshot());
  const fresh = new Session(evaluators[version], listener);
  const [, restoreMs] = measured(() => fresh.restore(bytes));
  const shown = Object.entries(found).map(([name, ms]) => [name, ms.map((each) => Math.round(each * 10) / 10)]);
  console.log(
    JSON.stringify({
      keys,
      ms: Object.fromEntries(shown),
      snapshot: { bytes: bytes.length, ms: Math.round(snapshotMs), restoreMs: Math.round(restoreMs) },
    }),
  );
}
