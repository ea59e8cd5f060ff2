// OTLP requests, protobuf and JSON: what a point becomes, and that a malformed body leaves nothing behind.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IntakeLimits } from '../../runtime/evaluate/intake.ts';
import { OtlpJsonDecoder } from '../../runtime/sources/otlp-json.ts';
import { OtlpProtobufDecoder } from '../../runtime/sources/otlp-protobuf.ts';
import { type OtlpAccepted, type OtlpRefused, otlpBodyBytesMax } from '../../runtime/sources/otlp-rows.ts';
import { intakeProbe } from '../support/intake-probe.ts';
import { type OtlpAttribute, type OtlpPoint, type OtlpRequest, otlpProtobuf } from '../support/otlp-protobuf.ts';
import { metricMeta, programMeta, schemaMeta, tagMeta } from '../support/program-meta.ts';

const now = Date.UTC(2026, 0, 31);
const ns = (ms: number): string => `${ms}000000`;

const program = programMeta([
  schemaMeta('service', {
    key: tagMeta('service_id', { from: 'service.name' }),
    tags: [tagMeta('region', { from: 'cloud.region' })],
    metrics: [
      metricMeta('cpu', { from: 'process.cpu', divide: 100 }),
      metricMeta('requests', { from: 'http.requests', counter: true, optional: true }),
      metricMeta('active', { optional: true }),
    ],
  }),
  schemaMeta('instance', { key: tagMeta('instance'), metrics: [metricMeta('process.cpu')] }),
]);

type Format = 'protobuf' | 'json';

function receiver(format: Format, limits: Partial<IntakeLimits> = {}) {
  const probe = intakeProbe(program, limits);
  const options = { now: () => now };
  const protobuf = new OtlpProtobufDecoder(probe.intake, options);
  const json = new OtlpJsonDecoder(probe.intake, options);
  const encode = (request: OtlpRequest): Buffer =>
    format === 'json' ? Buffer.from(JSON.stringify(request)) : otlpProtobuf(request);
  const decodeBytes = (body: Uint8Array) => (format === 'json' ? json : protobuf).decode(body);
  return { ...probe, decodeBytes, encode, decode: (request: OtlpRequest) => accepted(decodeBytes(encode(request))) };
}

function accepted(result: OtlpAccepted | OtlpRefused): OtlpAccepted {
  if ('error' in result) throw new Error(result.error);
  return result;
}

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

function request(
  metrics: NonNullable<OtlpRequest['resourceMetrics'][0]['scopeMetrics'][0]['metrics']>,
  resource: OtlpAttribute[] = [attribute('service.name', 'pay')],
): OtlpRequest {
  return { resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics }] }] };
}
const gauge = (name: string, ...dataPoints: OtlpPoint[]) => ({ name, gauge: { dataPoints } });
const sum = (name: string, aggregationTemporality: number, ...dataPoints: OtlpPoint[]) => ({
  name,
  sum: { aggregationTemporality, isMonotonic: true, dataPoints },
});
const point = (ms: number, asDouble: number, ...attributes: OtlpPoint['attributes'] & object): OtlpPoint => ({
  timeUnixNano: ns(ms),
  asDouble,
  attributes,
});

