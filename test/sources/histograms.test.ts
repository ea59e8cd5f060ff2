// Histograms as they come in: explicit and exponential from both forms of OTLP, and in plain events.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HistogramPoint } from '../../runtime/contract.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { OtlpJsonDecoder } from '../../runtime/sources/otlp-json.ts';
import { OtlpProtobufDecoder } from '../../runtime/sources/otlp-protobuf.ts';
import { intakeProbe } from '../support/intake-probe.ts';
import {
  type OtlpHistogramPoint,
  type OtlpMetricJson,
  type OtlpRequest,
  otlpProtobuf,
} from '../support/otlp-protobuf.ts';
import { metricMeta, programMeta, schemaMeta, tagMeta } from '../support/program-meta.ts';

const now = Date.UTC(2026, 0, 31);
const histogram = { histogram: true as const, type: 'histogram of duration' };

const program = programMeta([
  schemaMeta('service', {
    key: tagMeta('service', { from: 'service.name' }),
    metrics: [
      metricMeta('load', { optional: true }),
      metricMeta('latency', { from: 'http.duration', divide: 1000, ...histogram }),
      metricMeta('size', { optional: true, ...histogram }),
    ],
  }),
]);

function plain(point: HistogramPoint | null | undefined) {
  if (point === null || point === undefined) return null;
  return { ...point, lows: [...point.lows], highs: [...point.highs], counts: [...point.counts] };
}

function seen(probe: ReturnType<typeof intakeProbe>) {
  const { rows } = probe.intake.schemas[0];
  return Array.from({ length: rows.rows }, (_, row) => ({
    time: rows.time[row],
    lacks: rows.lacks[row],
    values: [...rows.values.subarray(row * 3, row * 3 + 3)],
    latency: plain(rows.points[row * 2]),
    size: plain(rows.points[row * 2 + 1]),
  }));
}

const formats = ['json', 'protobuf'] as const;

function decode(format: (typeof formats)[number], metrics: readonly OtlpMetricJson[]) {
  const probe = intakeProbe(program);
  const request: OtlpRequest = {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'pay' } }] },
        scopeMetrics: [{ metrics }],
      },
    ],
  };
  const options = { now: () => now };
  const result =
    format === 'json'
      ? new OtlpJsonDecoder(probe.intake, options).decode(Buffer.from(JSON.stringify(request)))
      : new OtlpProtobufDecoder(probe.intake, options).decode(otlpProtobuf(request));
  return { result, rows: seen(probe), reasons: probe.reasons(), letters: probe.letters };
}

const explicit: OtlpHistogramPoint = {
  startTimeUnixNano: '500000000',
  timeUnixNano: '1000000000',
  count: '6',
  sum: 900,
  bucketCounts: ['1', '2', '3'],
  explicitBounds: [100, 250],
};

