// Comments that let findings stand: where they reach, what they can't do, and when they are told themselves.

import { describe, expect, test } from 'vitest';
import { analyse, noSettings } from '../../compiler/analyse.ts';
import { exampleProgram, policyWhen } from '../../compiler/diagnostics/entry.ts';
import { format } from '../../grammar/format.ts';
import { parse } from '../../grammar/parser.ts';

function judged(text: string, today: string | null = '2026-07-01') {
  const files = [
    { file: 'example.ddl', text: exampleProgram },
    { file: 'input.ddl', text },
  ];
  const { diagnostics, suppressed } = analyse(files, null, { ...noSettings, today });
  const own = diagnostics.filter((found) => found.span.file === 'input.ddl');
  return {
    told: own.map((found) => found.name),
    letStand: suppressed.map(({ diagnostic, reason }) => `${diagnostic.name}: ${reason}`),
  };
}

/** A policy whose `when` stands on the fourth line, below `above`, with `behind` at its end. */
function program(above: string, behind = ''): string {
  return policyWhen(`latency == 500ms${behind}`).replace('  when', `${above}  when`);
}

const letStand = ['float-equality: exact steps'];

describe('where it reaches', () => {
  test('the next line', () => {
    expect(judged(program('  // ddl-ignore DDL4001: exact steps\n'))).toEqual({ told: [], letStand });
  });

  test('its own line', () => {
    expect(judged(program('', '  // ddl-ignore DDL4001: exact steps'))).toEqual({ told: [], letStand });
  });

  test('past blanks and other comments, and no further', () => {
    expect(judged(program('  // ddl-ignore DDL4001: exact steps\n\n  // the source counts\n'))).toEqual({
      told: [],
      letStand,
    });
    const far = program('  // ddl-ignore DDL4001: exact steps\n  title "x"\n');
    expect(judged(far)).toEqual({ told: ['idle-suppression', 'float-equality'], letStand: [] });
  });

  test('one comment for several codes, each of which has to be there', () => {
    const text = policyWhen('latency == 500ms and latency >= 500ms').replace(
      '  when',
      '  // ddl-ignore DDL4001, DDL4103: both known\n  when',
    );
    expect(judged(text)).toEqual({
      told: [],
      letStand: ['float-equality: both known', 'redundant-clause: both known'],
    });
    expect(judged(program('  // ddl-ignore DDL4001, DDL4002: exact steps\n'))).toEqual({
      told: ['idle-suppression'],
      letStand,
    });
  });

  test('a line of the canonical layout, however the file is laid out', () => {
    const twice = policyWhen('(latency == 500ms or latency > 9s) and latency == 700ms');
    const above = twice.replace('  when', '  // ddl-ignore DDL4001: exact steps\n  when');
    const between = twice.replace(' and', '\n   // ddl-ignore DDL4001: exact steps\n   and');
    const broken = above.replace(' and', '\n   and');
    const inOneLine = twice.replace(/\n(?!$)/g, ' ').replace('when', '\n// ddl-ignore DDL4001: exact steps\nwhen');
    const both = ['float-equality: exact steps', 'float-equality: exact steps'];
    for (const [text, stand] of [
      [above, both],
      [inOneLine, both],
      [broken, letStand],
      [between, letStand],
    ] as const) {
      const formatted = format(parse('input.ddl', text).source);
      expect(judged(text).letStand).toEqual(stand);
      expect(judged(formatted)).toEqual(judged(text));
    }
  });

  test('another file has lines of its own', () => {
    const files = [
      { file: 'a.ddl', text: `${exampleProgram}\n` },
      { file: 'b.ddl', text: '\n\n  // ddl-ignore DDL4001: elsewhere\nconst limit = 500ms\n' },
      { file: 'c.ddl', text: policyWhen('latency == limit') },
    ];
    const { diagnostics, suppressed } = analyse(files);
    expect(suppressed).toEqual([]);
    expect(diagnostics.map((found) => found.name)).toEqual(
      expect.arrayContaining(['idle-suppression', 'float-equality']),
    );
  });
});

describe('what it says', () => {
  test.each([
    ['no reason', '// ddl-ignore DDL4001', 'bad-suppression'],
    ['an empty reason', '// ddl-ignore DDL4001:   ', 'bad-suppression'],
    ['no code', '// ddl-ignore: exact steps', 'bad-suppression'],
    ['a name for a code', '// ddl-ignore float-equality: exact steps', 'bad-suppression'],
    ['no day', '// ddl-ignore DDL4001 until soon: exact steps', 'bad-suppression'],
    ['a day that is none', '// ddl-ignore DDL4001 until 2027-02-30: exact steps', 'bad-suppression'],
    ['another spelling', '// DDL_Ignore DDL4001: exact steps', 'bad-suppression'],
    ['no such code', '// ddl-ignore DDL4000: exact steps', 'unknown-suppression'],
  ])('%s suppresses nothing', (_, comment, name) => {
    expect(judged(program(`  ${comment}\n`))).toEqual({ told: [name, 'float-equality'], letStand: [] });
  });

  test('a comment that only speaks of it is none', () => {
    expect(judged(program('  // see the ddl-ignore below\n')).told).toEqual(['float-equality']);
  });

  test('the day it names is the last', () => {
    const text = program('  // ddl-ignore DDL4001 until 2026-12-31: exact steps\n');
    expect(judged(text, '2026-12-31')).toEqual({ told: [], letStand });
    expect(judged(text, '2027-01-01')).toEqual({ told: ['expired-suppression'], letStand });
    expect(judged(text, null)).toEqual({ told: [], letStand });
  });
});

test('an error is not suppressed', () => {
  const text = policyWhen('latncy > 500ms').replace('  when', '  // ddl-ignore DDL2002: comes later\n  when');
  expect(judged(text)).toEqual({ told: ['suppressed-error', 'unknown-name'], letStand: [] });
});

test('in a program with errors nothing is called idle: not every rule has run', () => {
  const text = `${program('  // ddl-ignore DDL4103: known\n')}policy q {\n  on nowhere\n  when x > 1\n  do notify()\n}\n`;
  expect(judged(text).told).not.toContain('idle-suppression');
});
