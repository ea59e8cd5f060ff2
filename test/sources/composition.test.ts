// Keys and tags that are made of several fields, of all of them, or of none: every decoder gives the same values.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { composedText } from '../../runtime/evaluate/composition.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { OtlpJsonDecoder } from '../../runtime/sources/otlp-json.ts';
import { OtlpProtobufDecoder } from '../../runtime/sources/otlp-protobuf.ts';
import { intakeProbe } from '../support/intake-probe.ts';
import { type OtlpRequest, otlpProtobuf } from '../support/otlp-protobuf.ts';
import { metricMeta, programMeta, schemaMeta, tagMeta } from '../support/program-meta.ts';

const now = 1_800_000_000_000;

const workload = schemaMeta('workload', {
  key: tagMeta('workload', { source: { kind: 'names', names: ['namespace', 'pod'] } }),
  tags: [
    tagMeta('ns', { from: 'namespace', literals: ['shop'] }),
    tagMeta('everything', { source: { kind: 'all' } }),
    tagMeta('others', { source: { kind: 'all', except: ['pod', 'x'] } }),
    tagMeta('stage', { source: { kind: 'always', value: 'prod' } }),
    tagMeta('place', { source: { kind: 'names', names: ['zone', 'node'] } }),
  ],
  metrics: [metricMeta('load')],
});
const series = schemaMeta('series', {
  key: tagMeta('series', { source: { kind: 'all' } }),
  metrics: [metricMeta('x')],
});
const single = schemaMeta('single', {
  key: tagMeta('all', { source: { kind: 'always', value: 'all' } }),
  metrics: [metricMeta('y')],
});
const program = programMeta([workload, series, single]);

type Tags = Readonly<Record<string, string>>;

function decodeLines(lines: readonly string[], scan: boolean, keys = 1000) {
  const probe = intakeProbe(program, { keys });
  const decoder = new JsonEventDecoder(probe.intake, { schema: 'workload', where: 'in', now: () => now, scan });
  decoder.decode(Buffer.from(lines.map((line) => `${line}\n`).join('')));
  return { rows: probe.rows(), letters: probe.letters, notices: probe.notices, scanned: decoder.scanned };
}

const event = (schema: string, metric: string, tags: Tags): string =>
  JSON.stringify({ timestamp: 1000, schema, metrics: { [metric]: 1 }, tags });

const valuesOf = (tags: Tags) => ({ text: (name: string) => tags[name] ?? null, names: () => Object.keys(tags) });

describe('the value', () => {
  const names = { kind: 'names', names: ['a', 'b'] } as const;
  test.each([
    [{ a: 'x', b: 'y' }, 'x/y'],
    [{ a: 'x/y', b: '\\z' }, 'x\\/y/\\\\z'],
    [{ b: 'y' }, '/y'],
    [{ a: 'x', b: '' }, 'x/'],
    [{ a: '', c: 'z' }, null],
  ])('of several fields in %j is %j', (tags: Tags, value) => {
    expect(composedText(names, valuesOf(tags))).toBe(value);
  });

  test.each([
    [{ b: '2', a: '1' }, 'a=1,b=2'],
    [{ 'a=b': '1,2', c: '\\' }, 'a\\=b=1\\,2,c=\\\\'],
    [{ a: '' }, null],
    [{}, null],
  ])('of all fields in %j is %j', (tags: Tags, value) => {
    expect(composedText({ kind: 'all' }, valuesOf(tags))).toBe(value);
  });

  test.each([
    [{ b: '2', a: '1', c: '3' }, 'a=1,c=3'],
    [{ b: '2' }, null],
  ])('of all fields but b in %j is %j', (tags: Tags, value) => {
    expect(composedText({ kind: 'all', except: ['b', 'z'] }, valuesOf(tags))).toBe(value);
  });

  test('different tags never make the same value', () => {
    const text = fc.stringMatching(/^[a/\\,=]{1,4}$/);
    fc.assert(
      fc.property(fc.tuple(text, text), fc.tuple(text, text), ([a, b], [c, d]) => {
        for (const source of [names, { kind: 'all' }] as const) {
          const [one, two] = [composedText(source, valuesOf({ a, b })), composedText(source, valuesOf({ a: c, b: d }))];
          expect(one === two).toBe(a === c && b === d);
        }
      }),
    );
  });
});

