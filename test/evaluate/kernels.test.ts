// The incremental kernels agree with kernels that keep every sample and compute from scratch, push by push and bit for
// bit: through gaps, unknown values, ties, counter resets, windows that ended some time ago, windows that overflow their
// capacity, and values that overflow a sum.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlainKernel } from '../../compiler/4-lower/plain-kernel.ts';
import type { DerivedMeta, DerivedOutput, KernelName } from '../../runtime/contract.ts';
import { createKernel } from '../../runtime/evaluate/kernels.ts';

interface Push {
  readonly key: number;
  readonly afterMs: number;
  readonly value: number;
}

/** What the language reads of each kernel. Members and histograms have tests of their own. */
const outputs: Readonly<
  Record<Exclude<KernelName, 'across' | 'attendance' | 'histogram' | 'merged'>, readonly DerivedOutput[]>
> = {
  hold: ['value'],
  sum: ['avg', 'count', 'stddev', 'sum'],
  min: ['value'],
  max: ['value'],
  ends: ['delta', 'extrapolatedDelta', 'first', 'last'],
  rank: ['quantile 0', 'quantile 0.5', 'quantile 0.9', 'quantile 0.999', 'quantile 1'],
  changes: ['changes'],
  increase: ['extrapolated', 'extrapolatedRate', 'increase', 'latestRate', 'rate'],
  trend: ['fitted', 'slope'],
  ewma: ['value'],
  recent: ['sum'],
  share: ['avg', 'value'],
};
type WindowName = keyof typeof outputs;
const names = Object.keys(outputs) as WindowName[];
const startMs = Date.UTC(2026, 0, 1);

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
const truths = fc.constantFrom(0, 1, 1, Number.NaN);
/** From a trickle to a flood and back: what leaves the window must leave no trace. */
const mixedValues = fc.constantFrom(1e9 + 0.1, -1e15, 0.1, 0.1, 0.3, 1e-9, 1 / 3, 12_345.678, Number.NaN);
const hugeValues = fc.constantFrom(1e308, 1.7e308, -1.7e308, 1e101, 1, 0.1, Number.NaN);

/** Those that count conditions. */
const ofTruths: ReadonlySet<KernelName> = new Set(['recent', 'share']);

function metaOf(kernel: WindowName): fc.Arbitrary<DerivedMeta> {
  return fc
    .record({
      widthMs: fc.constantFrom(1, 100, 500, 1000, 3000, 10_000, 100_000),
      capacity: fc.constantFrom(2, 3, 4, 16, 100),
      agoMs: ofTruths.has(kernel) ? fc.constant(0) : fc.constantFrom(0, 0, 1, 1000, 60_000),
      agoCapacity: fc.constantFrom(1, 2, 16, 100),
      gapMs: ofTruths.has(kernel) ? fc.constantFrom(100, 1000, 10_000) : fc.constant(0),
      outputs: fc.constantFrom(outputs[kernel], outputs[kernel].slice(0, 1), outputs[kernel].slice(-1)),
    })
    .map((meta) => ({ ...meta, kernel, label: kernel }));
}

function plainMeta(kernel: WindowName, some: Partial<DerivedMeta>): DerivedMeta {
  const meta = { widthMs: 3000, capacity: 16, agoMs: 0, agoCapacity: 0, gapMs: 0, outputs: outputs[kernel] };
  return { ...meta, kernel, label: kernel, ...some };
}

function agree(meta: DerivedMeta, stream: readonly Push[], same: (actual: number, expected: number) => boolean): void {
  const [kernel, plain] = [createKernel(meta), new PlainKernel(meta)];
  // What lies around the outputs is nobody's to write to.
  const [actual, expected] = [new Float64Array(8).fill(42), new Float64Array(8).fill(42)];
  let time = startMs;
  for (const [index, push] of stream.entries()) {
    time += push.afterMs;
    kernel.push(push.key, time, push.value, actual, 1);
    plain.push(push.key, time, push.value, expected, 1);
    for (let at = 0; at < 8; at++) {
      if (!same(actual[at], expected[at]))
        expect.fail(`push ${index}: ${meta.outputs[at - 1]} is ${actual[at]}, must be ${expected[at]}`);
    }
  }
}

