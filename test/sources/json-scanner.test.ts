// The scanner and JSON.parse give the same rows and the same dead letters, whatever comes, however it is cut.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isoTime } from '../../runtime/sources/iso-time.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { readNumber } from '../../runtime/sources/read-number.ts';
import { intakeProbe } from '../support/intake-probe.ts';
import {
  metricMeta,
  programMeta,
  schemaMeta,
  tagMeta,
  workloadLines,
  workloadSchema,
} from '../support/program-meta.ts';

const now = 1_800_000_000_000;

const program = programMeta([
  schemaMeta('service', {
    key: tagMeta('service_id', { from: 'service.name', literals: ['pay'] }),
    tags: [tagMeta('region', { literals: ['eu', 'us'] }), tagMeta('host', { from: 'host.name' })],
    metrics: [
      metricMeta('cpu', { from: 'cpu_pct', divide: 100 }),
      metricMeta('heap', { multiply: 1024 }),
      metricMeta('queue', { optional: true }),
      metricMeta('ready', { optional: true, type: 'bool' }),
      metricMeta('__proto__', { optional: true }),
    ],
  }),
  schemaMeta('node', { key: tagMeta('node'), tags: [], metrics: [metricMeta('load')] }),
]);

function decodeText(text: Buffer, scan: boolean, cuts: readonly number[], maxLines: number) {
  const probe = intakeProbe(program, { keys: 5, tagValues: 3 });
  const decoder = new JsonEventDecoder(probe.intake, { schema: 'service', where: 'in', now: () => now, scan });
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    const to = Math.min(text.length, Math.max(from, cut));
    const chunk = text.subarray(from, to);
    for (let at = 0; at < chunk.length; ) at = decoder.decode(chunk, maxLines, at);
    from = to;
  }
  decoder.end();
  return {
    rows: probe.rows(),
    letters: probe.letters,
    notices: probe.notices,
    scanned: decoder.scanned,
    lines: decoder.lines,
  };
}

const numberText = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -1000, max: 1_000_000 }).map(String) },
  { weight: 4, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 6 }))
      .map(([value, decimals]) => (value / 10 ** decimals).toFixed(decimals)),
  },
  fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 22n }), fc.integer({ min: 0, max: 22 })).map(([value, point]) => {
    const digits = value.toString().padStart(point + 1, '0');
    return point === 0 ? digits : `${digits.slice(0, -point)}.${digits.slice(-point)}`;
  }),
  fc.constantFrom(
    '0',
    '-0',
    '0.0',
    '1e5',
    '1E-7',
    '1e999',
    '-1e999',
    '9007199254740993',
    '0.30000000000000004',
    '5e-324',
  ),
);
const broken = fc.constantFrom(
  '01',
  '1.',
  '.5',
  '-',
  '+1',
  'NaN',
  'nul',
  '"7"',
  'true',
  '[1]',
  '{"a":1}',
  '"\\u0041"',
  '',
  '1 2',
);
/** Around the lengths at which bytes are remembered and values are refused. */
const longTexts = [
  ...['x', 'ü', '日', '😀'].flatMap((each) => [300, 1024, 1025].map((count) => each.repeat(count / each.length))),
  'x'.repeat(4000),
];
const plainText = fc.constantFrom('pay', 'search', 'eu', 'us', 'ü-1', '日本', '', 'a b', ...longTexts);
const stringText = fc.oneof(
  plainText.map((value) => JSON.stringify(value)),
  fc.string().map((value) => JSON.stringify(value)),
  fc.constantFrom('"a\\"b"', '"\\ud800"', '12', 'true', 'null', '[]'),
);
const timeText = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_999_999 }).map(String) },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 0, max: 1_790_000_000_000 }).map((ms) => `"${new Date(ms).toISOString()}"`),
  },
  fc.constantFrom(
    '-1',
    '1.5',
    '1e12',
    '99999999999999',
    '"3000-01-01T00:00:00Z"',
    '"yesterday"',
    'null',
    '"2024-02-30T00:00:00Z"',
    '"2024-02-29T12:00:00.123456+05:30"',
    '-0',
  ),
);
const mostly = (usual: fc.Arbitrary<string>, rare: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: rare });