describe.each(formats)('OTLP %s', (format) => {
  test('explicit buckets, in the canonical unit', () => {
    const { rows } = decode(format, [
      { name: 'http.duration', histogram: { aggregationTemporality: 2, dataPoints: [explicit] } },
    ]);
    expect(rows).toEqual([
      {
        time: 1000,
        lacks: 0,
        values: [Number.NaN, 1, Number.NaN],
        latency: {
          lows: [0, 0.1, 0.25],
          highs: [0.1, 0.25, 0.25],
          counts: [1, 2, 3],
          count: 6,
          sum: 0.9,
          delta: false,
          startMs: 500,
        },
        size: null,
      },
    ]);
  });

  test('exponential buckets: negative ones, zero, positive ones', () => {
    const point: OtlpHistogramPoint = {
      timeUnixNano: '1000000000',
      count: '10',
      sum: 3,
      scale: -1,
      zeroCount: '4',
      zeroThreshold: 0.5,
      positive: { offset: -1, bucketCounts: ['1', '0', '2'] },
      negative: { offset: 0, bucketCounts: ['3'] },
    };
    const { rows } = decode(format, [
      { name: 'size', exponentialHistogram: { aggregationTemporality: 1, dataPoints: [point] } },
      { name: 'load', gauge: { dataPoints: [{ timeUnixNano: '1000000000', asDouble: 2 }] } },
    ]);
    // The base is 2^(2^1) = 4.
    expect(rows).toEqual([
      {
        time: 1000,
        lacks: 1,
        values: [2, Number.NaN, 1],
        latency: null,
        size: {
          lows: [-4, -0.5, 0.25, 4],
          highs: [-1, 0.5, 1, 16],
          counts: [3, 4, 1, 2],
          count: 10,
          sum: 3,
          delta: true,
          startMs: Number.NaN,
        },
      },
    ]);
  });

  test('series of one key and time add up, and one without a value hides none', () => {
    const { rows, result } = decode(format, [
      {
        name: 'http.duration',
        histogram: {
          aggregationTemporality: 2,
          dataPoints: [explicit, explicit, { timeUnixNano: '1000000000', flags: 1 }],
        },
      },
    ]);
    expect(rows[0].latency).toMatchObject({ counts: [2, 4, 6], count: 12, sum: 1.8 });
    expect(result).toMatchObject({ points: 3, rows: 1, collapsedPoints: 2 });
  });

  test('a number where a histogram is declared, and the other way round, are told', () => {
    const { rows, reasons, letters } = decode(format, [
      { name: 'http.duration', gauge: { dataPoints: [{ timeUnixNano: '1000000000', asDouble: 2 }] } },
      { name: 'load', histogram: { aggregationTemporality: 2, dataPoints: [explicit] } },
    ]);
    expect(rows).toEqual([]);
    expect(reasons).toEqual(['bad-metric', 'bad-metric']);
    expect(letters[0].message).toMatch(/came as a number, which is no histogram/);
    expect(letters[1].message).toMatch(/came as a histogram, which is no number.*declare it as `histogram of …`/);
  });

  test('counts that do not fit the bounds make the whole request wrong', () => {
    const { rows, result } = decode(format, [
      {
        name: 'http.duration',
        histogram: { aggregationTemporality: 2, dataPoints: [{ ...explicit, explicitBounds: [100] }] },
      },
    ]);
    expect(rows).toEqual([]);
    expect(result).toHaveProperty('error', expect.stringMatching(/has 3 counts for 1 bounds/));
  });

  test('numbers that could not be taken away again do not come in', () => {
    const huge = '18446744073709551615';
    const of = (point: object) =>
      decode(format, [
        { name: 'http.duration', histogram: { aggregationTemporality: 2, dataPoints: [{ ...explicit, ...point }] } },
      ]);
    for (const point of [{ count: huge }, { bucketCounts: ['1', huge, '3'] }]) {
      expect(of(point).rows).toEqual([]);
      expect(of(point).result).toHaveProperty('error', expect.stringMatching(/whole number/));
    }
    const [row] = of({ sum: 1e300 }).rows;
    expect(row?.latency?.sum).toBeNaN();
    expect(row?.latency?.count).toBe(Number(explicit.count));
  });
});

test('both forms of OTLP give the same points', () => {
  const counts = fc.array(fc.nat(5).map(String), { maxLength: 6 });
  const buckets = fc.record({ offset: fc.integer({ min: -20, max: 20 }), bucketCounts: counts });
  const exponential = fc.record({
    timeUnixNano: fc.constant('1000000000'),
    count: fc.nat(100).map(String),
    sum: fc.double({ min: -10, max: 10, noNaN: true }).map((sum) => sum + 0),
    scale: fc.integer({ min: -3, max: 8 }),
    zeroCount: fc.nat(3).map(String),
    positive: buckets,
    negative: buckets,
    flags: fc.constantFrom(0, 0, 0, 1),
  });
  const bounded = fc.integer({ min: 0, max: 5 }).chain((size) =>
    fc.record({
      timeUnixNano: fc.constantFrom('1000000000', '2000000000'),
      startTimeUnixNano: fc.constantFrom('0', '700000000'),
      count: fc.nat(100).map(String),
      bucketCounts: fc.array(fc.nat(9).map(String), { minLength: size + 1, maxLength: size + 1 }),
      explicitBounds: fc.constant(Array.from({ length: size }, (_, b) => b * 10 - 5)),
    }),
  );
  fc.assert(
    fc.property(
      fc.array(exponential, { maxLength: 3 }),
      fc.array(bounded, { maxLength: 3 }),
      fc.constantFrom(1, 2),
      (points, others, aggregationTemporality) => {
        const metrics: readonly OtlpMetricJson[] = [
          { name: 'size', exponentialHistogram: { aggregationTemporality, dataPoints: points } },
          { name: 'http.duration', histogram: { aggregationTemporality, dataPoints: others } },
        ];
        const [json, protobuf] = formats.map((format) => decode(format, metrics));
        expect(protobuf.rows).toEqual(json.rows);
        expect(protobuf.result).toEqual(json.result);
      },
    ),
    { numRuns: 200 },
  );
});

