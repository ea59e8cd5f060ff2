// Forgetting who is gone: it changes no decision, and memory is bounded by who is alive.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEvaluator } from '../../cli/program.ts';
import { defaultIntakeLimits } from '../../runtime/evaluate/intake.ts';
import { arbitraryCase, arbitraryLongRuns, type RandomCase } from '../support/random-program.ts';
import type { Step } from '../support/random-stream.ts';
import { irOf, randomCuts, runCase, type Trace } from './judge-case.ts';
import { sendManyKeys } from './many-keys.ts';

/** The stream with a silence of every kind of length in it now and then. */
function withSilences(steps: readonly Step[], seed: number): readonly Step[] {
  const silencesMs = [0, 0, 11_000, 25_000, 45_000, 100_000, 500_000];
  return steps.flatMap((step, at): readonly Step[] => {
    const afterMs = silencesMs[(seed * 7 + at * 13) % silencesMs.length];
    return afterMs === 0 ? [step] : [{ kind: 'advance', afterMs }, step];
  });
}

/** What a forgotten key remembers is nothing; deadlines of one moment come in the order of ids. */
function told({ log, skips, late, merged, waiting }: Trace): unknown {
  return { log: log.toSorted(), skips, late, merged, waiting };
}

let forgotten = 0;

function changesNothing(random: RandomCase, seed: number, longest: number): void {
  // A silence that is told each millisecond for an hour says nothing more.
  const evaluator = createEvaluator(irOf(random.text.replaceAll('cooldown 1ms', 'cooldown 2s')), 'generated');
  const steps = withSilences(random.steps, seed);
  const run = (forgets: boolean): Trace =>
    runCase(
      evaluator,
      steps,
      randomCuts(seed, longest),
      (session) => {
        for (const { keys, tags } of session.intake.schemas) {
          forgotten += keys.generation + tags.reduce((sum, tag) => sum + tag.generation, 0);
        }
        return session;
      },
      forgets,
    );
  expect(told(run(true))).toEqual(told(run(false)));
}

describe('forgetting changes no decision', () => {
  test.each([
    ['on everything mixed', arbitraryCase, [1, 3, 20]],
    ['on long runs under many policies', arbitraryLongRuns, [20, 60, 1000]],
  ] as const)('%s', (_, cases, batches) => {
    forgotten = 0;
    fc.assert(
      fc.property(cases, fc.nat(1000), fc.constantFrom(...batches), (random, seed, longest) =>
        changesNothing(random, seed, longest),
      ),
      { numRuns: 100, interruptAfterTimeLimit: 4000, markInterruptAsFailure: false },
    );
    expect(forgotten).toBeGreaterThan(0);
  });
});

// `test/campaign/many-keys.ts` does the same with 1,000,000.
describe('60,000 keys that come and go', () => {
  const keys = 60_000;

  test('are remembered while something depends on them, and all are judged', () => {
    const { keysMost, podsMost, ...told } = sendManyKeys(keys, 500);
    expect(told).toMatchObject({ fires: 2 * keys, deadLetters: 0, notices: [] });
    // 40 s of 500 keys, and those that wait to be forgotten.
    expect(keysMost).toBeLessThan(30_000);
    expect(podsMost).toBeLessThan(30_000);
  });

  test('are refused when more are alive than there may be, until some are gone', () => {
    const { keysMost, fires, deadLetters } = sendManyKeys(keys, 500, { ...defaultIntakeLimits, keys: 5000 });
    expect(keysMost).toBe(5000);
    expect(fires).toBeGreaterThan(3 * 10_000);
    expect(deadLetters).toBeGreaterThan(10_000);
  });
});
