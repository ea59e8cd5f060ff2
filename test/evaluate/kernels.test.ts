// The incremental kernels agree with kernels that keep every sample and compute from scratch, push by push: through
// gaps, unknown values, counter resets, windows that overflow their capacity, and sums that overflow.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlainKernel } from '../../compiler/4-lower/interpret.ts';
import type { DerivedMeta, Kernel, KernelName } from '../../runtime/contract.ts';
import { createKernel } from '../../runtime/evaluate/kernels.ts';

interface Push {
  readonly key: number;
  readonly afterMs: number;
  readonly value: number;
}

/** What the language reads of each kernel. */
const outputs: Readonly<
  Record<KernelName, readonly (keyof Kernel & ('value' | 'sum' | 'avg' | 'count' | 'increase' | 'rate'))[]>
> = {
  hold: ['value'],
  sum: ['sum', 'avg', 'count'],
  min: ['value'],
  max: ['value'],
  increase: ['increase', 'rate'],
};
const names = Object.keys(outputs) as KernelName[];

function pushes(value: fc.Arbitrary<number>): fc.Arbitrary<readonly Push[]> {
  return fc.array(
    fc.record({
      key: fc.constantFrom(0, 0, 0, 1, 5),
      afterMs: fc.constantFrom(1, 1, 100, 500, 1000, 1000, 2000, 5000, 60_000),
      value,
    }),
    { maxLength: 120, size: 'max' },
  );
}

const smallValues = fc.constantFrom(0, 1, 2, 3, 7, -1, 0.5, 0.1, 0.2, 0.3, Number.NaN);
const hugeValues = fc.constantFrom(1e308, 1.7e308, -1.7e308, 1, 0.1, Number.NaN);

function metaOf(kernel: KernelName): fc.Arbitrary<DerivedMeta> {
  return fc.record({
    kernel: fc.constant(kernel),
    widthMs: fc.constantFrom(1, 100, 500, 1000, 3000, 10_000, 100_000),
    capacity: fc.constantFrom(2, 3, 4, 16, 100),
    label: fc.constant(kernel),
  });
}

function agree(meta: DerivedMeta, stream: readonly Push[], same: (actual: number, expected: number) => boolean): void {
  const kernel = createKernel(meta);
  const plain = new PlainKernel(meta);
  let time = Date.UTC(2026, 0, 1);
  for (const [index, push] of stream.entries()) {
    time += push.afterMs;
    kernel.push(push.key, time, push.value);
    plain.push(push.key, time, push.value);
    for (const output of outputs[meta.kernel]) {
      const [actual, expected] = [kernel[output], plain[output]];
      if (!same(actual, expected)) expect.fail(`push ${index}: ${output} is ${actual}, must be ${expected}`);
    }
  }
}

function equal(actual: number, expected: number): boolean {
  return actual === expected || (Number.isNaN(actual) && Number.isNaN(expected));
}

describe.each(names)('%s', (name) => {
  test('is exact on small values', () => {
    fc.assert(
      fc.property(metaOf(name), pushes(smallValues), (meta, stream) => agree(meta, stream, equal)),
      { numRuns: 400 },
    );
  });

  test('recovers when values too large to add up have left the window', () => {
    const meta: DerivedMeta = { kernel: name, widthMs: 3000, capacity: 16, label: name };
    const huge = [1.7e308, 1.7e308, -1.7e308].map((value): Push => ({ key: 0, afterMs: 1000, value }));
    const calm = [1, 2, 3, 4, 5, 6].map((value): Push => ({ key: 0, afterMs: 1000, value }));
    agree(meta, [...calm, ...huge, ...calm], (actual, expected) => Number.isNaN(expected) || equal(actual, expected));
  });

  test('is never infinite', () => {
    fc.assert(
      fc.property(metaOf(name), pushes(hugeValues), (meta, stream) =>
        agree(meta, stream, (actual) => Math.abs(actual) !== Number.POSITIVE_INFINITY),
      ),
      { numRuns: 100 },
    );
  });
});

test('a window that overflows its capacity loses its oldest sample', () => {
  const kernel = createKernel({ kernel: 'sum', widthMs: 1_000_000, capacity: 3, label: 'sum' });
  for (const value of [1, 10, 100, 1000]) kernel.push(0, value, value);
  expect([kernel.count, kernel.sum, kernel.avg]).toEqual([3, 1110, 370]);
});

test('a counter that fell began again at zero, and nothing is extrapolated', () => {
  const kernel = createKernel({ kernel: 'increase', widthMs: 10_000, capacity: 100, label: 'increase' });
  for (const [time, value] of [
    [1000, 50],
    [2000, 60],
    [3000, 5],
    [4000, 7],
  ])
    kernel.push(0, time, value);
  expect([kernel.increase, kernel.rate]).toEqual([17, 17 / 3]);
  kernel.push(0, 12_500, Number.NaN);
  expect([kernel.increase, kernel.rate]).toEqual([2, 2]);
  kernel.push(0, 13_000, Number.NaN);
  expect([kernel.increase, kernel.rate]).toEqual([Number.NaN, Number.NaN]);
});

test('a million samples leave no rounding behind', () => {
  const kernel = createKernel({ kernel: 'sum', widthMs: 3, capacity: 16, label: 'sum' });
  for (let time = 0; time < 1_000_000; time++) kernel.push(0, time, time % 7 === 0 ? 1e9 + 0.1 : 0.1);
  for (let time = 1_000_000; time < 1_000_003; time++) kernel.push(0, time, 0.25);
  expect(kernel.sum).toBe(0.75);
});
