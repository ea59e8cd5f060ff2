// `npm run import:report`: imports every public alert rule, compiles what came out, runs its tests, and prints how many
// of the rules there are and why the others were refused. Fails when fewer than 85 % are imported or one has a warning.

import { importRules } from '../../cli/import/prometheus/import-rules.ts';
import { createEvaluator } from '../../cli/program.ts';
import { runTests } from '../../cli/test-runner.ts';
import { analyse } from '../../compiler/analyse.ts';
import { alertRuleFiles } from './alert-rules.ts';

const leastShare = 0.85;

const { files, rules, imported, refused } = importRules(alertRuleFiles(), { everyMs: 15_000 });
console.log(
  `imported ${imported} of ${rules} rules (${((100 * imported) / rules).toFixed(1)} %) into ${files.size} files`,
);

const reasons = Map.groupBy(refused, ({ obstacle }) => obstacle);
console.log(`\nrefused ${refused.length}:`);
for (const [obstacle, entries] of [...reasons].sort(([, left], [, right]) => right.length - left.length)) {
  console.log(`  ${String(entries.length).padStart(4)}  ${obstacle}`);
  if (process.argv.includes('--all'))
    for (const { name, reason } of entries) console.log(`          ${name}: ${reason}`);
}

const findings: string[] = [];
let tests = 0;
let firing = 0;
let failed = 0;
let policies = 0;
for (const [file, text] of files) {
  const analysis = analyse([{ file, text }]);
  policies += analysis.policies;
  for (const { code, severity, message } of analysis.diagnostics)
    findings.push(`${file}: ${code} ${severity}: ${message}`);
  if (analysis.ir === null) continue;
  const results = runTests(analysis, createEvaluator(analysis.ir, 'generated'));
  tests += results.length;
  firing += results.filter(({ name }) => name.endsWith(' fires')).length;
  for (const { outcome, name, message } of results) {
    if (outcome === 'passed') continue;
    failed++;
    findings.push(`${file}: the test "${name}" fails: ${message}`);
  }
}
console.log(`\n${policies} policies, ${tests} tests, ${firing} of which show a policy firing; ${failed} tests fail`);
console.log(`${findings.length} findings${findings.length === 0 ? '' : ':'}`);
for (const finding of findings.slice(0, 40)) console.log(`  ${finding}`);
if (imported < rules * leastShare || findings.length > 0) process.exitCode = 1;