describe('plain events', () => {
  const text = fc.oneof(
    fc.constantFrom('shop', 'a/b', 'a\\b', 'x=1,y', '', 'ü', 'x'.repeat(600)),
    fc.stringMatching(/^[a-z/=,]{0,6}$/),
  );
  const tags = fc.dictionary(
    fc.constantFrom('namespace', 'pod', 'zone', 'node', 'ns', 'a', 'b=c', 'workload', '__proto__'),
    fc.oneof(
      { weight: 12, arbitrary: text },
      fc.constantFrom(7, true, null, ['x'], { deep: 1 }) as unknown as fc.Arbitrary<string>,
    ),
    { maxKeys: 6 },
  );
  const line = fc
    .tuple(fc.constantFrom('workload', 'workload', 'series', 'single'), tags)
    .map(([schema, own]) => event(schema, schema === 'workload' ? 'load' : schema === 'series' ? 'x' : 'y', own));

  test('are read alike by the scanner and by JSON.parse', () => {
    let scanned = 0;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), fc.constantFrom(1000, 3), (lines, keys) => {
        const thrice = [...lines, ...lines, ...lines];
        const fast = decodeLines(thrice, true, keys);
        const slow = decodeLines(thrice, false, keys);
        expect(fast.rows).toEqual(slow.rows);
        expect(fast.letters).toEqual(slow.letters);
        expect(fast.notices).toEqual(slow.notices);
        scanned += fast.scanned;
      }),
      { numRuns: 300 },
    );
    expect(scanned).toBeGreaterThan(1000);
  });

  test('have the key and the tags of their parts', () => {
    const line = event('workload', 'load', { pod: 'cart-1', namespace: 'shop', zone: 'eu' });
    for (const scan of [true, false]) {
      const { rows } = decodeLines([line, line], scan);
      expect(rows.map((row) => row.key)).toEqual(['shop/cart-1', 'shop/cart-1']);
      expect(rows[1].tags).toEqual({
        ns: 'shop',
        everything: 'namespace=shop,pod=cart-1,zone=eu',
        others: 'namespace=shop,zone=eu',
        stage: 'prod',
        place: 'eu/',
      });
    }
  });

  test('without any part of the key are dead letters, and so are joined keys that are too long', () => {
    const { letters } = decodeLines([event('workload', 'load', { zone: 'eu' })], true);
    expect(letters[0].message).toMatch(/^the key tag `namespace` or `pod` is absent/);
    const long = decodeLines([event('workload', 'load', { namespace: 'n'.repeat(512), pod: 'p'.repeat(512) })], true);
    expect(long.letters.map((letter) => letter.reason)).toEqual(['too-large']);
    const fits = decodeLines([event('workload', 'load', { namespace: 'n'.repeat(511), pod: 'p'.repeat(512) })], true);
    expect(fits.letters).toEqual([]);
    const series = decodeLines([event('series', 'x', {})], true);
    expect(series.letters[0].message).toMatch(/^the key tag any tag at all is absent/);
  });
});

describe.each(['json', 'protobuf'] as const)('OTLP %s', (format) => {
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

  function decode(request: OtlpRequest) {
    const probe = intakeProbe(program);
    const options = { now: () => now };
    const result =
      format === 'json'
        ? new OtlpJsonDecoder(probe.intake, options).decode(Buffer.from(JSON.stringify(request)))
        : new OtlpProtobufDecoder(probe.intake, options).decode(otlpProtobuf(request));
    if ('error' in result) throw new Error(result.error);
    return { rows: probe.rows(), letters: probe.letters };
  }

  const points = (name: string, ...attributes: ReturnType<typeof attribute>[]) => ({
    name,
    gauge: { dataPoints: [{ timeUnixNano: '1000000000', asDouble: 1, attributes }] },
  });

  test('parts come from the point, the resource and the scope', () => {
    const { rows } = decode({
      resourceMetrics: [
        {
          resource: { attributes: [attribute('namespace', 'shop'), attribute('host', 'h'), attribute('pod', 'other')] },
          scopeMetrics: [
            {
              scope: { attributes: [attribute('host', 'scoped'), attribute('lib', 'l=1')] },
              metrics: [
                points('load', attribute('pod', 'cart/1')),
                points('x', attribute('pod', 'cart-1')),
                points('y'),
              ],
            },
          ],
        },
      ],
    });
    expect(rows.map(({ schema, key }) => [schema, key])).toEqual([
      ['workload', 'shop/cart\\/1'],
      ['series', 'host=h,lib=l\\=1,namespace=shop,pod=cart-1'],
      ['single', 'all'],
    ]);
    expect(rows[0].tags).toEqual({
      ns: 'shop',
      everything: 'host=h,lib=l\\=1,namespace=shop,pod=cart/1',
      others: 'host=h,lib=l\\=1,namespace=shop',
      stage: 'prod',
    });
  });

  test('a point without any part of the key is told, and what else it needs', () => {
    const { rows, letters } = decode({
      resourceMetrics: [{ scopeMetrics: [{ metrics: [points('load', attribute('zone', 'eu'))] }] }],
    });
    expect(rows).toEqual([]);
    expect(letters[0].message).toMatch(/without the attribute `namespace` or `pod` \(schema `workload`\)/);
  });
});
