// `ddlc mutate`: small mistakes made on purpose, and which of them the tests of a program do not notice.

import { type Command, Option } from 'commander';
import { SourceText } from '../../compiler/4-lower/source-text.ts';
import { checkedProgram } from '../checked-program.ts';
import { mutate, type Survivor } from '../mutate/mutate.ts';
import { requirePolicy } from '../named.ts';
import { parsePercentage } from '../percentage.ts';
import { createEvaluator } from '../program.ts';
import { createProgress } from '../progress.ts';
import { percent } from '../render/coverage.ts';
import { renderMutation } from '../render/mutation.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { runTests } from '../test-runner.ts';
import { UsageError } from '../usage-error.ts';
import type { CliCommand } from './command.ts';

interface MutateCommandOptions {
  readonly policy?: string;
  readonly max: string;
  readonly seed: string;
  readonly min?: string;
  readonly format: 'text' | 'json';
}

export const mutateCommand: CliCommand = {
  name: 'mutate',
  summary: 'change policies a little and list the changes that no test notices',
  define(command: Command, run) {
    command
      .argument('<dir>', 'folder with .ddl files, or one such file')
      .option('--policy <name>', 'only this policy')
      .option('--max <count>', 'mutants tried at most; drawn by the seed when there are more', '2000')
      .option('--seed <number>', 'which ones are drawn', '1')
      .option('--min <percent>', 'fail when fewer mutants are killed, such as 90%')
      .addOption(new Option('--format <format>', 'how the report is printed').choices(['text', 'json']).default('text'))
      .action(run((terminal, dir: string, options: MutateCommandOptions) => runMutate(terminal, dir, options)));
  },
};

function runMutate(terminal: Terminal, dir: string, options: MutateCommandOptions): ExitCode {
  const least = options.min === undefined ? null : parsePercentage(options.min, '--min');
  const [max, seed] = [wholeNumber(options.max, '--max', 1), wholeNumber(options.seed, '--seed', 0)];
  const program = checkedProgram(dir, terminal);
  if (program === null) return 1;
  const { analysis, ir, project } = program;
  const { policy = null, format } = options;
  if (policy !== null) requirePolicy(ir, policy);
  const failing = runTests(analysis, createEvaluator(ir, 'generated')).filter(({ outcome }) => outcome === 'failed');
  if (failing.length > 0) {
    for (const { name } of failing) terminal.note(`error: the test "${name}" fails; \`ddlc test\` says why\n`);
    terminal.note('error: mutants can only be told by tests that pass\n');
    return 1;
  }
  const progress = createProgress(terminal);
  const between = (done: number, of: number): void => progress.show(() => `${done} of ${of} mutants`);
  const report = mutate(analysis, ir, { max, seed, policy, between });
  progress.done();
  const text = new SourceText(analysis.sources);
  const place = ({ file, span }: Survivor) => ({ file: project.shown(file), line: text.line(span) });
  if (format === 'json') {
    const survivors = report.survivors.map((survivor) => {
      const { policies, kind, before, after } = survivor;
      return { policies, kind, ...place(survivor), before, after: after === '' ? null : after };
    });
    terminal.out(`${JSON.stringify({ ...report, seed, survivors })}\n`);
  } else {
    terminal.out(
      renderMutation(report, (survivor) => {
        const { file, line } = place(survivor);
        return `${file}:${line}`;
      }),
    );
  }
  if (least === null || report.score >= least) return 0;
  terminal.note(
    `error: the tests kill ${percent({ share: report.score })}, and --min asks for ${percent({ share: least })}\n`,
  );
  return 1;
}

/** @throws UsageError when `text` is no whole number from `least` on. */
function wholeNumber(text: string, option: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${option} ${text}: write a whole number from ${least} on`);
}