test('the histograms of the example of the OpenTelemetry project', () => {
  const folder = process.env.DDL_DATA ?? join(import.meta.dirname, '../../../shared/data');
  const path = join(folder, 'raw/otlp-metrics-example.json');
  if (!existsSync(path))
    throw new Error(`this test needs ${path}: put the shared data beside the repository or set DDL_DATA to its folder`);
  const own = programMeta([
    schemaMeta('mine', {
      key: tagMeta('service', { from: 'service.name' }),
      metrics: [
        metricMeta('explicit', { from: 'my.histogram', ...histogram }),
        metricMeta('exponential', { from: 'my.exponential.histogram', ...histogram }),
      ],
    }),
  ]);
  const body = readFileSync(path);
  for (const format of formats) {
    const probe = intakeProbe(own);
    const options = { now: () => now };
    if (format === 'json') new OtlpJsonDecoder(probe.intake, options).decode(body);
    else
      new OtlpProtobufDecoder(probe.intake, options).decode(otlpProtobuf(JSON.parse(body.toString()) as OtlpRequest));
    const { points } = probe.intake.schemas[0].rows;
    expect(plain(points[0])).toMatchObject({
      lows: [0, 1],
      highs: [1, 1],
      counts: [1, 1],
      count: 2,
      sum: 2,
      delta: true,
    });
    // Scale 0: the base is 2; the second bucket behind offset 1 is (4, 8].
    expect(plain(points[1])).toMatchObject({ lows: [0, 4], highs: [0, 8], counts: [1, 2], count: 3, sum: 10 });
    expect(probe.letters).toEqual([]);
  }
});

describe('a plain event', () => {
  function read(latency: unknown, lines = 1) {
    const probe = intakeProbe(program);
    const decoder = new JsonEventDecoder(probe.intake, { schema: null, where: 'in', now: () => now });
    const line = JSON.stringify({ timestamp: 1000, metrics: { load: 1, latency }, tags: { service: 'pay' } });
    decoder.decode(Buffer.from(`${line}\n`.repeat(lines)));
    return { rows: seen(probe), letters: probe.letters };
  }
  const sent = { bounds: [100, 250], counts: [1, 2, 3], sum: 900, count: 6, temporality: 'delta' };

  test('carries bounds and counts', () => {
    const { rows } = read(sent, 3);
    expect(rows).toHaveLength(3);
    expect(rows[2].latency).toMatchObject({
      highs: [0.1, 0.25, 0.25],
      counts: [1, 2, 3],
      count: 6,
      sum: 0.9,
      delta: true,
    });
    expect(read(null, 3).rows.map(({ values, latency, lacks }) => [values[1], latency, lacks])).toEqual(
      Array.from({ length: 3 }, () => [Number.NaN, null, 0]),
    );
  });

  test.each([
    [5, 'is no histogram'],
    [[1], 'is no histogram'],
    [{ ...sent, temporality: 'sum' }, 'does not say whether its `temporality` is "delta" or "cumulative"'],
    [{ ...sent, counts: [1, 2] }, 'has 2 counts for 2 bounds'],
    [{ ...sent, bounds: [250, 100] }, 'has bounds that do not rise'],
    [{ ...sent, counts: [1, -2, 3] }, 'has a count that is no whole number'],
    [{ ...sent, counts: [1, 0.5, 3] }, 'has a count that is no whole number'],
    [{ ...sent, counts: [1, 1e308, 3] }, 'has a count that is no whole number'],
    [{ ...sent, count: 7 }, 'has 7 observations, but counts of 6'],
    [{ ...sent, sum: 'much' }, 'has a `sum` that is no number'],
  ])('with %j is a dead letter that says why', (latency, fault) => {
    const { rows, letters } = read(latency, 3);
    expect(rows).toEqual([]);
    expect(letters).toHaveLength(3);
    expect(letters[0].message).toContain(`metric \`latency\` ${fault}`);
  });
});
