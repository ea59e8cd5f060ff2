// The `.ddl` examples in the documentation: all of a reference page are one program that compiles and whose tests pass;
// those of a README, which show parts of programs, have the form of the language.

import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { measureCoverage } from '../cli/coverage.ts';
import { createEvaluator } from '../cli/program.ts';
import { runTests } from '../cli/test-runner.ts';
import { analyse } from '../compiler/analyse.ts';
import { format } from '../grammar/format.ts';
import { parse } from '../grammar/parser.ts';
import { projectPaths, root } from './support/source-tree.ts';

const pages = projectPaths().filter((page) => page.endsWith('.md') && examplesOf(page).length > 0);
const references = pages.filter((page) => page.startsWith('compiler/reference/'));

function examplesOf(page: string): readonly string[] {
  const text = fs.readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/^```ddl\n(.*?)^```$/gms)].map(([, example = '']) => example);
}

test('there are some', () => {
  expect(pages).toContain('README.md');
  expect(references).toContain('compiler/reference/tests.md');
});

test.each(pages)('%s: each example reads as a program, in the canonical layout', (page) => {
  for (const example of examplesOf(page)) {
    // Clauses by themselves stand for a policy with them.
    const clauses = /^(?:\/\/.*\n)*(?:when|until|on|do)\b/.test(example);
    const { source, problems } = parse(page, clauses ? `policy example {\n${example}}\n` : example);
    expect(problems).toEqual([]);
    if (!clauses) expect(format(source)).toBe(example);
  }
});

test.each(references)('%s: its examples compile, and their tests pass', (page) => {
  const analysis = analyse([{ file: page, text: examplesOf(page).join('\n') }]);
  expect(analysis.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (analysis.ir === null) throw new Error('it does not compile');
  const results = runTests(analysis, createEvaluator(analysis.ir, 'generated'));
  expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
});

test('the tests of the page on tests have seen every clause both ways', () => {
  const { ir, testPlans } = analyse([{ file: 'tests.md', text: examplesOf('compiler/reference/tests.md').join('\n') }]);
  if (ir === null) throw new Error('it does not compile');
  expect(measureCoverage(ir, testPlans).clauses.share).toBe(1);
});
