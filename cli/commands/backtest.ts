// `ddlc backtest`: what a program would have decided on recorded telemetry, gates included. Nothing is carried out.

import { type Command, Option } from 'commander';
import type { DeadLetter } from '../../runtime/evaluate/intake.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { fileChunks } from '../../runtime/sources/file.ts';
import { type BacktestReport, type BacktestResult, backtest, backtestReports } from '../backtest.ts';
import { checkedProgram } from '../checked-program.ts';
import { requireSchema } from '../named.ts';
import { createEvaluator } from '../program.ts';
import { createProgress } from '../progress.ts';
import { printable } from '../render/printable.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import type { CliCommand } from './command.ts';

interface BacktestCommandOptions {
  readonly events: string;
  readonly schema?: string;
  readonly report: BacktestReport;
  readonly evaluator: 'generated' | 'interpreter';
}

/** Dead letters that are shown one by one. */
const lettersShown = 5;

export const backtestCommand: CliCommand = {
  name: 'backtest',
  summary: 'replay recorded telemetry and print what would have been decided',
  define(command: Command, run) {
    command
      .argument('<dir>', 'folder with .ddl files, or one such file')
      .requiredOption('--events <file>', 'recorded events, one JSON object a line, plain or gzip; - for standard input')
      .option('--schema <name>', 'schema of events that name none')
      .addOption(
        new Option('--report <report>', 'what is printed, as JSON lines').choices(backtestReports).default('decisions'),
      )
      .addOption(
        new Option('--evaluator <evaluator>', 'which evaluator judges')
          .choices(['generated', 'interpreter'])
          .default('generated'),
      )
      .action(run((terminal, dir: string, options: BacktestCommandOptions) => runBacktest(terminal, dir, options)));
  },
};

async function runBacktest(terminal: Terminal, dir: string, options: BacktestCommandOptions): Promise<ExitCode> {
  const program = checkedProgram(dir, terminal);
  if (program === null) return 1;
  const { events, schema = null, report, evaluator: kind } = options;
  const { ir } = program;
  requireSchema(ir, schema);
  const progress = createProgress(terminal);
  const letters: DeadLetter[] = [];
  const where = events === '-' ? 'standard input' : events;
  let result: BacktestResult;
  try {
    result = await backtest(createEvaluator(ir, kind), fileChunks({ path: events }), {
      schema,
      where,
      report,
      now: systemClock.now,
      write: (line) => terminal.out(`${line}\n`),
      deadLetter: (letter) => {
        if (letters.length < lettersShown) letters.push(letter);
      },
      between: (count) => {
        progress.show(() => `${count.toLocaleString('en')} events`);
        return terminal.drained();
      },
    });
  } finally {
    progress.done();
  }
  conclude(terminal, result, letters);
  return 0;
}

function conclude(terminal: Terminal, { counts, summary }: BacktestResult, letters: readonly DeadLetter[]): void {
  for (const { message, excerpt } of letters)
    terminal.note(`warning: ${printable(message)}\n         ${printable(excerpt)}\n`);
  if (counts.deadLetters > letters.length)
    terminal.note(`warning: ${counts.deadLetters - letters.length} more events could not be used\n`);
  if (counts.late > 0) {
    terminal.note(
      `warning: ${counts.late} events came behind the watermark and were not judged; \`lateness\` in the schema makes them wait for one another\n`,
    );
  }
  for (const [name, count] of counts.skipped) {
    terminal.note(
      `warning: policy ${name} is missing from ${count} events, for which the policy was not judged; declare the metric \`optional\` if that is usual\n`,
    );
  }
  if (summary.events === 0 && counts.deadLetters === 0) terminal.note('warning: there are no events in the input\n');
  const episodes = summary.policies.reduce((sum, policy) => sum + policy.episodes, 0);
  terminal.note(
    `${(summary.events - summary.late).toLocaleString('en')} events judged: ${counts.decisions} decisions in ${episodes} episodes\n`,
  );
}
