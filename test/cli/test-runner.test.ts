// What an `expect` with actions holds for: each expected action has a decided one of its own.

import { expect, test } from 'vitest';
import { createEvaluator } from '../../cli/program.ts';
import { runTests } from '../../cli/test-runner.ts';
import { analyse } from '../../compiler/analyse.ts';
import { schemaText } from '../support/scratch.ts';

function outcome(done: readonly string[], expected: string): string {
  const policy = `policy slow {\n  on service\n  when latency > 500ms\n${done.map((each) => `  do ${each}\n`).join('')}}\n`;
  const given = '  given service(service_id: "a") {\n    0s: latency 800ms\n  }\n';
  const text = `${schemaText}${policy}test "t" {\n${given}  expect slow at 0s { ${expected} }\n}\n`;
  const analysis = analyse([{ file: 'input.ddl', text }]);
  if (analysis.ir === null) throw new Error(analysis.diagnostics.map(({ message }) => message).join('\n'));
  return runTests(analysis, createEvaluator(analysis.ir, 'interpreter'))[0].outcome;
}

const info = 'notify("a", severity: info)';
const critical = 'notify("b", severity: critical)';

test.each([
  [[info, critical], 'notify(severity: info), notify(severity: info)', 'failed'],
  [[info, info], 'notify(severity: info), notify(severity: info)', 'passed'],
  [[info, critical], 'notify(severity: critical), notify(severity: info)', 'passed'],
  // The first could have either, and must leave the second the only one that it can have.
  [[info, critical], 'notify(), notify(severity: info)', 'passed'],
  [[info, critical, info], 'notify(), notify(severity: info), notify(severity: info)', 'passed'],
  [[info, critical, critical], 'notify(), notify(severity: info), notify(severity: info)', 'failed'],
  [[info, critical], 'notify()', 'failed'],
])('%j and { %s }: %s', (done, expected, result) => {
  expect(outcome(done, expected)).toBe(result);
});