describe.each<Format>(['protobuf', 'json'])('%s', (format) => {
  test('points of one key and time become one row, in every schema that finds its key', () => {
    const it = receiver(format);
    const result = it.decode(
      request(
        [
          gauge('process.cpu', point(1000, 50, attribute('instance', 'a'))),
          sum('http.requests', 2, point(1000, 7)),
          gauge('other', point(1000, 1)),
        ],
        [attribute('service.name', 'pay'), attribute('cloud.region', 'eu')],
      ),
    );
    expect(result).toMatchObject({ points: 2, rows: 2, rejected: 0, collapsedPoints: 0 });
    expect([...result.unmatchedMetrics]).toEqual([['other', 1]]);
    expect(it.rows()).toEqual([
      {
        schema: 'service',
        time: 1000,
        key: 'pay',
        seq: 0,
        lacks: 0,
        values: { cpu: 0.5, requests: 7, active: Number.NaN },
        tags: { region: 'eu' },
      },
      { schema: 'instance', time: 1000, key: 'a', seq: 1, lacks: 0, values: { 'process.cpu': 50 }, tags: {} },
    ]);
  });

  test('the point wins over the resource, the resource over the scope', () => {
    const it = receiver(format);
    const body = request([
      gauge('cpu', point(1, 1, attribute('service.name', 'own'), attribute('cloud.region', 'p')), point(1, 2)),
    ]);
    it.decode({
      resourceMetrics: [
        {
          ...body.resourceMetrics[0],
          scopeMetrics: [
            {
              scope: { attributes: [attribute('service_id', 'scope'), attribute('region', 's')] },
              metrics: body.resourceMetrics[0].scopeMetrics[0].metrics,
            },
          ],
        },
      ],
    });
    expect(it.rows().map((row) => [row.key, row.tags.region])).toEqual([
      ['own', 'p'],
      ['pay', 's'],
    ]);
  });

  test('attributes of other kinds become text', () => {
    const it = receiver(format);
    for (const value of [{ boolValue: true }, { intValue: '-9007199254740993' }, { doubleValue: 1.5 }]) {
      it.decode(request([gauge('cpu', point(1, 1))], [{ key: 'service.name', value }]));
    }
    expect(it.rows().map((row) => row.key)).toEqual(['true', '-9007199254740993', '1.5']);
  });

  test('values: integers of 64 bits, no recorded value, not finite, none', () => {
    const it = receiver(format);
    it.decode(
      request([
        gauge(
          'active',
          { timeUnixNano: ns(1), asInt: '-42' },
          { timeUnixNano: ns(2), asInt: '9007199254740993' },
          { timeUnixNano: ns(3), asDouble: 5, flags: 1 },
          { timeUnixNano: ns(4) },
        ),
      ]),
    );
    expect(it.rows().map((row) => row.values.active)).toEqual([-42, 9007199254740992, Number.NaN, Number.NaN]);
    it.decode(
      request([gauge('cpu', { timeUnixNano: ns(1), asDouble: 'NaN' }, { timeUnixNano: ns(2), asDouble: '-Infinity' })]),
    );
    expect(
      it
        .rows()
        .slice(4)
        .map((row) => [row.values.cpu, row.lacks]),
    ).toEqual([
      [Number.NaN, 0],
      [Number.NaN, 0],
    ]);
    expect(it.rows()[0].lacks).toBe(1);
  });

  test('nanoseconds are cut to milliseconds exactly', () => {
    const it = receiver(format);
    const times = [
      '1544712660300999999',
      '1544712660301000000',
      '1700000000123000000',
      '1700000000122999999',
      '1699999999999999999',
    ];
    it.decode(request([gauge('cpu', ...times.map((timeUnixNano) => ({ timeUnixNano, asDouble: 1 })))]));
    expect(it.rows().map((row) => row.time)).toEqual(times.map((time) => Number(BigInt(time) / 1_000_000n)));
  });

  test('points that differ in other attributes: sums are added, of gauges the last one counts', () => {
    const it = receiver(format);
    const result = it.decode(
      request([
        sum(
          'http.requests',
          2,
          point(1, 5, attribute('http.route', '/a')),
          point(1, 7, attribute('http.route', '/b')),
          { timeUnixNano: ns(1), flags: 1 },
        ),
        gauge('cpu', point(1, 10, attribute('cpu', '0')), point(1, 30, attribute('cpu', '1'))),
      ]),
    );
    expect(result.collapsedPoints).toBe(3);
    expect(it.rows()[0].values).toEqual({ cpu: 0.3, requests: 12, active: Number.NaN });
  });

  test('deltas of a counter add up over requests, in order of time, and a redelivery adds nothing', () => {
    const it = receiver(format);
    const body = request([
      sum(
        'http.requests',
        1,
        point(3000, 4),
        point(2000, 3, attribute('http.route', '/a')),
        point(2000, 2, attribute('http.route', '/b')),
      ),
    ]);
    it.decode(request([sum('http.requests', 1, point(1000, 10))]));
    it.decode(body);
    it.decode(request([sum('http.requests', 1, point(3000, 4))]));
    it.decode(request([sum('http.requests', 1, { timeUnixNano: ns(4000), flags: 1 }, point(5000, 1))]));
    it.decode(request([sum('http.requests', 1, point(5000, 100))], [attribute('service.name', 'other')]));
    expect(it.rows().map((row) => [row.time, row.values.requests])).toEqual([
      [1000, 10],
      [3000, 19],
      [2000, 15],
      [3000, 19],
      [4000, Number.NaN],
      [5000, 20],
      [5000, 100],
    ]);
  });

  test('a delta read as a plain number stays as it is', () => {
    const it = receiver(format);
    it.decode(request([sum('active', 1, point(1, 3), point(2, 4))]));
    expect(it.rows().map((row) => row.values.active)).toEqual([3, 4]);
  });

  test('histograms and summaries are counted, and said when one is declared', () => {
    const it = receiver(format);
    const dataPoints = [point(1, 1), point(2, 1)];
    const result = it.decode(
      request([
        { name: 'cpu', histogram: { dataPoints } },
        { name: 'x', exponentialHistogram: { dataPoints } },
        { name: 'y', summary: { dataPoints } },
      ]),
    );
    expect(result).toMatchObject({
      points: 0,
      rows: 0,
      ignored: { histogram: 2, exponentialHistogram: 2, summary: 2 },
    });
    expect(it.letters.map((letter) => letter.message)).toEqual([expect.stringContaining('`cpu` came as a histogram')]);
  });

  test('points without time, from the future, without key, with one key too many', () => {
    const it = receiver(format, { keys: 1 });
    const result = it.decode({
      resourceMetrics: [
        ...request([gauge('cpu', { asDouble: 1 }, point(Date.UTC(2500, 0), 1), point(1, 1))]).resourceMetrics,
        ...request([gauge('cpu', point(1, 1))], []).resourceMetrics,
        ...request([gauge('cpu', point(1, 1))], [attribute('service.name', 'second')]).resourceMetrics,
      ],
    });
    expect(result).toMatchObject({ points: 5, rows: 1, rejected: 3, ignored: { withoutKey: 1 } });
    expect(it.reasons()).toEqual(['no-timestamp', 'future-timestamp', 'no-key', 'too-many-keys']);
    expect(result.rejection).toContain('timeUnixNano');
    expect(it.letters[2].message).toContain('`service.name` (schema `service`)');
  });

  test('a key that is too long is rejected, a tag value without a place is another one', () => {
    const it = receiver(format, { tagValues: 1 });
    const tagged = (ms: number, region: string) => gauge('cpu', point(ms, 1, attribute('cloud.region', region)));
    const long = 'ü'.repeat(1025);
    const result = it.decode({
      resourceMetrics: [
        ...request(['eu', 'us', long, 'x'.repeat(9000), 'eu'].map((region, at) => tagged(at + 1, region)))
          .resourceMetrics,
        ...request([gauge('cpu', point(1, 1))], [attribute('service.name', long)]).resourceMetrics,
        ...request([gauge('cpu', point(1, 1))], [attribute('service.name', 'ü'.repeat(1024))]).resourceMetrics,
      ],
    });
    expect(result).toMatchObject({ points: 7, rows: 6, rejected: 1 });
    expect(result.rejection).toContain('`service.name` of schema `service` is longer than 1024 characters');
    expect(it.reasons()).toEqual(['too-large']);
    expect(it.rows().map((row) => row.tags.region)).toEqual(['eu', '(other)', '(other)', '(other)', 'eu', undefined]);
    expect(it.notices).toHaveLength(2);
  });

  test('a body cut anywhere leaves no row, no number and no total behind', () => {
    const it = receiver(format);
    const body = it.encode(
      request([sum('http.requests', 1, point(1000, 10)), gauge('cpu', point(1000, 5, attribute('instance', 'a')))]),
    );
    for (let length = 1; length < body.length; length++) {
      const result = it.decodeBytes(body.subarray(0, length));
      expect(result, `${length} bytes`).toHaveProperty('error');
    }
    expect(it.rows()).toEqual([]);
    expect(it.intake.seq).toBe(0);
    expect(new Set(it.reasons())).toEqual(new Set(['bad-otlp']));
    accepted(it.decodeBytes(body));
    expect(it.rows()[0].values.requests).toBe(10);
  });

  test('random bytes and flipped bits never throw', () => {
    const it = receiver(format);
    const body = it.encode(
      request([
        sum('http.requests', 1, point(1000, 10, attribute('a', 'b'))),
        gauge('cpu', { timeUnixNano: ns(5), asInt: '3' }),
      ]),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const copy = Buffer.from(body);
          for (const [at, byte] of changes) copy[at] = byte;
          it.decodeBytes(copy);
        },
      ),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void it.decodeBytes(bytes)),
      { numRuns: 2000 },
    );
    for (const row of it.rows()) expect(row.time).toBeGreaterThan(0);
  });

  test('an empty request is fine, a body over the limit is not', () => {
    const it = receiver(format);
    expect(it.decode({ resourceMetrics: [] })).toMatchObject({ points: 0, rows: 0 });
    expect(it.decodeBytes(Buffer.alloc(otlpBodyBytesMax + 1))).toMatchObject({
      error: expect.stringContaining('send smaller batches'),
    });
  });

  test('ten thousand keys in one request, metric by metric', () => {
    const it = receiver(format);
    const keys = Array.from({ length: 10_000 }, (_, index) => attribute('service.name', `k${index}`));
    const result = it.decode(
      request([
        gauge('cpu', ...keys.map((key) => point(5, 100, key))),
        gauge('active', ...keys.map((key) => point(5, 2, key))),
      ]),
    );
    expect(result).toMatchObject({ points: 20_000, rows: 10_000 });
    expect(it.rows().every((row) => row.values.cpu === 1 && row.values.active === 2 && row.lacks === 0)).toBe(true);
  });
});

