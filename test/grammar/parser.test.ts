// What is written becomes the tree that a reader would draw.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Expression, QuantityLiteral } from '../../grammar/ast.ts';
import { formatExpression } from '../../grammar/format-expression.ts';
import { parse } from '../../grammar/parser.ts';
import { lex } from '../../grammar/tokens.ts';
import { outline, parseSound, policyOf, problemsOf, withoutSpans } from './parse-text.ts';

function expressionOf(text: string): Expression {
  const [declaration] = parseSound(`const a = ${text}`);
  if (declaration?.kind !== 'const') throw new Error('no constant');
  return declaration.value;
}

/** Every operation in brackets. */
function written(node: QuantityLiteral): string {
  return `${node.text}${node.unit ?? ''}`;
}

function bracketed(node: Expression): string {
  switch (node.kind) {
    case 'logic':
      return `[${node.operands.map(bracketed).join(` ${node.operator} `)}]`;
    case 'not':
      return `[not ${bracketed(node.operand)}]`;
    case 'negate':
      return `[-${bracketed(node.operand)}]`;
    case 'for':
    case 'within':
      return `[${bracketed(node.condition)} ${node.kind} ${written(node.duration)}]`;
    case 'for-part':
      return `[${bracketed(node.condition)} for ${written(node.part)} of ${written(node.whole)}]`;
    case 'sequence':
      return `[${bracketed(node.first)} then ${bracketed(node.second)} within ${written(node.duration)}]`;
    case 'ago':
      return `[${bracketed(node.value)} ago ${written(node.distance)}]`;
    case 'between':
      return `[${bracketed(node.value)} between ${bracketed(node.low)} and ${bracketed(node.high)}]`;
    case 'in':
      return `[${bracketed(node.value)} in ${node.options.map(bracketed).join(', ')}]`;
    case 'like':
      return `[${bracketed(node.value)} like "${node.pattern.value}"]`;
    case 'comparison':
    case 'arithmetic':
      return `[${bracketed(node.left)} ${node.operator} ${bracketed(node.right)}]`;
    default:
      return formatExpression(node, '');
  }
}

const example = readFileSync(new URL('./high-error-rate.ddl', import.meta.url), 'utf8');

describe('a whole program', () => {
  test('is read without problems', () => {
    const result = parse('high-error-rate.ddl', example);
    expect(result.problems).toEqual([]);
    expect(outline(result)).toEqual([
      'schema service_health [key, tag, tag, metric, metric, metric, metric, metric, timing, timing, timing]',
      'fleet payment [service, asg, size, change]',
      'policy high_error_rate [title, owner, runbook, on, when, until, do, do, cooldown, settle, limit, priority, mode]',
      'test thirty seconds of errors act once [given, expect-decision, expect-nothing]',
    ]);
  });

  test('a node spans its text', () => {
    const { source } = parse('high-error-rate.ddl', example);
    const [, , policy] = source.declarations;
    if (policy?.kind !== 'policy') throw new Error('no policy');
    const texts = policy.items.map(({ span }) => example.slice(span.start, span.end));
    expect(texts[4]).toBe('when error_rate > 5% for 30s\n   and latency_p99 > 500ms for 30s');
    expect(texts[6]).toBe('do circuit_break(payment, threshold: 50%, open_for: 10s) timeout 2s');
    expect(texts[12]).toBe('mode     enforce');
  });

  test('empty files, blank files and files of comments are programs', () => {
    for (const text of ['', ' \n\n', '// nothing yet', '\ufeff']) expect(parse('a.ddl', text).problems).toEqual([]);
  });

  test('line ends of any system', () => {
    const crlf = parse('a.ddl', example.replaceAll('\n', '\r\n'));
    expect(crlf.problems).toEqual([]);
    expect(withoutSpans(crlf.source.declarations)).toEqual(withoutSpans(parse('a.ddl', example).source.declarations));
    expect(problemsOf('policy a {\r  cooldown 5m\r  mode enforce\r}\r')).toEqual([]);
  });
});

