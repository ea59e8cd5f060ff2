// The shipped policies: sound, in the canonical layout, accountable, and each seen firing in a test of its own.

import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { measureCoverage } from '../../cli/coverage.ts';
import { mutate } from '../../cli/mutate/mutate.ts';
import { createEvaluator, type EvaluatorKind } from '../../cli/program.ts';
import { replayTest, runTests } from '../../cli/test-runner.ts';
import { analyse } from '../../compiler/analyse.ts';
import { format } from '../../grammar/format.ts';
import { parse } from '../../grammar/parser.ts';

const folder = path.resolve(import.meta.dirname, '../../policies');
const files = fs
  .readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ddl'))
  .sort()
  .map((name) => ({ file: name, text: fs.readFileSync(path.join(folder, name), 'utf8') }));
const program = analyse(files);

function ir() {
  if (program.ir === null) throw new Error('policies/ does not compile');
  return program.ir;
}

test('nothing is found wrong with them, not even a warning', () => {
  expect(program.diagnostics.map((found) => `${found.span.file}: ${found.message}`)).toEqual([]);
});

test.each(files.map(({ file, text }) => [file, text]))('%s is in the canonical layout', (file, text) => {
  expect(format(parse(file, text).source)).toBe(text);
});

test.each<EvaluatorKind>(['interpreter', 'plain', 'generated'])('their tests pass on %s', (kind) => {
  const results = runTests(program, createEvaluator(ir(), kind));
  expect(results.filter((result) => result.outcome === 'failed')).toEqual([]);
});

test('each fires in some test', () => {
  const evaluator = createEvaluator(ir(), 'generated');
  const fired = new Set(
    program.testPlans.flatMap((plan) => replayTest(plan, evaluator).decisions.map((decision) => decision.policy)),
  );
  expect(ir().policies.filter(({ meta }) => !fired.has(meta.name))).toEqual([]);
});

test('their tests have seen every clause both ways and every state', () => {
  const { policies, states } = measureCoverage(ir(), program.testPlans);
  const never = policies.flatMap(({ clauses }) =>
    clauses.filter((clause) => clause.true === 0 || clause.false === 0).map(({ text }) => text),
  );
  // A load is never negative: the clause is there to be true.
  expect(never).toEqual(['load_per_cpu >= 0']);
  expect(states.share).toBe(1);
});

test('their tests notice small mistakes', () => {
  const { score, tried } = mutate(program, ir(), { max: 120, seed: 3, policy: null });
  expect(tried).toBe(120);
  expect(score).toBeGreaterThan(0.97);
});

test('each says what it is for, who answers for it and where to read on', () => {
  for (const { meta } of ir().policies) {
    expect(meta.title, meta.name).not.toBe(meta.name);
    expect(meta.owner, meta.name).not.toBe('');
    expect(meta.runbook, meta.name).toMatch(/^https:/);
  }
  for (const { declarations } of program.sources) {
    for (const declaration of declarations) {
      if (declaration.kind === 'policy' || declaration.kind === 'schema' || declaration.kind === 'fleet')
        expect(declaration.doc, declaration.name.text).not.toEqual([]);
    }
  }
});

test('README.md lists every file and every policy', () => {
  const readme = fs.readFileSync(path.join(folder, 'README.md'), 'utf8');
  for (const { file } of files) expect(readme).toContain(`(${file})`);
  for (const { meta } of ir().policies) expect(readme).toContain(`\`${meta.name}\``);
});
