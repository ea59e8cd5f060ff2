// Windows of histograms: the incremental kernel against one that computes from scratch, and against an independent
// computation of quantiles and growth on the buckets alone.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPlainKernel } from '../../compiler/4-lower/plain-members.ts';
import type { DerivedMeta, HistogramKernel, HistogramPoint, MergedKernel } from '../../runtime/contract.ts';
import { addedPoints, explicitPoint, exponentialPoint, observation } from '../../runtime/evaluate/histogram-point.ts';
import { createKernel } from '../../runtime/evaluate/kernels.ts';

const outputs: DerivedMeta['outputs'] = ['avg', 'count', 'quantile 0', 'quantile 0.5', 'quantile 0.99', 'rate', 'sum'];
const meta: DerivedMeta = {
  kernel: 'histogram',
  widthMs: 3000,
  capacity: 16,
  agoMs: 0,
  agoCapacity: 0,
  gapMs: 0,
  outputs,
  label: 'latency',
};
const identity = (wire: number): number => wire;
const frame = (count: number, sum: number, delta: boolean, startMs = Number.NaN) => ({ count, sum, delta, startMs });
const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

function explicit(bounds: readonly number[], counts: readonly number[], delta: boolean, startMs?: number) {
  return explicitPoint(bounds, counts, frame(total(counts), total(counts) * 2, delta, startMs));
}

function exponential(scale: number, offset: number, counts: readonly number[], zero = 0, delta = true) {
  const all = total(counts) + zero;
  const buckets = { offset, counts };
  const none = { offset: 0, counts: [] };
  return exponentialPoint(scale, buckets, none, { count: zero, threshold: 0 }, identity, frame(all, all, delta));
}

function observed(
  points: readonly (readonly [time: number, point: HistogramPoint | null])[],
  some: Partial<DerivedMeta>,
) {
  const kernel = createKernel({ ...meta, ...some }) as HistogramKernel;
  const out = new Float64Array((some.outputs ?? outputs).length);
  for (const [time, point] of points) kernel.observe(0, time, point, out, 0);
  return [...out];
}

const boundsOf = fc.constantFrom([1, 2, 5], [1, 2, 5], [0.5, 2.5], [-1, 0, 1], []);
const point: fc.Arbitrary<HistogramPoint | null> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(boundsOf, fc.array(fc.nat(4), { minLength: 4, maxLength: 4 }), fc.boolean(), fc.constantFrom(1, 1, 2))
      .map(([bounds, counts, delta, startMs]) => explicit(bounds, counts.slice(0, bounds.length + 1), delta, startMs)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom(0, 1, 2),
        fc.integer({ min: -3, max: 3 }),
        fc.array(fc.nat(4), { maxLength: 6 }),
        fc.nat(2),
        fc.boolean(),
      )
      .map(([scale, offset, counts, zero, delta]) => exponential(scale, offset, counts, zero, delta)),
  },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0, 0.3, 2, 7).map(observation) },
);

