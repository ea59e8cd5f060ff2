// Three evaluators, one meaning: on random programs and streams, each cut into batches of its own, they decide the same
// and end in the same state. `test/campaign/evaluators-agree.ts` runs the same for as long as one likes.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryCase, arbitraryLongRuns, type RandomCase } from '../support/random-program.ts';
import { firstDifference } from './judge-case.ts';

function agree(random: RandomCase, seed: number, longest: number): void {
  expect(firstDifference(random, seed, longest)).toBeNull();
}

const runs = { numRuns: 150, interruptAfterTimeLimit: 5000, markInterruptAsFailure: false };

test('on everything mixed', () => {
  fc.assert(
    fc.property(arbitraryCase, fc.nat(), fc.constantFrom(1, 3, 20), (random, seed, longest) =>
      agree(random, seed, longest),
    ),
    runs,
  );
});

test('on long runs under many policies', () => {
  fc.assert(
    fc.property(arbitraryLongRuns, fc.nat(), fc.constantFrom(20, 60, 1000), (random, seed, longest) =>
      agree(random, seed, longest),
    ),
    runs,
  );
});
