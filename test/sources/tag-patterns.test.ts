// Patterns of `like`: which values fit, and that every decoder's rows say so.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitsGlob as fitsInChecks } from '../../compiler/vocabulary/glob.ts';
import { fitsGlob } from '../../runtime/evaluate/glob.ts';
import { Intake } from '../../runtime/evaluate/intake.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { OtlpJsonDecoder } from '../../runtime/sources/otlp-json.ts';
import { OtlpProtobufDecoder } from '../../runtime/sources/otlp-protobuf.ts';
import { type OtlpRequest, otlpProtobuf } from '../support/otlp-protobuf.ts';
import { metricMeta, programMeta, schemaMeta, tagMeta } from '../support/program-meta.ts';

describe('a value fits', () => {
  test.each([
    ['eu-west-1', 'eu-*', true],
    ['neu-west-1', 'eu-*', false],
    ['eu-', 'eu-*', true],
    ['', '*', true],
    ['', '?', false],
    ['ü', '?', true],
    ['😀', '?', true],
    ['abc', 'a?c', true],
    ['abbbc', 'a*b?', true],
    ['aab', 'a*a*b*', true],
    ['a.c', 'a.c', true],
    ['abc', 'a.c', false],
    ['(', '(', true],
    ['a\nb', 'a*b', true],
  ])('%j %j: %j', (text, glob, fits) => {
    expect(fitsGlob(text, glob)).toBe(fits);
    expect(fitsInChecks(text, glob)).toBe(fits);
  });

  test('as a regular expression would have it', () => {
    const text = fc.stringMatching(/^[ab.]{0,8}$/);
    const glob = fc.stringMatching(/^[ab.*?]{0,6}$/);
    fc.assert(
      fc.property(text, glob, (value, pattern) => {
        const expression = new RegExp(
          `^${pattern.replaceAll(/[.*?]/g, (part) => ({ '.': '[.]', '*': '.*', '?': '.' })[part] ?? part)}$`,
          'su',
        );
        expect(fitsGlob(value, pattern)).toBe(expression.test(value));
        expect(fitsInChecks(value, pattern)).toBe(expression.test(value));
      }),
    );
  });

  test('or not in a time that both lengths bound', () => {
    expect(fitsGlob('a'.repeat(1024), `${'a*'.repeat(500)}b`)).toBe(false);
    expect(fitsInChecks('a'.repeat(1024), `${'a*'.repeat(500)}b`)).toBe(false);
  });
});

const program = programMeta([
  schemaMeta('service', {
    key: tagMeta('id'),
    tags: [
      tagMeta('region', { from: 'cloud.region', literals: ['eu'] }),
      tagMeta('region like "e*"', { literals: ['yes', 'no'], pattern: { tag: 0, glob: 'e*' } }),
      tagMeta('id like "?1"', { literals: ['yes', 'no'], pattern: { tag: -1, glob: '?1' } }),
    ],
    metrics: [metricMeta('load')],
  }),
]);
const events = [
  ['a1', 'eu'],
  ['a2', 'us'],
  ['b1', null],
  ['b22', 'e'],
  ['a1', 'eu-west-1'],
  ['a1', 'us'],
] as const;
/** Both patterns of each event: 0 is yes, 1 is no, −1 unknown. */
const answers = [
  [0, 0],
  [1, 1],
  [-1, 0],
  [0, 1],
  [0, 0],
  [1, 0],
];

function columns(decode: (intake: Intake) => void, tagValues = 1000): number[][] {
  const limits = { keys: 100, tagValues, aheadMs: 1e15 };
  const intake = new Intake(program, limits, (letter) => {
    throw new Error(letter.message);
  });
  decode(intake);
  const [schema] = intake.schemas;
  schema.matchPatterns();
  const { rows } = schema;
  return Array.from({ length: rows.rows }, (_, row) => [...rows.tags.slice(row * 3 + 1, row * 3 + 3)]);
}

const lines = events.map(([id, region], index) =>
  JSON.stringify({ timestamp: 1000 + index, metrics: { load: 1 }, tags: region === null ? { id } : { id, region } }),
);
const plain = (scan: boolean) => (intake: Intake) => {
  const decoder = new JsonEventDecoder(intake, { schema: 'service', where: 'in', now: () => 1e6, scan });
  decoder.decode(Buffer.from(lines.map((line) => `${line}\n`).join('')));
  decoder.end();
};

const request: OtlpRequest = {
  resourceMetrics: [
    {
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'load',
              gauge: {
                dataPoints: events.map(([id, region], index) => ({
                  timeUnixNano: String((1000 + index) * 1e6),
                  asDouble: 1,
                  attributes: [
                    { key: 'id', value: { stringValue: id } },
                    ...(region === null ? [] : [{ key: 'cloud.region', value: { stringValue: region } }]),
                  ],
                })),
              },
            },
          ],
        },
      ],
    },
  ],
};

describe('every decoder’s rows say whether', () => {
  test('plain events, read by JSON.parse', () => expect(columns(plain(false))).toEqual(answers));
  test('plain events, read by the scanner', () => expect(columns(plain(true))).toEqual(answers));
  test('OTLP as JSON', () =>
    expect(
      columns((intake) => {
        new OtlpJsonDecoder(intake, { now: () => 1e6 }).decode(Buffer.from(JSON.stringify(request)));
      }),
    ).toEqual(answers));
  test('OTLP as protobuf', () =>
    expect(
      columns((intake) => void new OtlpProtobufDecoder(intake, { now: () => 1e6 }).decode(otlpProtobuf(request))),
    ).toEqual(answers));

  test('a value without a place fits none', () => {
    expect(columns(plain(false), 2).map(([region]) => region)).toEqual([0, 1, -1, 1, 1, 1]);
  });
});