describe('json alone', () => {
  const it = receiver('json');
  const send = (value: unknown) => it.decodeBytes(Buffer.from(JSON.stringify(value)));
  test.each<[string, unknown, string]>([
    ['a list', [], '`the body` must be an object, but is a list'],
    ['snake case', { resource_metrics: [] }, 'OTLP/JSON writes `resourceMetrics`'],
    ['no list', { resourceMetrics: {} }, '`resourceMetrics` must be a list, but is an object'],
    [
      'a wrong name',
      request([{ name: 5 as unknown as string, gauge: { dataPoints: [] } }]),
      '`resourceMetrics[0].scopeMetrics[0].metrics[0].name` must be a string, but is 5',
    ],
    [
      'a string for a number',
      request([gauge('cpu', { timeUnixNano: '1', asDouble: 'high' })]),
      'dataPoints[0].asDouble` must be a number, but is "high"',
    ],
    [
      'a wrong time',
      request([gauge('cpu', { timeUnixNano: '2026-01-01T00:00:00Z' })]),
      'dataPoints[0].timeUnixNano` must be nanoseconds since 1970',
    ],
    [
      'wrong attributes',
      request([gauge('cpu', { attributes: { a: 1 } as never })]),
      'dataPoints[0].attributes` must be a list',
    ],
    [
      'a wrong value',
      request([gauge('cpu', point(1, 1, { key: 'service.name', value: 'pay' as never }))]),
      'attributes[0].value` must be an object',
    ],
  ])('%s', (_name, body, message) => {
    expect(send(body)).toMatchObject({ error: expect.stringContaining(message) });
    expect(it.rows()).toEqual([]);
  });
  test('names that JavaScript knows mean nothing', () => {
    const text =
      '{"__proto__":{"resourceMetrics":[5]},"resourceMetrics":[{"resource":{"attributes":[{"key":"__proto__","value":{"stringValue":"x"}},{"key":"service.name","value":{"stringValue":"pay"}}]},"scopeMetrics":[{"metrics":[{"name":"__proto__","gauge":{"dataPoints":[{"asDouble":1,"timeUnixNano":"1000000"}]}},{"name":"cpu","gauge":{"dataPoints":[{"asDouble":1,"timeUnixNano":1000000}]}}]}]}]}';
    const fresh = receiver('json');
    expect(fresh.decodeBytes(Buffer.from(text))).toMatchObject({ points: 1, rows: 1 });
  });
  test('nesting without end is refused', () => {
    expect(it.decodeBytes(Buffer.from(`{"resourceMetrics":${'['.repeat(1_000_000)}`))).toHaveProperty('error');
    expect(
      it.decodeBytes(Buffer.from(`{"resourceMetrics":${'['.repeat(500_000)}${']'.repeat(500_000)}}`)),
    ).toHaveProperty('error');
  });
});