const metricEntry = fc.tuple(
  fc.constantFrom(
    'cpu',
    'cpu',
    'heap',
    'heap',
    'queue',
    'ready',
    'ready',
    'load',
    'cpu_pct',
    '__proto__',
    'constructor',
    'other',
    '1',
    'ключ',
  ),
  mostly(
    fc.oneof({ weight: 9, arbitrary: numberText }, { weight: 1, arbitrary: fc.constantFrom('true', 'false') }),
    fc.oneof(fc.constant('null'), broken),
  ),
);
const tagEntry = fc.tuple(
  fc.constantFrom(
    'service_id',
    'service_id',
    'node',
    'region',
    'host',
    'host.name',
    'service.name',
    'env',
    '__proto__',
  ),
  mostly(
    plainText.map((value) => JSON.stringify(value)),
    stringText,
  ),
);

interface Shape {
  readonly blank: string;
  readonly eol: string;
}
const shape: fc.Arbitrary<Shape> = fc.record({
  blank: fc.constantFrom('', '', '', '', ' ', '  ', '\t'),
  eol: fc.constantFrom('\n', '\n', '\n', '\r\n', ' \n', '\n\n'),
});
function objectText(entries: readonly (readonly [string, string])[], { blank }: Shape): string {
  return `{${entries.map(([name, value]) => `"${name}":${blank}${value}`).join(`,${blank}`)}}`;
}

const event = fc
  .record({
    metrics: fc.array(metricEntry, { maxLength: 5 }),
    tags: fc.array(tagEntry, { maxLength: 4 }),
    time: timeText,
    id: mostly(fc.constantFrom('"evt-1"', '7', 'null', 'false'), stringText),
    schema: fc.option(fc.constantFrom('"service"', '"node"', '"sevice"', 'null', '3'), { freq: 3 }),
    order: fc.constantFrom(
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4],
      [4, 0, 1, 2, 3],
      [2, 3, 1, 0],
      [1, 3, 2],
      [0, 1, 2, 3, 2],
      [0, 1, 3, 2, 5, 6],
      [0, 2, 3],
      [1, 2, 7, 3],
    ),
    shape,
    dedupe: fc.boolean(),
  })
  .map((parts) => {
    const metrics = parts.dedupe ? [...new Map(parts.metrics)] : parts.metrics;
    const tags = parts.dedupe ? [...new Map<string, string>([['service_id', '"pay"'], ...parts.tags])] : parts.tags;
    const fields: (readonly [string, string])[] = [
      ['id', parts.id],
      ['timestamp', parts.time],
      ['metrics', objectText(metrics, parts.shape)],
      ['tags', objectText(tags, parts.shape)],
      ['schema', parts.schema ?? '"service"'],
      ['extra', '{"deep":{"er":1,"tags":"x"},"empty":{}}'],
      ['list', '[1,{"a":2}]'],
      ['empty', '{}'],
    ];
    const order = parts.schema === null ? parts.order.filter((index) => index !== 4) : parts.order;
    return (
      objectText(
        order.map((index) => fields[index]),
        parts.shape,
      ) + parts.shape.eol
    );
  });
const line = fc.oneof(
  { weight: 20, arbitrary: event },
  fc.constantFrom('\n', '{}\n', 'null\n', 'x\n', '{"timestamp":1\n', '[]\n', ' {"a":{}} \n'),
);

