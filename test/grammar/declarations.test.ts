// Keys of several names, members, histograms, schedules, parameters, patterns in tests: their trees, and mistakes in them.

import { describe, expect, test } from 'vitest';
import { format } from '../../grammar/format.ts';
import { parse } from '../../grammar/parser.ts';
import { outline, parseSound, problemsOf, withoutSpans } from './parse-text.ts';

function itemsOf(text: string): unknown {
  const [declaration] = parseSound(text);
  return withoutSpans(declaration !== undefined && 'items' in declaration ? declaration.items : declaration);
}

const inPolicy = (line: string) => `policy p {\n  on s\n  ${line}\n  cooldown 5m\n}\n`;

describe('schemas', () => {
  test('what makes a key or tag', () => {
    expect(
      itemsOf(
        'schema s {\n  key k from "a", "b"\n  tag t always "x"\n  tag u from * at most 500\n  tag v from * without "a", "b"\n  tag active\n}',
      ),
    ).toMatchObject([
      { kind: 'key', from: { kind: 'names', names: [{ value: 'a' }, { value: 'b' }] } },
      { kind: 'tag', from: { kind: 'always', value: { value: 'x' } }, most: null },
      { kind: 'tag', from: { kind: 'all', except: [] }, most: { value: 500 } },
      { kind: 'tag', from: { kind: 'all', except: [{ value: 'a' }, { value: 'b' }] }, most: null },
      { kind: 'tag', name: { text: 'active' }, from: null },
    ]);
  });

  test('histograms', () => {
    expect(itemsOf('schema s { metric of: histogram of duration in s optional from "x" }')).toMatchObject([
      { name: { text: 'of' }, type: { text: 'histogram' }, of: { text: 'duration' }, unit: { text: 's' } },
    ]);
  });

  test.each([
    ['key k from', '`from`'],
    ['key k always 5', '`5`'],
    ['tag t at 5', '`5`'],
    ['tag t at most "5"', '`"5"`'],
    ['tag t from "a",', '`}`'],
    ['metric m: histogram of', '`}`'],
  ])('%s', (item) => {
    const text = `schema s {\n  ${item}\n}\nconst sound = 5\n`;
    expect(problemsOf(text)).toHaveLength(1);
    expect(outline(parse('a.ddl', text)).at(-1)).toBe('const sound');
  });
});

describe('schedules', () => {
  test.each([
    ['active mon..fri 08:00..18:00 in "Europe/Berlin"', { days: [{ from: { text: 'mon' }, to: { text: 'fri' } }] }],
    ['inactive sat, sun', { word: 'inactive', days: [{}, {}], times: null, zone: null }],
    ['active 22:00..06:00', { days: [], times: { fromMinute: 1320, toMinute: 360 } }],
    ['active mon 0:00..24:00', { times: { fromMinute: 0, toMinute: 1440 } }],
    ['active mon in "UTC"', { times: null, zone: { value: 'UTC' } }],
  ])('%s', (line, tree) => {
    expect(itemsOf(inPolicy(line))).toMatchObject([{ kind: 'on' }, tree, { kind: 'property' }]);
  });

  test.each([
    ['active', '3: unexpected-token `cooldown`, in schedule'],
    ['active in "UTC"', '3: unexpected-token `in`, in schedule'],
    ['active 08:00', '3: unexpected-token `cooldown`, in schedule'],
    ['active 08:60..18:00', '3: unexpected-token `08`, in schedule'],
    ['active 08:00..25:00', '3: unexpected-token `25`, in schedule'],
    ['active 08:00..24:01', '3: unexpected-token `24`, in schedule'],
    ['active 24:00..08:00', '3: unexpected-token `24`, in schedule'],
    ['active 8..18', '3: unexpected-token `8`, in schedule'],
    ['active mon..', '4: unexpected-token `cooldown`, in schedule'],
    ['active mon-fri', '3: unexpected-token `-`, in schedule'],
    ['active mon 08:00..18:00 Europe/Berlin', '3: unexpected-token `Europe`, in schedule'],
    ['active mon in Berlin', '3: unexpected-token `Berlin`, in schedule'],
  ])('%s', (line, problem) => {
    const found = problemsOf(inPolicy(line));
    expect(found.map((text) => text.replace(/^\d+/, ''))).toEqual([problem.replace(/^\d+/, '')]);
    expect(outline(parse('a.ddl', inPolicy(line)))).toEqual(['policy p [on, cooldown]']);
  });
});

