// Patterns in examples: the compiler's own reading of a glob is the engine's, and no sign in one is taken for another.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { analyse } from '../../compiler/analyse.ts';
import { fitsGlob as fits } from '../../compiler/vocabulary/glob.ts';
import { fitsGlob } from '../../runtime/evaluate/glob.ts';

const letters = (more: string) => fc.string({ unit: fc.constantFrom(...'ab-.', ...more), maxLength: 8 });

test('both readings agree', () => {
  fc.assert(
    fc.property(letters('😀'), letters('*?😀'), (value, glob) => {
      expect(fits(value, glob)).toBe(fitsGlob(value, glob));
    }),
    { numRuns: 5000 },
  );
});

test.each(['eu-*', 'a.b*', '[x]?', '(*', '\\\\d+', '^$', '{1}', '|', '/'])('policies of one pattern, %s', (glob) => {
  const policy = (name: string): string =>
    `policy ${name} {\n  title "${name}"\n  on s where region like "${glob}"\n  when x > 1\n  do notify("same")\n}\n`;
  const text = `schema s {\n  key id\n  tag region\n  metric x: number\n}\n${policy('a')}${policy('b')}`;
  expect(analyse([{ file: 'a.ddl', text }]).diagnostics.map(({ name }) => name)).toContain('duplicate-policy');
});