describe('expressions', () => {
  test.each([
    ['a or b and c', '[a or [b and c]]'],
    ['a and b and c', '[a and b and c]'],
    ['(a and b) and c', '[[a and b] and c]'],
    ['a and b or c and d', '[[a and b] or [c and d]]'],
    ['not a and b', '[[not a] and b]'],
    ['not not a', '[not [not a]]'],
    ['a > 5% for 30s and b > 1 for 10s', '[[[a > 5%] for 30s] and [[b > 1] for 10s]]'],
    ['not x > 1 for 30s', '[not [[x > 1] for 30s]]'],
    ['(a or b) for 1m', '[[a or b] for 1m]'],
    ['missing(m) for 2m', '[missing(m) for 2m]'],
    ['a - b - c', '[[a - b] - c]'],
    ['a - (b - c)', '[a - [b - c]]'],
    ['a + b * c / d', '[a + [[b * c] / d]]'],
    ['-a * b', '[[-a] * b]'],
    ['a - -5', '[a - [-5]]'],
    ['a + b > c - d == false', null],
    ['a < b < c', null],
    ['a + not b', null],
    ['a > 1 for 30s for 1m', '[[[a > 1] for 30s] for 1m]'],
    ['a > 1 for 3 of 5', '[[a > 1] for 3 of 5]'],
    ['a for 80% of 5m within 1h', '[[a for 80% of 5m] within 1h]'],
    ['a between 1 and 2 and b', '[[a between 1 and 2] and b]'],
    ['a + 1 between b - 1 and -c for 5m', '[[[a + 1] between [b - 1] and [-c]] for 5m]'],
    ['a between 1 and (b and c)', '[a between 1 and [b and c]]'],
    ['not a in ["x", "y"] or b', '[[not [a in "x", "y"]] or b]'],
    ['a like "x*" for 5m', '[[a like "x*"] for 5m]'],
    ['a and b then c within 5m and d', '[a and [b then c within 5m] and d]'],
    ['not a then b > 1 for 3s within 5m', '[[not a] then [[b > 1] for 3s] within 5m]'],
    ['a then (b within 3s) within 5m', '[a then [b within 3s] within 5m]'],
    ['a then x between 1 and 2 within 5m', '[a then [x between 1 and 2] within 5m]'],
    ['(a then b within 5m) then c within 9m', '[[a then b within 5m] then c within 9m]'],
    ['a / b ago 1h > -c ago 1d', '[[a / [b ago 1h]] > [-[c ago 1d]]]'],
    ['(a / b) ago 1h', '[[a / b] ago 1h]'],
    ['between between between and between', '[between between between and between]'],
    ['in in [in] for 5s', '[[in in in] for 5s]'],
    ['then then then within 5m', '[then then then within 5m]'],
    ['within within 5m', '[within within 5m]'],
    ['ago ago 5m', '[ago ago 5m]'],
    ['a > 1 for 30s of 1m of 2m', null],
    ['a ago 1h ago 2h', null],
    ['a between 1 and 2 and', null],
    ['a between 1', null],
    ['a between not b and c', null],
    ['a < b in [1]', null],
    ['a in [1] == true', null],
    ['a in []', null],
    ['a in 5', null],
    ['a like b', null],
    ['a then b', null],
    ['a then b and c', null],
    ['a then not b within 5m', null],
    ['a then b within 5m then c within 5m', null],
    ['a then b within 5m for 3s', null],
    ['a > 1 for 30s > 2', null],
  ])('%s', (text, tree) => {
    if (tree === null) expect(problemsOf(`policy p { when ${text} }`)).toHaveLength(1);
    else expect(bracketed(expressionOf(text))).toBe(tree);
  });

  test('calls, labels, windows and fleets', () => {
    const [item] = policyOf(
      'policy p {\n  do scale(\n    fleet of service_id,\n    by: avg(x over 5m) / 2\n  )\n}',
    ).items;
    expect(withoutSpans(item)).toMatchObject({
      action: {
        callee: { text: 'scale' },
        args: [
          { label: null, value: { kind: 'fleet-lookup', tag: { text: 'service_id' } } },
          {
            label: { text: 'by' },
            value: {
              kind: 'arithmetic',
              left: { kind: 'call', args: [{ modifiers: [{ word: 'over', duration: { value: 5, unit: 'm' } }] }] },
            },
          },
        ],
      },
    });
  });
});

