// `ddlc test`: runs the `test` blocks of a program.

import { type Command, Option } from 'commander';
import { checkedProgram } from '../checked-program.ts';
import { createEvaluator } from '../program.ts';
import { renderJunit } from '../render/junit.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { runTests, type TestResult } from '../test-runner.ts';
import type { CliCommand } from './command.ts';

const formats = ['text', 'json', 'junit'] as const;

interface TestOptions {
  readonly format: (typeof formats)[number];
}

export const testCommand: CliCommand = {
  name: 'test',
  summary: 'run the tests of a program in virtual time',
  define(command: Command, run) {
    command
      .argument('<dir>', 'folder with .ddl files, or one such file')
      .addOption(new Option('--format <format>', 'how results are printed').choices(formats).default('text'))
      .action(run((terminal, dir: string, options: TestOptions) => test(terminal, dir, options)));
  },
};

function test(terminal: Terminal, dir: string, { format }: TestOptions): ExitCode {
  const program = checkedProgram(dir, terminal);
  if (program === null) return 1;
  const results = runTests(program.analysis, createEvaluator(program.ir, 'generated')).map((result) => ({
    ...result,
    file: program.project.shown(result.file),
  }));
  const failed = results.filter((result) => result.outcome === 'failed').length;
  const passed = results.length - failed;
  switch (format) {
    case 'json':
      terminal.out(`${JSON.stringify({ passed, failed, tests: results })}\n`);
      break;
    case 'junit':
      terminal.out(renderJunit(results));
      break;
    case 'text':
      for (const result of results) terminal.out(renderResult(result));
      terminal.note(
        results.length === 0
          ? `there is no test in ${dir}: \`test "…" { given … expect … }\` is how one begins\n`
          : `\n${passed} passed, ${failed} failed\n`,
      );
  }
  return failed > 0 ? 1 : 0;
}

function renderResult({ name, file, line, outcome, message }: TestResult): string {
  const head = `${outcome === 'passed' ? 'ok  ' : 'FAIL'} ${name}  (${file}:${line})\n`;
  return message === undefined ? head : `${head}${message.replace(/^/gm, '       ')}\n`;
}