describe('scanner', () => {
  test('equals JSON.parse on random streams, cut anywhere, in slices of any size', () => {
    let scanned = 0;
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(3000), { maxLength: 6 }),
        fc.integer({ min: 1, max: 5 }),
        (lines, cuts, maxLines) => {
          // Every line three times: the first teaches the layout, the others are scanned.
          const text = Buffer.from(lines.flatMap((each) => [each, each]).join('') + lines.join(''));
          const sorted = cuts.toSorted((a, b) => a - b);
          const slow = decodeText(text, false, [], 1000);
          const fast = decodeText(text, true, sorted, maxLines);
          expect(fast.rows).toEqual(slow.rows);
          expect(fast.letters).toEqual(slow.letters);
          expect(fast.notices).toEqual(slow.notices);
          expect(fast.lines).toBe(slow.lines);
          scanned += fast.scanned;
        },
      ),
      { numRuns: Number(process.env.DDL_RUNS ?? 1500) },
    );
    expect(scanned).toBeGreaterThan(1000);
  });

  test('a flipped byte makes no difference between the two', () => {
    const base = Buffer.from(`${workloadLines(6).join('\n')}\n`);
    const decode = (text: Buffer, scan: boolean) => {
      const probe = intakeProbe(programMeta([workloadSchema]));
      const decoder = new JsonEventDecoder(probe.intake, { schema: null, where: 'in', now: () => now, scan });
      for (let at = 0; at < text.length; ) at = decoder.decode(text, 3, at);
      decoder.end();
      return { rows: probe.rows(), letters: probe.letters };
    };
    fc.assert(
      fc.property(
        fc.nat(base.length - 1),
        fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0123456789eE+-.,:{}[]"\\ \n'))),
        (at, byte) => {
          const text = Buffer.from(base);
          text[at] = byte;
          expect(decode(text, true)).toEqual(decode(text, false));
        },
      ),
      { numRuns: 1500 },
    );
  });

  test.each<[string, readonly string[], string]>([
    [
      'a metric twice',
      [
        '{"timestamp":1,"metrics":{"cpu":1,"queue":2},"tags":{"service_id":"k"}}',
        '{"timestamp":1,"metrics":{"queue":1,"cpu":2},"tags":{"service_id":"k"}}',
      ],
      '{"timestamp":1,"metrics":{"cpu":1,"queue":2,"cpu":3},"tags":{"service_id":"k"}}',
    ],
    [
      'tags twice',
      [
        '{"timestamp":1,"tags":{"service_id":"k"},"metrics":{"cpu":1}}',
        '{"timestamp":1,"metrics":{"cpu":1},"tags":{"region":"eu","service_id":"k"}}',
        '{"timestamp":1,"metrics":{"cpu":1},"tags":{"service_id":"k","region":"eu"}}',
      ],
      '{"timestamp":1,"tags":{"service_id":"k"},"metrics":{"cpu":1},"tags":{"region":"eu"}}',
    ],
    [
      'no metrics',
      [
        '{"metrics":{"cpu":1},"timestamp":1,"tags":{"service_id":"k"}}',
        '{"timestamp":1,"metrics":{"cpu":1},"tags":{"service_id":"k"}}',
      ],
      '{"timestamp":1,"tags":{"service_id":"k"}}',
    ],
    [
      'no key',
      [
        '{"tags":{"service_id":"k"},"metrics":{"cpu":1},"timestamp":1}',
        '{"metrics":{"cpu":1},"tags":{"service_id":"k"},"timestamp":1}',
        '{"metrics":{"cpu":1},"timestamp":1,"tags":{"service_id":"k"}}',
      ],
      '{"metrics":{"cpu":1},"timestamp":1}',
    ],
    [
      'no timestamp',
      [
        '{"timestamp":1,"metrics":{"cpu":1},"tags":{"service_id":"k"}}',
        '{"metrics":{"cpu":1},"timestamp":1,"tags":{"service_id":"k"}}',
      ],
      '{"metrics":{"cpu":1},"tags":{"service_id":"k"}}',
    ],
    [
      'no schema',
      [
        '{"schema":"node","timestamp":1,"metrics":{"load":1},"tags":{"node":"k"}}',
        '{"timestamp":1,"metrics":{"load":1},"tags":{"node":"k"},"schema":"node"}',
      ],
      '{"timestamp":1,"metrics":{"load":1},"tags":{"node":"k"}}',
    ],
    [
      'another schema',
      ['{"schema":"node","timestamp":1,"metrics":{"load":1},"tags":{"node":"k"}}'],
      '{"schema":"nodes","timestamp":1,"metrics":{"load":1},"tags":{"node":"k"}}',
    ],
  ])('a line pieced together from known ones is not taken for one: %s', (_name, lessons, trick) => {
    const text = Buffer.from(`${[...lessons, ...lessons, trick].join('\n')}\n`);
    const fast = decodeText(text, true, [], 100);
    const slow = decodeText(text, false, [], 100);
    expect(fast.scanned).toBeGreaterThanOrEqual(lessons.length);
    expect(fast.rows).toEqual(slow.rows);
    expect(fast.letters).toEqual(slow.letters);
  });

  test('scans all lines of a steady stream but the first, also when metrics are left out now and then', () => {
    const probe = intakeProbe(programMeta([workloadSchema]));
    const decoder = new JsonEventDecoder(probe.intake, { schema: null, where: 'in', now: () => now });
    const lines = workloadLines(3000).map((each, index) =>
      index % 3 === 0 ? each.replace(/"queue_depth":[^,]+,/, '') : each,
    );
    decoder.decode(Buffer.from(`${lines.join('\n')}\n`));
    expect(probe.rows()).toHaveLength(3000);
    expect(decoder.scanned).toBe(2998);
    expect(probe.rows().filter((row) => row.lacks === 1)).toHaveLength(1000);
  });

  test('makes no objects', () => {
    const probe = intakeProbe(programMeta([workloadSchema]));
    const decoder = new JsonEventDecoder(probe.intake, { schema: null, where: 'in', now: () => now });
    const chunk = Buffer.from(`${workloadLines(5000).join('\n')}\n`);
    const bytesPerEvent = (): number => {
      const before = process.memoryUsage().heapUsed;
      for (let at = 0; at < chunk.length; ) {
        at = decoder.decode(chunk, 256, at);
        probe.intake.schemas[0].rows.clear();
      }
      return (process.memoryUsage().heapUsed - before) / 5000;
    };
    for (let round = 0; round < 20; round++) bytesPerEvent();
    // One boxed number per event would be 16. The least of several: the collector or a compilation may fall into one.
    const least = Math.min(...Array.from({ length: 9 }, () => Math.abs(bytesPerEvent())));
    expect(least).toBeLessThan(8);
  });

  test('lines that never look the same are all read, without learning for ever', () => {
    const probe = intakeProbe(programMeta([schemaMeta('s', { metrics: [metricMeta('a')] })]));
    const decoder = new JsonEventDecoder(probe.intake, { schema: null, where: 'in', now: () => now });
    for (let index = 0; index < 5000; index++) {
      decoder.decode(
        Buffer.from(
          `{"timestamp":${index},"metrics":{"a":1,"m${index}":2},"tags":{"t${index}":"x","service_id":"k"}}\n`,
        ),
      );
    }
    expect(probe.rows()).toHaveLength(5000);
    expect(decoder.undeclared(0)).toHaveLength(200);
  });
});

