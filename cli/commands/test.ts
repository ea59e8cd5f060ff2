// `ddlc test`: runs the `test` blocks of a program.

import { type Command, Option } from 'commander';
import { checkedProgram } from '../checked-program.ts';
import { type Coverage, measureCoverage } from '../coverage.ts';
import { parsePercentage } from '../percentage.ts';
import { createEvaluator } from '../program.ts';
import { percent, renderCoverage } from '../render/coverage.ts';
import { renderJunit } from '../render/junit.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { runTests, type TestResult } from '../test-runner.ts';
import { explainMissed } from '../why/explain-test.ts';
import type { CliCommand } from './command.ts';

const formats = ['text', 'json', 'junit'] as const;

interface TestOptions {
  readonly format: (typeof formats)[number];
  readonly coverage?: boolean;
  readonly coverageMin?: string;
}

export const testCommand: CliCommand = {
  name: 'test',
  summary: 'run the tests of a program in virtual time',
  define(command: Command, run) {
    command
      .argument('<dir>', 'folder with .ddl files, or one such file')
      .addOption(new Option('--format <format>', 'how results are printed').choices(formats).default('text'))
      .option('--coverage', 'say which clauses were true and false, and which states each policy was in')
      .option('--coverage-min <percent>', 'fail when less than that of clauses and states was covered, such as 80%')
      .action(run((terminal, dir: string, options: TestOptions) => test(terminal, dir, options)));
  },
};

function test(terminal: Terminal, dir: string, options: TestOptions): ExitCode {
  const { format } = options;
  const least = options.coverageMin === undefined ? null : parsePercentage(options.coverageMin, '--coverage-min');
  const program = checkedProgram(dir, terminal);
  if (program === null) return 1;
  const { ir, project, analysis } = program;
  const coverage = options.coverage === true || least !== null ? measureCoverage(ir, analysis.testPlans) : null;
  const results = runTests(analysis, createEvaluator(ir, 'generated'), explainMissed(ir)).map((result) => ({
    ...result,
    file: project.shown(result.file),
  }));
  const failed = results.filter((result) => result.outcome === 'failed').length;
  const passed = results.length - failed;
  switch (format) {
    case 'json':
      terminal.out(
        `${JSON.stringify({ passed, failed, tests: results, ...(coverage === null ? {} : { coverage }) })}\n`,
      );
      break;
    case 'junit':
      terminal.out(renderJunit(results));
      break;
    case 'text':
      for (const result of results) terminal.out(renderResult(result));
      if (coverage !== null) terminal.out(`\n${renderCoverage(coverage)}`);
      terminal.note(
        results.length === 0
          ? `there is no test in ${dir}: \`test "…" { given … expect … }\` is how one begins\n`
          : `\n${passed} passed, ${failed} failed\n`,
      );
  }
  return failed > 0 || isBelow(coverage, least, terminal) ? 1 : 0;
}

function isBelow(coverage: Coverage | null, least: number | null, terminal: Terminal): boolean {
  if (coverage === null || least === null || coverage.share >= least) return false;
  terminal.note(
    `error: the tests cover ${percent(coverage)}, and --coverage-min asks for ${percent({ share: least })}\n`,
  );
  return true;
}

function renderResult({ name, file, line, outcome, message, notices = [] }: TestResult): string {
  const head = `${outcome === 'passed' ? 'ok  ' : 'FAIL'} ${name}  (${file}:${line})\n`;
  const below = [...(message === undefined ? [] : [message]), ...notices.map((notice) => `warning: ${notice}`)];
  return below.map((text) => `${text.replace(/^/gm, '       ')}\n`).reduce((all, text) => all + text, head);
}