describe('on missing', () => {
  test.each([
    ['on missing hold', ['hold']],
    ['on missing treat_as false', ['treat_as', 'false']],
  ])('%s', (line, words) => {
    expect(itemsOf(inPolicy(line))).toMatchObject([
      { kind: 'on' },
      { kind: 'on-missing', words: words.map((text) => ({ text })) },
      { kind: 'property' },
    ]);
  });

  test('a schema may be called `missing`', () => {
    const clauses = ['on missing', 'on missing where a == "x"', 'on missing when x > 1'];
    for (const clause of clauses) {
      const [policy] = parseSound(`policy p {\n  ${clause}\n}`);
      if (policy?.kind !== 'policy') throw new Error('the text holds no policy');
      expect(policy.items[0]).toMatchObject({ kind: 'on', schema: { text: 'missing' } });
    }
  });

  test('a value of another form', () => {
    expect(problemsOf(inPolicy('on missing hold 5m'))).toEqual(['3: unexpected-token `5m`, in on missing clause']);
  });
});

describe('parameters and tune', () => {
  test('a policy with parameters', () => {
    const [policy] = parseSound('policy p(limit: duration = 500ms, in: ratio = 5% + 1%) {\n  on s\n}');
    expect(policy).toMatchObject({
      kind: 'policy',
      parameters: [
        { name: { text: 'limit' }, type: { text: 'duration' }, value: { value: 500 } },
        { name: { text: 'in' }, value: { kind: 'arithmetic' } },
      ],
      items: [{ kind: 'on' }],
    });
  });

  test('values stand on lines of their own or behind commas', () => {
    for (const body of ['{ a: 1, in: 2 }', '{\n  a: 1\n  in: 2\n}', '{\n  a: 1,\n  in: 2,\n}']) {
      const [tune] = parseSound(`tune p where k in ["x", "y"] ${body}`);
      expect(tune).toMatchObject({
        kind: 'tune',
        policy: { text: 'p' },
        where: { kind: 'in' },
        values: [{ name: { text: 'a' } }, { name: { text: 'in' } }],
      });
    }
  });

  test('the layout', () => {
    const text = '/// slower\ntune p where k=="x" {a: 900ms /* */, b:5% }'.replace('/* */', '');
    const written = '/// slower\ntune p where k == "x" {\n  a: 900ms\n  b: 5%\n}\n';
    expect(format(parse('a.ddl', text).source)).toBe(written);
    expect(format(parse('a.ddl', 'policy p(a:ratio=5%){on s}').source)).toBe('policy p(a: ratio = 5%) {\n  on s\n}\n');
  });

  test.each([
    ['policy p(a: ratio) {\n  on s\n}', '1: unexpected-token `)`, in parameters of the policy'],
    ['policy p() {\n  on s\n}', '1: unexpected-token `)`, in parameters of the policy'],
    ['policy p(a = 5%) {\n  on s\n}', '1: unexpected-token `=`, in parameters of the policy'],
  ])('%s', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
    expect(outline(parse('a.ddl', text))).toEqual(['policy p [on]']);
  });

  test.each([
    ['tune p {\n  a: 1\n}', '1: unexpected-token `{`, in tune'],
    ['tune p where {\n  a: 1\n}', '1: unexpected-token `{`, in tune'],
    ['tune p where k == "x" {\n  a 1\n  b: 2\n}', '2: unexpected-token `1`, in tune'],
    ['tune p where k == "x" {\n  a: 1 b: 2\n}', '2: unexpected-token `b`, in tune'],
    ['tune p where k == "x" {\n  a: 1', '2: unclosed-block the end of the file, in tune'],
  ])('%s', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });
});

describe('patterns in tests', () => {
  const row = (values: string) => `test "t" {\n  given s {\n    0s .. 9s: ${values}\n  }\n}`;

  test('ramps, cycles, nothing', () => {
    const text = row('a 2% to 8%, b [1%, -5, NaN, absent, true], absent absent, to -1 to -2, c false');
    expect(itemsOf(text)).toMatchObject([
      {
        rows: [
          {
            values: [
              { value: { kind: 'ramp', from: { value: 2 }, to: { value: 8 } } },
              { value: { kind: 'cycle', points: [{ value: 1 }, { value: -5 }, { word: 'NaN' }, {}, { value: true }] } },
              { metric: { text: 'absent' }, value: { kind: 'nothing', word: 'absent' } },
              { metric: { text: 'to' }, value: { kind: 'ramp', from: { value: -1 }, to: { value: -2 } } },
              { value: { kind: 'boolean', value: false } },
            ],
          },
        ],
      },
    ]);
  });

  test.each(['a []', 'a [1, [2]]', 'a true to 5', 'a 1 to NaN', 'a 1 to', 'a [1 to 5]', 'a [1, 2'])('%s', (values) => {
    expect(problemsOf(row(values))).toHaveLength(1);
  });
});
