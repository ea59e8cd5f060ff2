// `npm test`: types, layout and lint, tests. All three run whatever the others say; the last line counts the tests, and
// a step that fails without naming a test counts as one. Exit code 0 only when something ran and nothing failed.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const path = [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);

/** Runs a program of the project where its output is seen; whether it ended well. */
function runStep(title: string, program: string, args: readonly string[]): boolean {
  process.stdout.write(`\n${title}\n`);
  const { status, signal, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: path },
    shell: process.platform === 'win32',
  });
  if (error !== undefined) process.stdout.write(`${program} did not start: ${error.message}\n`);
  if (signal !== null) process.stdout.write(`${program} was ended by ${signal}\n`);
  return status === 0;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** What vitest's JSON report counts; a file that could not be run has no test that failed, and counts as one. */
function readCounts(file: string): Counts | null {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly numPassedTests: number;
      readonly numFailedTests: number;
      readonly testResults: readonly {
        readonly status: string;
        readonly assertionResults: readonly { readonly status: string }[];
      }[];
    };
    const broken = report.testResults.filter(
      (result) => result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
    );
    return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
  } catch {
    return null;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'ddl-test-'));
const report = join(folder, 'report.json');

const types = runStep('Types', 'tsc', ['-p', '.']);
const lint = runStep('Layout and lint', 'biome', ['check']);
const filters = process.argv.slice(2);
const tests = runStep('Tests', 'vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...filters,
]);

const counts = readCounts(report);
rmSync(folder, { recursive: true, force: true });

const notes = [
  types ? null : 'types: failed',
  lint ? null : 'layout and lint: failed',
  counts === null ? 'tests: the run ended without a report' : null,
  counts !== null && counts.passed + counts.failed === 0 ? 'tests: none ran' : null,
  counts !== null && !tests && counts.failed === 0 ? 'tests: the run failed outside of a test' : null,
].filter((note) => note !== null);

const passed = counts?.passed ?? 0;
const failed = (counts?.failed ?? 0) + notes.length;
process.stdout.write(`\n${notes.map((note) => `${note}\n`).join('')}${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