describe('the kernel', () => {
  test('is the same when all is computed from scratch', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(0, 0, 0, 2), fc.constantFrom(1, 500, 1000, 1000, 3000), point), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, fc.constantFrom(2, 3, 16), (stream, capacity) => {
        const own: DerivedMeta = { ...meta, capacity };
        const [kernel, plain] = [createKernel(own), createPlainKernel(own)] as HistogramKernel[];
        const [actual, expected] = [new Float64Array(9).fill(42), new Float64Array(9).fill(42)];
        let time = 0;
        for (const [key, afterMs, each] of stream) {
          time += afterMs;
          kernel.observe(key, time, each, actual, 1);
          plain.observe(key, time, each, expected, 1);
          // Buckets that overlap are cut into pieces, which are added up in another order.
          for (const [k, value] of expected.entries()) {
            if (Number.isNaN(value)) expect(actual[k]).toBeNaN();
            else expect(actual[k]).toBeCloseTo(value, 10);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('keeps no bucket that is empty', () => {
    const kernel = createKernel({ ...meta, widthMs: 10 }) as HistogramKernel;
    const out = new Float64Array(outputs.length);
    // Bounds that drift for ever.
    for (let at = 0; at < 5000; at++) kernel.observe(0, at * 5, exponential(5, at, [1, 2, 3]), out, 0);
    expect(out[1]).toBe(6);
    const started = [...out];
    kernel.observe(0, 1e6, null, out, 0);
    kernel.observe(0, 1e6 + 5, exponential(5, 4999, [1, 2, 3]), out, 0);
    kernel.observe(0, 1e6 + 10, exponential(5, 4999, [1, 2, 3]), out, 0);
    expect([...out]).toEqual(started);
  });
});

/** Upper bounds with cumulative counts, as `histogram_quantile` of Prometheus takes them. Written from its manual. */
function classicQuantile(share: number, bounds: readonly number[], counts: readonly number[]): number {
  const uppers = [...bounds, Number.POSITIVE_INFINITY];
  const cumulative = counts.map((_, b) => total(counts.slice(0, b + 1)));
  const all = cumulative[cumulative.length - 1];
  if (!(all > 0)) return Number.NaN;
  const rank = share * all;
  const b = cumulative.findIndex((count) => count >= rank && count > 0);
  if (b === uppers.length - 1) return bounds[bounds.length - 1];
  if (b === 0 && uppers[0] <= 0) return uppers[0];
  const start = b === 0 ? 0 : uppers[b - 1];
  const before = b === 0 ? 0 : cumulative[b - 1];
  return start + (uppers[b] - start) * ((rank - before) / (cumulative[b] - before));
}

describe('of all members together', () => {
  const merged: DerivedMeta = { ...meta, kernel: 'merged', member: 0, gapMs: 2000 };
  const members = [
    [0, 0],
    [0, 1],
    [0, 2],
    [3, 3],
  ] as const;

  test('is the same when all is computed from scratch', () => {
    const row = fc.tuple(fc.constantFrom(...members, [0, -1] as const), point);
    const steps = fc.array(
      fc.tuple(fc.constantFrom(1, 500, 500, 1000, 1000, 3000), fc.array(row, { minLength: 1, maxLength: 4 })),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, fc.constantFrom(2, 3, 16), fc.constantFrom(700, 2000, 9000), (stream, capacity, gapMs) => {
        const own: DerivedMeta = { ...merged, capacity, gapMs };
        const [kernel, plain] = [createKernel(own), createPlainKernel(own)] as MergedKernel[];
        const [actual, expected] = [new Float64Array(9).fill(42), new Float64Array(9).fill(42)];
        let time = 0;
        for (const [afterMs, rows] of stream) {
          time += afterMs;
          const once = new Map(rows.map(([[key, member], each]) => [member, [key, each] as const]));
          for (const [member, [key, each]] of once) {
            kernel.take(key, member, time, each);
            plain.take(key, member, time, each);
          }
          for (const key of new Set([...once.values()].map(([each]) => each))) {
            kernel.push(key, time, Number.NaN, actual, 1);
            plain.push(key, time, Number.NaN, expected, 1);
            for (const [k, value] of expected.entries()) {
              if (Number.isNaN(value)) expect(actual[k]).toBeNaN();
              else expect(actual[k]).toBeCloseTo(value, 10);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('the quantile is `histogram_quantile` of the growths added up, bucket by bucket', () => {
    const bounds = [0.01, 0.1, 0.25, 1, 2.5];
    const counted = fc.array(fc.nat(50), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(counted, counted), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        (instances, share) => {
          const kernel = createKernel({ ...merged, outputs: [`quantile ${share}`, 'count'] as const }) as MergedKernel;
          const out = new Float64Array(2);
          for (const [member, [before]] of instances.entries())
            kernel.take(0, member, 0, explicit(bounds, before, false));
          for (const [member, [before, growth]] of instances.entries()) {
            const now = before.map((count, b) => count + growth[b]);
            kernel.take(0, member, 1000, explicit(bounds, now, false));
          }
          kernel.push(0, 1000, Number.NaN, out, 0);
          const all = bounds.concat(0).map((_, b) => total(instances.map(([, growth]) => growth[b])));
          const wanted = classicQuantile(share, bounds, all);
          expect(out[1]).toBe(total(all));
          if (Number.isNaN(wanted)) expect(out[0]).toBeNaN();
          else expect(out[0]).toBeCloseTo(wanted, 12);
        },
      ),
    );
  });

  test('a number that was another key’s member is begun anew, and takes nothing from that key', () => {
    const kernel = createKernel({ ...merged, outputs: ['count'], gapMs: 1000 }) as MergedKernel;
    const out = new Float64Array(1);
    const at = (key: number, time: number): number => {
      kernel.push(key, time, Number.NaN, out, 0);
      return out[0];
    };
    const one = explicit([1], [4, 0], true);
    for (const time of [0, 500]) for (const member of [0, 1]) kernel.take(0, member, time, one);
    expect(at(0, 500)).toBe(8);
    kernel.take(0, 1, 1400, one);
    // Member 0 has been silent for too long.
    expect(at(0, 1600)).toBe(8);
    // Another key lags behind.
    kernel.take(3, 0, 100, one);
    expect(at(3, 100)).toBeNaN();
    kernel.take(3, 0, 200, one);
    expect(at(3, 200)).toBe(4);
    for (const time of [2300, 3200]) kernel.take(0, 1, time, one);
    // What was member 0's at 0 and 500 leaves the window of key 0; the points of key 3 stay.
    expect(at(0, 3600)).toBe(8);
    kernel.take(3, 0, 300, one);
    expect(at(3, 300)).toBe(8);
    // At once, without having been silent.
    kernel.take(0, 0, 3600, one);
    expect(at(3, 400)).toBeNaN();
    kernel.take(0, 0, 3700, one);
    expect(at(0, 3700)).toBe(12);
    kernel.take(3, 0, 3800, one);
    expect(at(3, 3800)).toBeNaN();
    expect(at(0, 3800)).toBe(8);
  });

  test('a member that floods its window leaves those of others alone', () => {
    const own: DerivedMeta = { ...merged, capacity: 4, widthMs: 300, gapMs: 150, outputs: ['count', 'rate'] };
    const [kernel, plain] = [createKernel(own), createPlainKernel(own)] as MergedKernel[];
    const [actual, expected] = [new Float64Array(2), new Float64Array(2)];
    for (let time = 0; time < 3000; time++) {
      for (const each of [kernel, plain]) {
        each.take(0, 0, time, explicit([1], [1, 0], true));
        if (time % 100 === 7) each.take(0, 1, time, explicit([1], [5, 0], true));
      }
      kernel.push(0, time, Number.NaN, actual, 0);
      plain.push(0, time, Number.NaN, expected, 0);
      expect([...actual]).toEqual([...expected]);
    }
    expect(actual[0]).toBe(3 + 10);
  });
});

describe('quantiles', () => {
  test('are those of `histogram_quantile` on explicit bounds', () => {
    const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 12, maxLength: 12 }),
        fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999),
        (counts, share) => {
          const [found] = observed(
            [
              [
                0,
                explicit(
                  bounds,
                  counts.map(() => 7),
                  false,
                ),
              ],
              [
                1000,
                explicit(
                  bounds,
                  counts.map((count) => count + 7),
                  false,
                ),
              ],
            ],
            { outputs: [`quantile ${share}`] },
          );
          const wanted = classicQuantile(share, bounds, counts);
          if (Number.isNaN(wanted)) expect(found).toBeNaN();
          else expect(found).toBeCloseTo(wanted, 12);
        },
      ),
    );
  });

  test('of exponential buckets lie where the observations lie', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 20, maxLength: 200 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        fc.integer({ min: 2, max: 5 }),
        (values, share, scale) => {
          const index = (value: number): number => Math.ceil(Math.log2(value) * 2 ** scale) - 1;
          const offset = Math.min(...values.map(index));
          const counts = Array.from({ length: Math.max(...values.map(index)) - offset + 1 }, () => 0);
          for (const value of values) counts[index(value) - offset]++;
          const [found] = observed(
            [
              [0, exponential(scale, 0, [1])],
              [1000, exponential(scale, offset, counts)],
            ],
            {
              outputs: [`quantile ${share}`],
            },
          );
          const sorted = values.toSorted((a, b) => a - b);
          const truth = sorted[Math.max(0, Math.ceil(share * values.length) - 1)];
          // A bucket is as wide as its base says.
          const base = 2 ** (2 ** -scale);
          expect(found / truth).toBeGreaterThanOrEqual(1 / base - 1e-9);
          expect(found / truth).toBeLessThanOrEqual(base + 1e-9);
        },
      ),
    );
  });

  test('of points with other bounds spread each bucket over its width', () => {
    const coarse = exponential(0, 0, [8]); // (1, 2]: 8
    const fine = exponential(1, 1, [8]); // (√2, 2]: 8
    const [median] = observed(
      [
        [0, coarse],
        [1, coarse],
        [2, fine],
      ],
      { outputs: ['quantile 0.5'] },
    );
    const below = 8 * (Math.SQRT2 - 1);
    expect(median).toBeCloseTo(Math.SQRT2 + (2 - Math.SQRT2) * ((8 - below) / (16 - below)), 12);
  });
});

describe('growth', () => {
  const bounds = [1, 2];

  test.each([
    ['less in all', explicit(bounds, [1, 0, 0], false), 1],
    ['less in one bucket', explicit(bounds, [9, 4, 7], false), 20],
    ['a later start', explicit(bounds, [9, 9, 9], false, 5), 27],
    ['the same start', explicit(bounds, [9, 9, 9], false, 1), 12],
  ])('after %s', (_, second, count) => {
    const first = explicit(bounds, [5, 5, 5], false, 1);
    expect(
      observed(
        [
          [0, first],
          [1000, second],
        ],
        { outputs: ['count'] },
      ),
    ).toEqual([count]);
  });

  test('of exponential points is known when their buckets have grown coarser', () => {
    const fine = exponential(1, 0, [1, 2, 3, 4], 0, false); // (1, √2] (√2, 2] (2, 2√2] (2√2, 4]
    const coarse = exponential(0, 0, [4, 9], 1, false); // (1, 2] (2, 4]
    expect(
      observed(
        [
          [0, fine],
          [1000, coarse],
        ],
        { outputs: ['count', 'quantile 1'] },
      ),
    ).toEqual([4, 4]);
  });

  test('is not guessed when the bounds have changed', () => {
    const points = [explicit([1, 2], [5, 5, 5], false), explicit([1.5, 3], [9, 9, 9], false)] as const;
    expect(
      observed(
        [
          [0, points[0]],
          [1000, points[1]],
        ],
        { outputs: ['count'] },
      ),
    ).toEqual([0]);
  });
});

test('series of one time add up', () => {
  const sum = addedPoints([explicit([1, 2], [1, 2, 3], true), explicit([1, 5], [4, 0, 0], true)]);
  expect([[...(sum?.lows ?? [])], [...(sum?.highs ?? [])], [...(sum?.counts ?? [])], sum?.count]).toEqual([
    [0, 1, 1, 2, 5],
    [1, 2, 5, 2, 5],
    [5, 2, 0, 3, 0],
    10,
  ]);
});

test('series of one time that nobody can add up are unknown', () => {
  const shifted = (by: number) => explicit([by, by + 0.5], [1, 1, 1], true);
  expect(addedPoints(Array.from({ length: 2000 }, (_, k) => shifted(k)))?.count).toBe(6000);
  expect(addedPoints(Array.from({ length: 20_000 }, (_, k) => shifted(k)))).toBe(null);
});

test('bounds without a canonical value leave no bucket that nothing can find again', () => {
  const noValue = (wire: number): number => (Number.isFinite(wire) && Math.abs(wire) < 1e300 ? wire : Number.NaN);
  const none = { offset: 0, counts: [] };
  for (const threshold of [Number.NaN, Number.POSITIVE_INFINITY, 1e305, -1]) {
    const point = exponentialPoint(0, none, none, { count: 2, threshold }, noValue, frame(2, 0, true));
    expect([point.lows[0], point.highs[0]].every(Number.isFinite)).toBe(true);
    expect(point.lows[0]).toBe(-point.highs[0]);
  }
  expect(explicit([1, Number.NaN], [1, 1, 1], true).counts).toHaveLength(0);
});

test('bounds that are made to overlap cost no more than a sort of them', () => {
  const kernel = createKernel({ ...meta, capacity: 32, outputs: ['quantile 0.5'] }) as HistogramKernel;
  const out = new Float64Array(1);
  const begun = performance.now();
  for (let round = 0; round < 20; round++) {
    for (let k = 0; k < 9; k++) {
      const bounds = Array.from({ length: 999 }, (_, b) => b + k / 100);
      kernel.observe(round, k, explicit(bounds, Array(1000).fill(1), true), out, 0);
    }
  }
  // Every pair of bucket and bound would take a minute.
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(out[0]).toBeCloseTo(499, 0);
}, 60_000);

test('bounds that are new with each point cost no more than their number', () => {
  const kernel = createKernel({ ...meta, widthMs: 1000, capacity: 300, outputs: ['quantile 0.5', 'count'] });
  const out = new Float64Array(2);
  const begun = performance.now();
  for (let k = 0; k < 400; k++) {
    const bounds = Array.from({ length: 999 }, (_, b) => b + k / 1000);
    (kernel as HistogramKernel).observe(0, k, explicit(bounds, Array(1000).fill(1), true), out, 0);
  }
  // To make room for each by itself would take minutes.
  expect(performance.now() - begun).toBeLessThan(20_000);
  expect([...out]).toEqual([Number.NaN, 299_000]);
}, 60_000);

test('of more different buckets than can be looked through no quantile is known, until there are fewer', () => {
  const own: DerivedMeta = { ...meta, widthMs: 12, capacity: 16, outputs: ['quantile 0.5', 'count'] };
  const [kernel, plain] = [createKernel(own), createPlainKernel(own)] as HistogramKernel[];
  const [actual, expected] = [new Float64Array(2), new Float64Array(2)];
  const told: boolean[] = [];
  for (let k = 0; k < 30; k++) {
    const size = k < 20 ? 1000 : 10;
    // Neither what lies below the first bound nor what lies beyond the last: no bucket overlaps another.
    const bounds = Array.from({ length: 999 }, (_, b) => 1 + b + k * 2000);
    const counts = Array.from({ length: 1000 }, (_, b) => (b > 0 && b < Math.min(size, 999) ? 1 : 0));
    kernel.observe(0, k, explicit(bounds, counts, true), actual, 0);
    plain.observe(0, k, explicit(bounds, counts, true), expected, 0);
    expect([...actual]).toEqual([...expected]);
    told.push(!Number.isNaN(actual[0]));
  }
  // Eight growths of 998 buckets are fewer than 8,000, nine are more.
  expect(told.indexOf(true)).toBe(1);
  expect(told.indexOf(false, 1)).toBe(9);
  expect(told.lastIndexOf(false)).toBe(22);
});
