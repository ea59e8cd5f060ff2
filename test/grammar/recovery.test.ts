// Every mistake is reported once, where it is, and hides nothing that is sound.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse, textLengthMax } from '../../grammar/parser.ts';
import { lex } from '../../grammar/tokens.ts';
import { outline, problemsOf } from './parse-text.ts';

function read(text: string): { problems: string[]; outline: string[] } {
  return { problems: problemsOf(text), outline: outline(parse('a.ddl', text)) };
}

describe('sound neighbours survive', () => {
  test('three mistakes in a file are three problems', () => {
    const text = `policy a {
  on s
  when error_rate > > 5%
   and latency > 3
  do notify("x")
}
policy b {
  when x > 5%
  do notify("x"
  cooldown 5m
}
policy c {
  cooldown 5m *
  on s
}
policy sound { on s when y > 1 do notify() }`;
    expect(read(text)).toEqual({
      problems: [
        '3: unexpected-token `>`, in when clause',
        '10: unexpected-token `cooldown`, in call',
        '13: unexpected-token `*`, in property',
      ],
      outline: [
        'policy a [on, when, do]',
        'policy b [when, cooldown]',
        'policy c [cooldown, on]',
        'policy sound [on, when, do]',
      ],
    });
  });

  test('misspelled words', () => {
    const text = `polcy a {
  title "x"
  let b = 5
}
policy b {
  whn error_rate > 5%
   and latency > 3
  Do scale_up(payment)
  cooldwn 5m
}
schema s {
  metrc a: number
  metrc b: number
  metric c: number
}
test "x" {
  givn s { }
  expct a at 5s
  expect nothing
}`;
    expect(read(text)).toEqual({
      problems: [
        '1: unexpected-token `polcy`, in file',
        '6: unexpected-token `whn`, in policy',
        '8: unexpected-token `Do`, in policy',
        '12: unexpected-token `metrc`, in schema item',
        '13: unexpected-token `metrc`, in schema item',
        '17: unexpected-token `givn`, in test',
        '18: unexpected-token `expct`, in test',
      ],
      outline: ['policy b [cooldwn]', 'schema s [metric]', 'test x [expect-nothing]'],
    });
  });

  test('blocks that are not closed', () => {
    const text = `policy a {
  when x > 1
policy b {
  on s
}
test "t" {
  given s {
    0s: a 1
  expect nothing
}
schema s {
  key k
`;
    const result = parse('a.ddl', text);
    expect(read(text)).toEqual({
      problems: [
        '3: unclosed-block `policy`, in policy',
        '9: unclosed-block `expect`, in given clause',
        '13: unclosed-block the end of the file, in schema',
      ],
      outline: ['policy a [when]', 'policy b [on]', 'test t [given, expect-nothing]', 'schema s [key]'],
    });
    expect(result.problems.map(({ opened }) => text.slice(0, opened?.start).split('\n').length)).toEqual([1, 7, 11]);
  });

  test('a declaration tells when an item of it is missing', () => {
    const { source } = parse('a.ddl', 'policy a {\n  do (\n}\npolicy b {\n  when 5 5\n}');
    expect(source.declarations.map((declaration) => declaration.incomplete)).toEqual([true, undefined]);
  });

  test('strings that are not closed', () => {
    const text = `policy a {
  title "abc
  do notify("abc)
  cooldown 5m
}
test "abc {
  given s(a: "x) every 1s {
    0s: a 1
  }
  expect a at 5s { notify("x) }
}
policy b { title "abc }`;
    expect(read(text)).toEqual({
      problems: [2, 3, 6, 7, 10, 12].map((line) => `${line}: unclosed-string the end of the line, in string`),
      outline: ['policy a [title, cooldown]', 'test abc { [given]', 'policy b [title]'],
    });
  });

  test('heads', () => {
    const text = `policy high-error {
  on s
}
policy {
  on s
}
fleet f
  size 2..40
}
const = 5
const b 5
action x(a b) via webhook
const c = 5`;
    expect(read(text)).toEqual({
      problems: [
        '1: unexpected-token `-`, in policy',
        '4: unexpected-token `{`, in policy',
        '8: unexpected-token `size`, in fleet',
        '10: unexpected-token `=`, in const',
        '11: unexpected-token `5`, in const',
        '12: unexpected-token `b`, in action',
      ],
      outline: ['policy high [on]', 'fleet f [size]', 'const c'],
    });
  });

  test('what belongs on a line is not looked for on the next', () => {
    const text = `schema s {
  key
  tag t: "a" |
  metric m:
  metric n: number
  every
  lateness 5s
}
policy p {
  when error_rate >
  cooldown 5m
  do
  limit 2 per 1h
  on
  when x
  do a() timeout
  mode enforce
}
test "t" {
  given s {
    0s: a 1, b
    1s: a 2
  }
}`;
    expect(read(text)).toEqual({
      problems: [
        '3: unexpected-token `tag`, in schema item',
        '4: unexpected-token `metric`, in schema item',
        '5: unexpected-token `metric`, in schema item',
        '7: unexpected-token `lateness`, in schema item',
        '11: unexpected-token `cooldown`, in when clause',
        '13: unexpected-token `limit`, in do clause',
        '15: unexpected-token `when`, in on clause',
        '17: unexpected-token `mode`, in do clause',
        '22: unexpected-token `1s`, in row of a given clause',
      ],
      outline: ['schema s [metric, timing]', 'policy p [when, cooldown, limit, when, do, mode]', 'test t [given]'],
    });
  });

  test.each([
    ['{ "id": "x", "metrics": {"a": 1}, \'b\': [1, 2] }', ['1: unexpected-token `{`, in file']],
    ["# A title\n\nProse with quirks & more; it's long.\n", ['1: bad-character `#`, in file']],
    ['policy a { on s } }\npolicy b { on s }', ['1: unexpected-token `}`, in file']],
    ['policy a {\n  const x = 5\n  on s\n}', ['2: unexpected-token `const`, in policy']],
  ])('%s', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});

test('one token too many or too few anywhere is one problem, and where a brace misleads two', () => {
  const text = readFileSync(new URL('./high-error-rate.ddl', import.meta.url), 'utf8');
  const put = ['', '{', '}', '(', ')', 'and', '>', '5%', '"x"', 'foo', ':', ',', 'when', '&&', '"open', '\n'];
  const counts = [0, 0, 0];
  for (const { startOffset, image } of lex(text).tokens) {
    for (const token of put) {
      const rest = text.slice(token === '' ? startOffset + image.length : startOffset);
      const { problems } = parse('a.ddl', `${text.slice(0, startOffset)}${token} ${rest}`);
      counts[problems.length] = (counts[problems.length] ?? 0) + 1;
    }
  }
  const [, one = 0, two = 0, ...more] = counts;
  expect(more).toEqual([]);
  expect(two / (one + two)).toBeLessThan(0.02);
});

describe('signs of other languages', () => {
  test.each([
    ['when a && b || c', '`and`'],
    ['when a || b', '`or`'],
    ['when !a', '`not`'],
    ['when a ≥ 5', '`>=`'],
    ['when a = 5', '`==`'],
    ['cooldown 5m;', 'the end of the line'],
    ["do notify('hello')", 'a string in double quotes, such as `"text"`'],
  ])('%s', (item, expected) => {
    const { problems } = parse('a.ddl', `policy p {\n  ${item}\n  mode enforce\n}`);
    expect(problems.map((problem) => problem.expected[0])).toEqual([expected]);
  });

  test('comments of other languages are one problem each, and what stands behind one begins its line', () => {
    const text =
      '/* a\n b */ const a = 5\npolicy p { /**/ on s\n  /* c */ cooldown 5m\n}\nconst b = 6 /* to the end\nconst c = 7';
    expect(read(text)).toEqual({
      problems: [1, 3, 4, 6].map((line) => `${line}: bad-character \`/*\`, in comment`),
      outline: ['const a', 'policy p [on, cooldown]', 'const b'],
    });
  });

  test('many of them take no longer than few', () => {
    expect(parse('a.ddl', '/* '.repeat(1_000_000)).problems).toHaveLength(1);
    expect(parse('a.ddl', '/**/'.repeat(100_000)).problems).toHaveLength(1_000);
  });

  test('a condition of many parts takes no longer for each', () => {
    const condition = `${'a between 1 and 5 and '.repeat(50_000)}b`;
    expect(problemsOf(`policy p {\n  when ${condition}\n}`)).toEqual([]);
  });

  test('what may follow a `for`', () => {
    const expected = (condition: string) =>
      parse('a.ddl', `policy p {\n  when ${condition}\n}`).problems.map((problem) => problem.expected);
    const held = ['`and`', '`or`', '`for`', '`within`', 'the end of the line'];
    expect(expected('x for 5s > 3')).toEqual([held]);
    expect(expected('x in [1, 2] > 3')).toEqual([held]);
    expect(expected('(x for 5s 3s)')).toEqual([['`)`', '`and`', '`or`']]);
    expect(expected('x then y within 5m for 3s')).toEqual([['`and`', '`or`', 'the end of the line']]);
    expect(expected('x then y and z')).toEqual([['`within` and a duration']]);
    expect(expected('x then y')).toEqual([['`within` and a duration']]);
    expect(expected('x between 1 or 2')).toEqual([['`and` and the upper bound']]);
    expect(expected('x between 1')).toEqual([['`and` and the upper bound']]);
    expect(expected('x 5')).toEqual([['`and`', '`or`', '`for`', 'an operator', 'the end of the line']]);
  });

  test('letters of other scripts are one problem for each word', () => {
    const cyrillic = '\u0430';
    expect(problemsOf(`policy p${cyrillic}yment { when é > 1 }`)).toEqual([
      `1: bad-character \`p${cyrillic}yment\`, in name`,
      '1: bad-character `é`, in name',
    ]);
  });

  test.each(['1__0', '1_', '1.2.3ms', '.5', '1e999', '9'.repeat(500)])('number %s', (number) => {
    expect(parse('a.ddl', `const a = ${number}`).problems.map((problem) => problem.code)).toEqual(['bad-number']);
  });

  test('escapes and controls in strings', () => {
    const text = 'const a = "a\\qb\\u{110000}\\u{}\u001b"';
    const { problems } = parse('a.ddl', text);
    expect(problems.map(({ code, span }) => [code, text.slice(span.start, span.end)])).toEqual([
      ['bad-escape', '\\q'],
      ['bad-escape', '\\u{110000}'],
      ['bad-escape', '\\u{}'],
      ['bad-character', '\u001b'],
    ]);
    expect(JSON.stringify(problems.map((problem) => problem.found))).not.toContain('\u001b');
  });
});

describe('limits', () => {
  test.each([10_000, 1_000_000])('%i parentheses', (count) => {
    const text = `policy a {\n  when ${'('.repeat(count)}x${')'.repeat(count)} > 1\n  cooldown 5m\n}\npolicy b { on s }`;
    const result = parse('a.ddl', text);
    expect(result.problems.map((problem) => problem.code)).toEqual(['nested-too-deeply']);
    expect(outline(result)).toEqual(['policy a [when, cooldown]', 'policy b [on]']);
  });

  test.each([
    ['parentheses', (depth: number) => `${'('.repeat(depth)}x${')'.repeat(depth)}`],
    ['calls', (depth: number) => `${'f('.repeat(depth - 1)}x${')'.repeat(depth - 1)}`],
    ['not', (depth: number) => `${'not '.repeat(depth - 1)}x`],
    ['minus', (depth: number) => `${'-'.repeat(depth - 1)}x`],
    ['a chain of operators', (depth: number) => `1${' + 1'.repeat(depth - 1)}`],
    ['a chain of two kinds', (depth: number) => `1${' * 2 + 1'.repeat(depth - 2)}`],
  ])('200 levels of %s are read, one more is too many', (_, nested) => {
    expect(problemsOf(`const a = ${nested(200)}`)).toEqual([]);
    for (const depth of [201, 5_000]) {
      const { problems } = parse('a.ddl', `const a = ${nested(depth)}\nconst b = 1`);
      expect(problems.map((problem) => problem.code)).toEqual(['nested-too-deeply']);
    }
  });

  test('`and` may join any number of conditions', () => {
    expect(problemsOf(`const a = b${' and b'.repeat(5_000)}`)).toEqual([]);
  });

  test('a file that is too large is not read', () => {
    const { problems, source } = parse('a.ddl', ' '.repeat(textLengthMax + 1));
    expect(problems).toMatchObject([{ code: 'file-too-large', found: '4.0 MiB' }]);
    expect(source.declarations).toEqual([]);
  });

  test.each([
    ['NUL', 'policy a\u0000 { }'],
    ['bytes that are not UTF-8', '\ufffd\ufffd\u0001PK\u0003\u0004\ufffd'],
  ])('%s is no text', (_, text) => {
    expect(parse('a.ddl', text).problems.map((problem) => problem.code)).toEqual(['not-text']);
  });

  test('one replacement character in a comment is harmless', () => {
    expect(problemsOf(`// caf\ufffd, and so on and so forth\nconst a = 5`)).toEqual([]);
  });

  test('no more than 1,000 problems', () => {
    expect(parse('a.ddl', 'const a = b & c\n'.repeat(5_000)).problems).toHaveLength(1_000);
  });
});