describe('tokens', () => {
  test.each([
    ['5%', 5, '%'],
    ['500ms', 500, 'ms'],
    ['1.5GiB', 1.5, 'GiB'],
    ['100/s', 100, '/s'],
    ['10MB/s', 10, 'MB/s'],
    ['1_000', 1000, null],
    ['1e3', 1000, null],
    ['2.5E-3ms', 0.0025, 'ms'],
    ['7parsecs', 7, 'parsecs'],
    ['5e', 5, 'e'],
    ['0.05', 0.05, null],
  ])('%s is one quantity', (text, value, unit) => {
    expect(withoutSpans(expressionOf(text))).toMatchObject({ kind: 'quantity', value, unit });
  });

  test.each([
    ['2..40', ['2', '..', '40']],
    ['0s..59s', ['0s', '..', '59s']],
    ['100/size', ['100', '/', 'size']],
    ['a/s', ['a', '/', 's']],
    ['"a//b" //c', ['"a//b"']],
    ['stale_after afterwards', ['stale_after', 'afterwards']],
    ['a!=b', ['a', '!=', 'b']],
  ])('%s', (text, images) => {
    expect(lex(text).tokens.map((token) => token.image)).toEqual(images);
  });

  test('escapes in strings', () => {
    const value = expressionOf('"a\\"b\\\\c\\n\\t\\u{1F600}\\u00e9"');
    expect(value).toMatchObject({ kind: 'string', value: 'a"b\\c\n\t\u{1F600}é' });
  });

  test('comments and documentation are told apart', () => {
    const text = [
      '/// far',
      '',
      '/// one',
      '// ddl-ignore DDL4003 until 2027-01-01: reason',
      '///   two',
      'const a = 5 // behind',
      '//// four',
      'const b = 6',
    ].join('\n');
    const { source } = parse('a.ddl', text);
    expect(source.declarations.map((declaration) => declaration.doc)).toEqual([['one', '  two'], []]);
    expect(source.comments.map((comment) => comment.text)).toEqual([
      '/// far',
      '// ddl-ignore DDL4003 until 2027-01-01: reason',
      '// behind',
      '//// four',
    ]);
  });
});

describe('words that are words only at their place', () => {
  const words = ['limit', 'every', 'key', 'title', 'mode', 'test', 'policy', 'let', 'from', 'at', 'NaN', '__proto__'];
  test.each(words)('%s may name anything', (word) => {
    const text = [
      `schema ${word} {\n  key ${word}\n  tag ${word}: "a" | "b"\n  metric ${word}: ${word}\n  every 1s   stale after 2s\n}`,
      `fleet ${word} {\n  size 2..40\n}`,
      `action ${word}(${word}: ${word}) via ${word}`,
      `const ${word} = ${word} + 1`,
      `policy ${word} {\n  on ${word} where ${word} == "x"\n  when ${word} > 1 and ${word}(${word} over 5m) > 2\n  let ${word} = ${word}\n  do ${word}(${word}, ${word}: ${word}) ${word} 5s\n}`,
      `test "x" {\n  given ${word}(${word}: "x") {\n    0s: ${word} 1, ${word} NaN\n  }\n  expect ${word} for "k" at 5s { ${word}() }\n}`,
    ].join('\n');
    expect(problemsOf(text)).toEqual([]);
  });

  test.each(['and', 'or', 'not', 'true', 'false', 'for', 'over', 'until', 'when', 'on', 'where', 'do'])(
    '%s names nothing',
    (word) => {
      expect(problemsOf(`const ${word} = 1`)).toEqual([`1: unexpected-token \`${word}\`, in const`]);
    },
  );
});

