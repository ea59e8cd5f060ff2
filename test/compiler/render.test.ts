// The text renderer: places, tabs, wide characters, long and hostile lines.

import { expect, test } from 'vitest';
import { renderText } from '../../cli/render/text.ts';
import type { Diagnostic } from '../../compiler/diagnostics/diagnostic.ts';

function render(text: string, marked: string, more: Partial<Diagnostic> = {}, color = false): string {
  const start = text.indexOf(marked);
  const span = { file: 'a.ddl', start, end: start + marked.length };
  const found: Diagnostic = {
    code: 'DDL9999',
    name: 'test',
    severity: 'error',
    message: 'wrong',
    span,
    label: null,
    related: [],
    help: null,
    fix: null,
    example: null,
    ...more,
  };
  return renderText([found], new Map([['a.ddl', text]]), { color });
}

test('underlines what is meant behind tabs and wide characters', () => {
  expect(render('\tx\t"日本" bad\r\nnext', 'bad')).toBe(
    ['error[DDL9999]: wrong', ' --> a.ddl:1:9', '  |', '1 |   x  "日本" bad', '  |             ^^^', ''].join('\n'),
  );
});

test('nothing found, nothing said', () => {
  expect(renderText([], new Map())).toBe('');
});

test('an end of file, an unknown file, an empty one', () => {
  const text = 'policy p {\n';
  const end = { file: 'a.ddl', start: text.length, end: text.length };
  expect(render(text, 'policy', { span: end })).toBe('error[DDL9999]: wrong\n --> a.ddl:2:1\n');
  expect(render(text, 'policy', { span: { ...end, file: 'b.ddl' } })).toContain('b.ddl:1:1');
});

test('a mistake over several lines is underlined on its first', () => {
  expect(render('a and\nb', 'and\nb')).toContain('1 | a and\n  |   ^^^\n');
});

test('lines are cut around the mistake', () => {
  const shown = render(`${'x'.repeat(5000)} bad ${'y'.repeat(5_000_000)}`, 'bad').split('\n');
  expect(shown[3]).toMatch(/^1 \| …x+ bad y+…$/);
  expect(shown[3]?.length).toBeLessThan(140);
  expect(shown[4]?.indexOf('^')).toBe(shown[3]?.indexOf('bad'));
});

test('escape sequences and direction marks do not reach the terminal', () => {
  const shown = render('title "\u001B[31m\u202Eevil" bad', 'bad', { message: 'odd \u001B[2J', help: '\u2066' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(shown).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202A-\u202E\u2066-\u2069]/);
  expect(shown).toContain('\\u{1B}[31m\\u{202E}evil');
});

test('colour only when asked for', () => {
  expect(render('bad', 'bad')).not.toContain('\u001B');
  expect(render('bad', 'bad', {}, true)).toContain('\u001B[1;31merror[DDL9999]\u001B[0m');
});

test('second label, help and fix', () => {
  const text = 'first\nsecond';
  const related = [{ span: { file: 'a.ddl', start: 0, end: 5 }, message: 'declared here' }];
  const shown = render(text, 'second', {
    label: 'here',
    related,
    help: 'do this',
    fix: { title: 'write it', edits: [] },
  });
  expect(shown).toBe(
    [
      'error[DDL9999]: wrong',
      ' --> a.ddl:2:1',
      '  |',
      '2 | second',
      '  | ^^^^^^ here',
      ' ::: a.ddl:1:1',
      '  |',
      '1 | first',
      '  | ----- declared here',
      '  = help: do this',
      '  = fix: write it',
      '',
    ].join('\n'),
  );
});
