// Three truth values through every operator, on all evaluators: tables as they stand in a book. `+` is true, `-` false,
// `?` unknown.

import { describe, expect, test } from 'vitest';
import { createEvaluator, type EvaluatorKind } from '../../cli/program.ts';
import { analyse } from '../../compiler/analyse.ts';
import { defaultIntakeLimits } from '../../runtime/evaluate/intake.ts';
import { Session } from '../../runtime/evaluate/session.ts';

const evaluators: readonly EvaluatorKind[] = ['interpreter', 'plain', 'generated'];
const truths = ['+', '-', '?'] as const;
type Truth = (typeof truths)[number];
const measured: Readonly<Record<Truth, number>> = { '+': 9, '-': 1, '?': Number.NaN };

interface Row {
  readonly a: number;
  readonly b: number;
  readonly tag: string | null;
}

/** What a condition comes to at the last of some rows of one key, one a second. */
function truthAt(condition: string, rows: readonly Row[], kind: EvaluatorKind): Truth {
  const policy = (name: string, when: string): string =>
    `policy ${name} {\n  on s\n  when ${when}\n  do notify("x")\n  cooldown 0s\n}\n`;
  const text = `schema s {\n  key id\n  tag tag\n  metric a: number optional\n  metric b: number optional\n  stale after 1m\n}\n${policy('yes', condition)}${policy('no', `not (${condition})`)}`;
  const { ir, diagnostics } = analyse([{ file: 'table.ddl', text }]);
  if (ir === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const fired: string[] = [];
  const session = new Session(
    createEvaluator(ir, kind),
    {
      propose: ({ policy: { name }, at }) => fired.push(`${name} ${at}`),
      rearm: () => {},
      skip: () => {},
      late: () => {},
      deadLetter: () => {},
    },
    defaultIntakeLimits,
  );
  const [schema] = session.intake.schemas;
  for (const [index, { a, b, tag }] of rows.entries()) {
    const row = schema.rows.append(index * 1000, schema.keys.intern('k'), session.intake.seq++);
    schema.rows.values.set([a, b], row * 2);
    if (tag !== null) schema.rows.tags[row * schema.rows.tagWidth] = schema.tags[0].intern(tag);
  }
  session.partition.close();
  const last = (rows.length - 1) * 1000;
  const [yes, no] = ['yes', 'no'].map((name) => fired.includes(`${name} ${last}`));
  if (yes && no) throw new Error(`${condition} is true and false`);
  return yes ? '+' : no ? '-' : '?';
}

const row = (a: Truth, b: Truth = '?', tag: string | null = null): Row => ({ a: measured[a], b: measured[b], tag });

/** Rows of the table are `a`, its columns `b`, both in the order true, false, unknown. */
const tables: readonly (readonly [condition: string, table: readonly string[]])[] = [
  ['a > 5 and b > 5', ['+-?', '---', '?-?']],
  ['a > 5 or b > 5', ['+++', '+-?', '+??']],
  ['not (a > 5) and b > 5', ['---', '+-?', '?-?']],
  ['not (a > 5 or not (b > 5))', ['---', '+-?', '?-?']],
  ['a == b', ['+-?', '-+?', '???']],
  ['a != b', ['-+?', '+-?', '???']],
  ['a < b', ['--?', '+-?', '???']],
  ['a <= b', ['+-?', '++?', '???']],
  ['a > b', ['-+?', '--?', '???']],
  ['a >= b', ['++?', '-+?', '???']],
  ['a + b > 9', ['++?', '+-?', '???']],
  ['a between b and 10', ['++?', '-+?', '???']],
  ['a in [b, 1]', ['+-?', '+++', '???']],
  ['missing(a) or b > 5', ['+-?', '+-?', '+++']],
  ['missing(a) and missing(b)', ['---', '---', '--+']],
  ['clamp(a, 0, b) > 5', ['+-?', '--?', '???']],
];

describe.each(evaluators)('on %s', (kind) => {
  test.each(tables)('%s', (condition, table) => {
    expect(truths.map((a) => truths.map((b) => truthAt(condition, [row(a, b)], kind)).join(''))).toEqual(table);
  });

  test.each([
    ['not (a > 5)', '-+?'],
    ['(a > 5) == false', '-+?'],
    ['missing(a)', '--+'],
    ['a > 5 within 1s', '+-?'],
    ['a > 5 for 1ms', '---'],
    ['a / 0 > 5', '???'],
    ['count(a over 1m) > 0', '++-'],
    ['avg(a over 1m) > 5', '+-?'],
    ['count(a > 5 over 1m) > 0', '+-?'],
    ['a > 5 for 1 of 1', '+-?'],
  ])('%s of true, false, unknown is %s', (condition, expected) => {
    expect(truths.map((a) => truthAt(condition, [row(a)], kind)).join('')).toBe(expected);
  });

  test.each([
    ['tag == "x"', '+-?'],
    ['tag != "x"', '-+?'],
    ['tag in ["x", "z"]', '+-?'],
    ['tag like "x*"', '+-?'],
    ['missing(tag)', '--+'],
  ])('%s of the tag x, y, none is %s', (condition, expected) => {
    expect(['x', 'y', null].map((tag) => truthAt(condition, [row('+', '+', tag)], kind)).join('')).toBe(expected);
  });

  /** Rows: what it was a second before; columns: what it is now. */
  test.each([
    ['a > 5 for 1s', ['+-?', '---', '---']],
    ['a > 5 within 1s', ['+++', '+-?', '+??']],
    ['a > 5 within 999ms', ['+-?', '+-?', '+-?']],
    ['(a > 5) ago 1s', ['+++', '---', '???']],
  ])('%s', (condition, table) => {
    const results = truths.map((before) =>
      truths.map((now) => truthAt(condition, [row(before), row(now)], kind)).join(''),
    );
    expect(results).toEqual(table);
  });

  /** Rows: the first part a second before; columns: the second part now. */
  test.each([
    ['a > 5 then b > 5 within 1s', ['+-?', '---', '?-?']],
    ['a > 5 then b > 5 within 999ms', ['---', '---', '---']],
  ])('%s', (condition, table) => {
    const results = truths.map((first) =>
      truths.map((second) => truthAt(condition, [row(first, '-'), row('-', second)], kind)).join(''),
    );
    expect(results).toEqual(table);
  });
});
