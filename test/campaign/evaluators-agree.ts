// The property of `test/evaluate/evaluators-agree.test.ts` on many programs: `node test/campaign/evaluators-agree.ts
// [count] [seed]`, 10,000 programs unless told otherwise. Prints the seed and the smallest program found that fails.

import fc from 'fast-check';
import { firstDifference } from '../evaluate/judge-case.ts';
import { arbitraryCase, arbitraryLongRuns, type RandomCase } from '../support/random-program.ts';

const defaultCount = 10_000;
/** Programs per seed, so that a failure is found again quickly. */
const perSeed = 250;
/** A failing program is made smaller for so long at most. */
const perSeedMsMax = 120_000;

const shapes = [
  { name: 'everything mixed', cases: arbitraryCase, batches: [1, 3, 20] },
  { name: 'long runs under many policies', cases: arbitraryLongRuns, batches: [20, 60, 1000] },
];

/** Returns the report of the first failure, or `null`. */
export function runCampaign(count: number, firstSeed: number, tell: (line: string) => void): string | null {
  let done = 0;
  for (let seed = firstSeed; done < count; seed++) {
    const numRuns = Math.min(perSeed, count - done);
    const { name, cases, batches } = shapes[seed % 2];
    const property = fc.property(cases, fc.nat(), fc.constantFrom(...batches), (random, cutSeed, longest) => {
      const difference = firstDifference(random, cutSeed, longest);
      if (difference !== null) throw new Error(difference);
    });
    const result = fc.check(property, { numRuns, seed, interruptAfterTimeLimit: perSeedMsMax });
    if (result.failed) {
      const [random, cutSeed, longest] = result.counterexample as [RandomCase, number, number];
      const steps = random.steps.map((step) => JSON.stringify(step)).join('\n');
      const again = `node test/campaign/evaluators-agree.ts ${perSeed} ${seed}`;
      return `${name} differ, seed ${seed} (again: ${again})\n${random.text}\n${steps}\ncuts ${cutSeed} ${longest}\n${String(result.errorInstance)}`;
    }
    done += result.numRuns;
    tell(`${done} programs agree, up to seed ${seed}`);
  }
  return null;
}

if (process.env.VITEST === undefined) {
  const [count = defaultCount, seed = 1] = process.argv.slice(2).map(Number);
  const failure = runCampaign(count, seed, console.log);
  if (failure !== null) {
    console.error(failure);
    process.exitCode = 1;
  }
} else {
  const { expect, test } = await import('vitest');
  test('the evaluators agree', () => {
    expect(runCampaign(defaultCount, 1, () => {})).toBeNull();
  });
}