describe('readNumber', () => {
  const out = new Float64Array(1);
  const read = (text: string): number | null => {
    const bytes = Buffer.from(`${text},`);
    const end = readNumber(bytes, 0, out, 0);
    return end === bytes.length - 1 ? out[0] : null;
  };
  test('has the bits of JSON.parse', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          numberText,
          fc
            .double()
            .filter(Number.isFinite)
            .map((value) => JSON.stringify(value)),
        ),
        (text) => {
          expect(Object.is(read(text), JSON.parse(text))).toBe(true);
        },
      ),
      { numRuns: 20_000 },
    );
  });
  test('refuses what is no JSON number', () => {
    for (const text of ['01', '1.', '.5', '-', '+1', '--1', '1e', '1e+', '0x1', '', '-.5', '1.e5', '00'])
      expect(read(text), text).toBeNull();
  });
});

describe('isoTime', () => {
  const read = (text: string): number => isoTime(Buffer.from(text), 0, Buffer.byteLength(text));
  test('agrees with Date on every moment of a thousand years', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_000_000_000_000, max: 32_000_000_000_000 }), (ms) => {
        expect(read(new Date(ms).toISOString())).toBe(ms);
      }),
    );
  });
  test('takes zones and cuts finer fractions', () => {
    expect(read('2024-02-29T12:00:00.1239+05:30')).toBe(Date.UTC(2024, 1, 29, 6, 30, 0, 123));
    expect(read('2024-02-29t12:00:00z')).toBe(Date.UTC(2024, 1, 29, 12));
    expect(read('2024-02-29 12:00:00.5-01:00')).toBe(Date.UTC(2024, 1, 29, 13, 0, 0, 500));
  });
  test('refuses what has no zone or never was', () => {
    for (const text of [
      '2024-02-29T12:00:00',
      '2023-02-29T12:00:00Z',
      '2024-13-01T00:00:00Z',
      '2024-01-01T24:00:00Z',
      '2024-01-01',
      '2024-01-01T00:00:00.Z',
      '2024-01-01T00:00:00Zx',
      '2024-01-01T00:00:00+0100',
      '',
    ]) {
      expect(read(text), text).toBeNaN();
    }
  });
});
