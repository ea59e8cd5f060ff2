// `ddlc explain`: a page for every code and every word.

import { expect, test } from 'vitest';
import { vocabularyPage, vocabularyWords } from '../../cli/vocabulary-page.ts';
import { catalogueByCode } from '../../compiler/diagnostics/catalogue.ts';
import { runDdlc } from '../support/run-ddlc.ts';

test('a page says what, why, and shows it wrong and right', () => {
  const { code, out, note } = runDdlc(['explain', 'DDL2002']);
  expect({ code, note }).toEqual({ code: 0, note: '' });
  expect(out).toMatchInlineSnapshot(`
    "DDL2002 unknown-name (error): unknown name in an expression

    A name in a condition must be a metric, a tag or the key of the policy’s schema, a \`let\` or a
    \`const\`. A constant may only use other constants. A misspelt name would otherwise be a condition
    that silently never holds.

    Wrong:

        policy example {
          on service
          when latncy > 500ms
          do notify("look here")
        }

    What ddlc says:

        error[DDL2002]: \`latncy\` is no metric or tag of \`service\`, and no \`let\` or \`const\`
         --> example.ddl:3:8
          |
        3 |   when latncy > 500ms
          |        ^^^^^^
         ::: service.ddl:2:8
          |
        2 | schema service {
          |        ------- schema \`service\` is declared here
          = help: did you mean \`latency\`?

    Right:

        policy example {
          on service
          when latency > 500ms
          do notify("look here")
        }
    "
  `);
});

test('a code in small letters, the name of a mistake, a word of the language', () => {
  const page = runDdlc(['explain', 'DDL2003']).out;
  expect(runDdlc(['explain', 'ddl2003']).out).toBe(page);
  expect(runDdlc(['explain', 'unknown-metric']).out).toBe(page);
  expect(runDdlc(['explain', 'cooldown']).out).toMatch(/^cooldown: property of a policy\n[\s\S]*cooldown: gate\n/);
});

test('alone it lists every code and word', () => {
  const { code, out } = runDdlc(['explain']);
  expect(code).toBe(0);
  for (const listed of catalogueByCode.keys()) expect(out).toContain(`${listed}  `);
  for (const word of vocabularyWords()) expect(out).toContain(` ${word}`);
});

test.each([...vocabularyWords()])('%s has a page', (word) => {
  expect(vocabularyPage(word)?.split('\n').filter(Boolean).length).toBeGreaterThan(1);
});

test.each(['DDL2O03', '__proto__', 'constructor', 'cooldwn', ''])('%j is nothing it knows', (word) => {
  const { code, out, note } = runDdlc(['explain', word]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(note).toContain(`error: there is nothing called ${JSON.stringify(word)}`);
});

test('clauses and other words of the grammar have pages', () => {
  for (const word of ['for', 'until', 'when', 'on', 'where', 'over', 'every', 'stale after', 'lateness', 'hold'])
    expect(runDdlc(['explain', word]).out).toMatch(new RegExp(`^${word}: word of a (?:condition|policy|schema)\\n`));
  for (const word of ['optional', 'from', 'not', 'and', 'or', 'let', 'const', 'missing', 'schema', 'given'])
    expect(vocabularyPage(word)).toContain(`${word}: `);
  expect(vocabularyPage('stale')).toMatch(/stale after: word of a schema\n[\s\S]*stale: gate\n/);
  expect(vocabularyPage('const')).toBe(
    'const: declaration\n\nNames a value that never changes, made of literals, other constants and arithmetic. Stands outside of policies.\n\n    const peak = 500ms\n',
  );
});