function equal(actual: number, expected: number): boolean {
  return actual === expected || (Number.isNaN(actual) && Number.isNaN(expected));
}

describe.each(names)('%s', (name) => {
  test('is exact on small values', () => {
    fc.assert(
      fc.property(metaOf(name), pushes(ofTruths.has(name) ? truths : smallValues), (meta, stream) =>
        agree(meta, stream, equal),
      ),
      { numRuns: 300 },
    );
  });

  test.skipIf(ofTruths.has(name))('is exact on values of all sizes', () => {
    // A running sum of doubles keeps 32 digits: what is left after a flood of 24 more than the rest is not exact.
    const close = (actual: number, expected: number): boolean =>
      equal(actual, expected) || Math.abs(actual - expected) <= 1e-14 * Math.max(1, Math.abs(expected));
    const summed = ['sum', 'increase'].includes(name);
    fc.assert(
      fc.property(metaOf(name), pushes(mixedValues), (meta, stream) => agree(meta, stream, summed ? close : equal)),
      { numRuns: 200 },
    );
  });

  test('recovers when values too large to add up have left the window', () => {
    const huge = [1.7e308, 1.7e308, -1.7e308].map((value): Push => ({ key: 0, afterMs: 1000, value }));
    const calm = [1, 2, 3, 4, 5, 6].map((value): Push => ({ key: 0, afterMs: 1000, value }));
    const stream = name === 'ewma' ? calm : [...calm, ...huge, ...calm];
    agree(plainMeta(name, {}), stream, (actual, expected) => Number.isNaN(expected) || equal(actual, expected));
  });

  test.skipIf(ofTruths.has(name))('is never infinite', () => {
    fc.assert(
      fc.property(metaOf(name), pushes(hugeValues), (meta, stream) =>
        agree(meta, stream, (actual) => Math.abs(actual) !== Number.POSITIVE_INFINITY),
      ),
      { numRuns: 100 },
    );
  });
});

/** Pushes to one key and tells the outputs after the last. */
function after(meta: DerivedMeta, samples: readonly (readonly [time: number, value: number])[]): readonly number[] {
  const kernel = createKernel(meta);
  const out = new Float64Array(meta.outputs.length);
  for (const [time, value] of samples) kernel.push(0, time, value, out, 0);
  return [...out];
}

test('a window that overflows its capacity loses its oldest sample', () => {
  const meta = plainMeta('sum', { widthMs: 1_000_000, capacity: 3, outputs: ['count', 'sum', 'avg'] });
  const samples = [1, 10, 100, 1000].map((value) => [value, value] as const);
  expect(after(meta, samples)).toEqual([3, 1110, 370]);
});

test('a counter that fell began again at zero, and nothing is extrapolated', () => {
  const meta = plainMeta('increase', { widthMs: 10_000, capacity: 100, outputs: ['increase', 'rate'] });
  const samples = [
    [1000, 50],
    [2000, 60],
    [3000, 5],
    [4000, 7],
  ] as const;
  expect(after(meta, samples)).toEqual([17, 17 / 3]);
  expect(after(meta, [...samples, [12_500, Number.NaN]])).toEqual([2, 2]);
  expect(after(meta, [...samples, [13_000, Number.NaN]])).toEqual([Number.NaN, Number.NaN]);
});