describe('protobuf alone', () => {
  const decode = (...bytes: number[]) => receiver('protobuf').decodeBytes(Uint8Array.from(bytes));
  test('says what a body looks like instead', () => {
    expect(receiver('protobuf').decodeBytes(Buffer.from('{"resourceMetrics":[]}'))).toMatchObject({
      error: expect.stringContaining('looks like JSON'),
    });
    expect(decode(0x1f, 0x8b, 8, 0)).toMatchObject({ error: expect.stringContaining('looks like gzip') });
  });
  test('unknown fields are passed over, groups and field 0 are not', () => {
    expect(
      decode(
        0x78,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        1,
        0x7d,
        1,
        2,
        3,
        4,
        0x79,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
      ),
    ).toMatchObject({ rows: 0 });
    expect(decode(0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)).toHaveProperty('error');
    expect(decode(0x0b)).toHaveProperty('error');
    expect(decode(0x02, 0)).toHaveProperty('error');
    expect(decode(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f)).toMatchObject({ error: expect.stringContaining('truncated') });
  });
  test('fields may come in any order', () => {
    const it = receiver('protobuf');
    const body = request([sum('http.requests', 1, point(1000, 10)), sum('http.requests', 1, point(2000, 5))]);
    accepted(it.decodeBytes(otlpProtobuf(body, true)));
    expect(it.rows().map((row) => [row.key, row.time, row.values.requests])).toEqual([
      ['pay', 2000, 15],
      ['pay', 1000, 10],
    ]);
  });
});

