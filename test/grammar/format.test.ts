// The canonical layout, line by line.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { format } from '../../grammar/format.ts';
import { parse } from '../../grammar/parser.ts';

function formatted(text: string): string {
  const { source, problems } = parse('a.ddl', text);
  expect(problems).toEqual([]);
  return format(source);
}

const example = readFileSync(new URL('./high-error-rate.ddl', import.meta.url), 'utf8');

test('the example keeps its lines and comments', () => {
  const once = formatted(example);
  const folded = (text: string) => text.replace(/[ \t]+/g, ' ').trim();
  expect(folded(once)).toBe(folded(example));
  expect(formatted(once)).toBe(once);
});

test('blank lines, indentation and comments', () => {
  const text = `
// licence


/// what it does
policy   a{// head
   title  "a\\u0041"


   // above
     cooldown 5m    // behind
   do x( // inside
      // inside too
      by:2 )

   // last
}
// after
const b=1
const c = 2 // two`;
  expect(formatted(text)).toBe(`// licence

/// what it does
policy a {  // head
  title "aA"

  // above
  cooldown 5m  // behind
  do x(by: 2)  // inside
  // inside too

  // last
}

// after
const b = 1
const c = 2  // two
`);
});

test('conditions of several lines', () => {
  const text = `policy a {
  when x > 1 and // first
   // between
    (y > 2 or z) // second
  until x < 1 or
    y
  when aaaaaaaaaaaaaaaaaaaaaaaaa > 1 and bbbbbbbbbbbbbbbbbbbbbbbbbbbbb > 2 and cccccccccccccc > 3
  when ((a) and (b > (1 + (2 * 3)))) for 5s
}`;
  expect(formatted(text)).toBe(`policy a {
  when x > 1  // first
  // between
   and (y > 2 or z)  // second
  until x < 1
     or y
  when aaaaaaaaaaaaaaaaaaaaaaaaa > 1
   and bbbbbbbbbbbbbbbbbbbbbbbbbbbbb > 2
   and cccccccccccccc > 3
  when (a and b > 1 + 2 * 3) for 5s
}
`);
});

test('a comment with three slashes that documents nothing goes on documenting nothing', () => {
  const text = 'const a = /// one\n/// two\n5\nconst b = 6';
  expect(formatted(text)).toBe('const a = 5  /// one\n/// two\n\nconst b = 6\n');
});

test('strings are written with the escapes that they need and no others', () => {
  expect(formatted('const a = "\\u0041 \\u{e9} ä \\" \\\\ \\n \\u{202e} \\u{1b}"')).toBe(
    'const a = "A é ä \\" \\\\ \\n \\u{202e} \\u{1b}"\n',
  );
});

test('between `not` and `for` always stand parentheses', () => {
  const text = 'const a = not x > 1 for 5s and not (y) for 5s and (not z) for 5s and not not (a or b for 5s)';
  const once = 'const a = not (x > 1 for 5s) and not (y for 5s) and (not z) for 5s and not not (a or b for 5s)\n';
  expect(formatted(text)).toBe(once);
  expect(formatted(once)).toBe(once);
});

test('values in tests', () => {
  const text = 'test "t" {\n  given s { 0s: a true,b  false , c NaN, d -5ms }\n}';
  expect(formatted(text)).toBe('test "t" {\n  given s {\n    0s: a true, b false, c NaN, d -5ms\n  }\n}\n');
});

test('a file whose lines end in two characters is laid out like any other', () => {
  const text = '// licence\n\n/// what it does\npolicy a {\n  on s\n  cooldown 5m\n\n  // apart\n  mode enforce\n}\n';
  const once = formatted(text.replaceAll('\n', '\r\n'));
  expect(once).toBe(text);
  expect(parse('a.ddl', text.replaceAll('\n', '\r\n')).source.declarations).toMatchObject([{ doc: ['what it does'] }]);
});