test('growth is stretched to the ends of the window as Prometheus does it', () => {
  const meta = (widthMs: number) =>
    plainMeta('increase', { widthMs, outputs: ['extrapolated', 'extrapolatedRate', 'latestRate'] });
  const samples = [
    [1000, 50],
    [2000, 60],
    [3000, 80],
  ] as const;
  // Half of the second that samples are apart to the left, where the window begins long before the first.
  expect(after(meta(10_000), samples)).toEqual([37.5, 3.75, 20]);
  // The whole way to both ends, which are near.
  expect(after(meta(3000), [...samples, [3500, Number.NaN]])).toEqual([45, 15, 20]);
  // Not beyond where the counter was zero.
  const young = [
    [1000, 1],
    [2000, 10],
    [3000, 19],
  ] as const;
  expect(after(meta(2500), young)[0]).toBeCloseTo(19, 12);
  const gauge = plainMeta('ends', { widthMs: 10_000, outputs: ['extrapolatedDelta'] });
  expect(after(gauge, young)).toEqual([22.5]);
});

test('a million samples leave no rounding behind', () => {
  const sum = createKernel(plainMeta('sum', { widthMs: 3, outputs: ['sum'] }));
  const out = new Float64Array(1);
  for (let time = 0; time < 1_000_000; time++) sum.push(0, time, time % 7 === 0 ? 1e9 + 0.1 : 0.1, out, 0);
  for (let time = 1_000_000; time < 1_000_003; time++) sum.push(0, time, 0.25, out, 0);
  expect(out[0]).toBe(0.75);
});

test('a flat line has neither spread nor slope, however large its values were before', () => {
  const flood = [1e15, -3.3e14, 7e-3].map((value, k) => [startMs + k, value] as const);
  const flat = Array.from({ length: 20 }, (_, k) => [startMs + 10 + k, 0.1] as const);
  expect(after(plainMeta('sum', { widthMs: 20, capacity: 100, outputs: ['stddev'] }), [...flood, ...flat])).toEqual([
    0,
  ]);
  const trend = after(plainMeta('trend', { widthMs: 20, capacity: 100 }), [...flood, ...flat]);
  expect(trend[1]).toBe(0);
  expect(trend[0]).toBeCloseTo(0.1, 15);
});

test('a straight line is found at times of thirteen digits', () => {
  const line = Array.from({ length: 100 }, (_, k) => [startMs + 15_000 * k, 3 + 0.5 * 15 * k] as const);
  expect(after(plainMeta('trend', { widthMs: 3_600_000, capacity: 1000 }), line)).toEqual([3 + 0.5 * 15 * 99, 0.5]);
});

test('quantiles of many values are those of the sorted list', () => {
  const meta = plainMeta('rank', { widthMs: 5000, capacity: 10_000, outputs: ['quantile 0.5', 'quantile 0.99'] });
  const kernel = createKernel(meta);
  const out = new Float64Array(2);
  const values: number[] = [];
  for (let k = 0; k < 20_000; k++) {
    // All kinds of order: rising, falling, jumping, equal.
    const value = k % 4000 < 1000 ? k : k % 4000 < 2000 ? -k : k % 4000 < 3000 ? (k * 7919) % 1013 : 5;
    values.push(value);
    kernel.push(0, k, value, out, 0);
    if (k % 997 !== 0) continue;
    const sorted = values.slice(-5000).sort((a, b) => a - b);
    const at = (share: number): number => {
      const rank = share * (sorted.length - 1);
      const [low, high] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
      return low + (high - low) * (rank - Math.floor(rank));
    };
    expect(out[0]).toBeCloseTo(at(0.5), 6);
    expect(out[1]).toBeCloseTo(at(0.99), 6);
  }
});

test.each([0.8, 0.1, 79.3, 1 / 3, -0.7, 1e-5, 1e100])(
  'the mean of nothing but %d is that, not a number beside it',
  (value) => {
    const meta = {
      kernel: 'sum',
      widthMs: 60_000,
      agoMs: 0,
      agoCapacity: 0,
      gapMs: 0,
      capacity: 100,
      label: '',
      outputs: ['avg'],
    } as const;
    for (const kernel of [createKernel(meta), new PlainKernel(meta)]) {
      const out = new Float64Array(1);
      for (let second = 0; second < 200; second++) {
        kernel.push(0, startMs + second * 1000, value, out, 0);
        expect(out[0]).toBe(value);
      }
    }
  },
);