test('both formats give the same rows for random requests', () => {
  const keys = fc.array(
    fc
      .tuple(
        fc.constantFrom('service.name', 'service_id', 'instance', 'cloud.region', 'http.route', 'x'),
        fc.constantFrom('a', 'b', 'ü', ''),
      )
      .map(([key, value]) => attribute(key, value)),
    { maxLength: 3 },
  );
  const points = fc.array(
    fc
      .record({
        ms: fc.integer({ min: 0, max: 5 }),
        value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
        attributes: keys,
        flags: fc.constantFrom(0, 0, 0, 1),
        int: fc.boolean(),
      })
      .map(
        ({ ms, value, attributes, flags, int }): OtlpPoint => ({
          timeUnixNano: ns(ms),
          attributes,
          flags,
          ...(int ? { asInt: String(Math.trunc(Math.min(1e15, Math.max(-1e15, value)))) } : { asDouble: value }),
        }),
      ),
    { maxLength: 6 },
  );
  const metric = fc
    .tuple(
      fc.constantFrom('cpu', 'process.cpu', 'http.requests', 'active', 'nothing'),
      fc.constantFrom(0, 1, 2),
      points,
      fc.boolean(),
    )
    .map(([name, temporality, dataPoints, isMonotonic]) =>
      temporality === 0
        ? gauge(name, ...dataPoints)
        : { name, sum: { aggregationTemporality: temporality, isMonotonic, dataPoints } },
    );
  const requests = fc.array(
    fc.array(
      fc
        .record({ attributes: keys, scope: keys, metrics: fc.array(metric, { maxLength: 4 }) })
        .map(({ attributes, scope, metrics }) => ({
          resource: { attributes },
          scopeMetrics: [{ scope: { attributes: scope }, metrics }],
        })),
      { maxLength: 3 },
    ),
    { maxLength: 3 },
  );
  fc.assert(
    fc.property(requests, (bodies) => {
      const protobuf = receiver('protobuf');
      const json = receiver('json');
      for (const resourceMetrics of bodies) {
        const left = accepted(protobuf.decodeBytes(otlpProtobuf({ resourceMetrics })));
        const right = json.decode({ resourceMetrics });
        expect(left).toEqual(right);
      }
      expect(protobuf.rows()).toEqual(json.rows());
      expect(protobuf.letters).toEqual(json.letters);
    }),
    { numRuns: 500 },
  );
});

test('the example of the OpenTelemetry project', () => {
  const folder = process.env.DDL_DATA ?? join(import.meta.dirname, '../../../shared/data');
  const path = join(folder, 'raw/otlp-metrics-example.json');
  if (!existsSync(path))
    throw new Error(`this test needs ${path}: put the shared data beside the repository or set DDL_DATA to its folder`);
  const body = JSON.parse(readFileSync(path, 'utf8')) as OtlpRequest;
  const example = programMeta([
    schemaMeta('mine', {
      key: tagMeta('service', { from: 'service.name' }),
      tags: [tagMeta('scope', { from: 'my.scope.attribute' }), tagMeta('counter', { from: 'my.counter.attr' })],
      metrics: [
        metricMeta('counter', { from: 'my.counter', counter: true }),
        metricMeta('gauge', { from: 'my.gauge' }),
        metricMeta('histogram', { from: 'my.histogram', optional: true }),
      ],
    }),
  ]);
  for (const decode of ['json', 'protobuf'] as const) {
    const probe = intakeProbe(example);
    const options = { now: () => now };
    const result =
      decode === 'json'
        ? new OtlpJsonDecoder(probe.intake, options).decode(readFileSync(path))
        : new OtlpProtobufDecoder(probe.intake, options).decode(otlpProtobuf(body));
    expect(result).toMatchObject({
      points: 2,
      rows: 1,
      rejected: 0,
      ignored: { histogram: 1, exponentialHistogram: 1 },
    });
    expect(probe.rows()).toEqual([
      {
        schema: 'mine',
        time: 1_544_712_660_300,
        key: 'my.service',
        seq: 0,
        lacks: 0,
        values: { counter: 5, gauge: 10, histogram: Number.NaN },
        tags: { scope: 'some scope attribute', counter: 'some value' },
      },
    ]);
    expect(probe.reasons()).toEqual(['bad-metric']);
  }
});
