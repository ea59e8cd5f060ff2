// Made-up events reach what a program does, and no sound program fails on them: a bundle must not be refused for what the
// trial itself makes up.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadProject } from '../../cli/project.ts';
import { compile } from '../../compiler/compile.ts';
import { type SmokeReport, smokeTest } from '../../runtime/bundle/smoke-test.ts';
import { arbitraryCase } from '../support/random-program.ts';
import { root } from '../support/source-tree.ts';

function tried(files: readonly { readonly file: string; readonly text: string }[]): SmokeReport {
  const { program } = compile(files);
  if (program === null) throw new Error('it does not compile');
  const modules = program.modules.map(({ name, js }) => ({ file: `${name}.js`, js }));
  return smokeTest({ meta: program.meta, modules });
}

test('the policies of this repository: each schema sees events, and some decide', () => {
  const { files } = loadProject('policies', root);
  const report = tried(files);
  expect(report.events).toBe(240 * new Set(files.flatMap(({ text }) => text.match(/^schema \w+/gm) ?? [])).size);
  expect(report.decisions).toBeGreaterThan(2);
});

test('any sound program: members, histograms, windows, hours, silence', () => {
  let decisions = 0;
  fc.assert(
    fc.property(arbitraryCase, ({ text }) => {
      const report = tried([{ file: 'random.ddl', text }]);
      expect(report.events).toBeGreaterThan(0);
      decisions += report.decisions;
    }),
    { numRuns: 12 },
  );
  expect(decisions).toBeGreaterThan(100);
});

test('the same program sees the same events', () => {
  const { files } = loadProject('policies', root);
  expect(tried(files)).toEqual(tried(files));
});