describe('declarations', () => {
  test('schema items, in any order of their parts', () => {
    const [schema] = parseSound(`schema s {
      key k from "wire"
      tag t from "w": "a" | "b"
      tag u
      metric m: rate in MB/s optional hold 30s from "x"
      metric n: number from "y" optional
      every 1s stale after 10s
      lateness 5s
    }`);
    expect(withoutSpans(schema)).toMatchObject({
      items: [
        { kind: 'key', from: { names: [{ value: 'wire' }] } },
        { kind: 'tag', from: { names: [{ value: 'w' }] }, values: [{ value: 'a' }, { value: 'b' }] },
        { kind: 'tag', from: null, values: null },
        { kind: 'metric', unit: { text: 'MB/s' }, optional: true, hold: { value: 30 }, from: { value: 'x' } },
        { kind: 'metric', unit: null, optional: true, hold: null, from: { value: 'y' } },
        { kind: 'timing', word: 'every' },
        { kind: 'timing', word: 'stale after' },
        { kind: 'timing', word: 'lateness' },
      ],
    });
  });

  test('properties end with their line', () => {
    const { items } = policyOf('policy p {\n  limit 2 per 1h\n  enabled true\n  mode\n  size 2..40 "x"\n}');
    expect(items.map((item) => (item.kind === 'property' ? item.args.map((arg) => arg.kind) : []))).toEqual([
      ['quantity', 'word', 'quantity'],
      ['word'],
      [],
      ['range', 'string'],
    ]);
  });

  test('a policy on one line', () => {
    const text = 'policy p { on s when x > 1 until x < 1 do notify() timeout 5s }';
    expect(outline(parse('a.ddl', text))).toEqual(['policy p [on, when, until, do]']);
    expect(problemsOf(text)).toEqual([]);
  });

  test('actions', () => {
    const [action] = parseSound('action drain(target: fleet, wait: duration) via webhook "https://x.example"');
    expect(withoutSpans(action)).toMatchObject({
      parameters: [{ name: { text: 'target' }, type: { text: 'fleet' } }, { name: { text: 'wait' } }],
      executor: { text: 'webhook' },
      endpoint: { value: 'https://x.example' },
    });
  });

  test('tests', () => {
    const [declaration] = parseSound(`test "t" {
      given s every 1s {
        0s .. 59s: a 2%, b -5
        90s arriving 5s late: a NaN
        91s:
      }
      expect p at 90s { x(y), z() }
      expect p for "k" at 90s
      expect p blocked by unknown-target at 95s
      expect blocked by cooldown at 95s { }
      expect p for "k" rearmed at 95s
      expect nothing at 5s
      expect nothing else
      expect nothing
    }`);
    expect(withoutSpans(declaration)).toMatchObject({
      items: [
        {
          rows: [
            {
              from: { value: 0 },
              to: { value: 59 },
              late: null,
              values: [{ value: { value: 2 } }, { value: { value: -5 } }],
            },
            {
              to: null,
              late: { value: 5 },
              values: [{ metric: { text: 'a' }, value: { kind: 'nothing', word: 'NaN' } }],
            },
            { values: [] },
          ],
        },
        { policy: { text: 'p' }, actions: [{ callee: { text: 'x' } }, { callee: { text: 'z' } }] },
        { key: { value: 'k' }, actions: null },
        { gate: { text: 'unknown-target' } },
        { policy: null, gate: { text: 'cooldown' }, actions: [] },
        { policy: { text: 'p' }, key: { value: 'k' }, gate: null, rearmed: true, actions: null },
        { kind: 'expect-decision', policy: { text: 'nothing' }, rearmed: false },
        { kind: 'expect-nothing', otherwise: true },
        { kind: 'expect-nothing', otherwise: false },
      ],
    });
  });
});
