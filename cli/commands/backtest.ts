// `ddlc backtest`: what a program would have decided on recorded telemetry, gates included. Nothing is carried out.

import { type Command, Option } from 'commander';
import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import type { DeadLetter } from '../../runtime/evaluate/intake.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { fileChunks } from '../../runtime/sources/file.ts';
import { type BacktestReport, type BacktestResult, backtest, backtestReports } from '../backtest.ts';
import { checkedProgram } from '../checked-program.ts';
import { type BacktestComparison, type CompareOptions, compareBacktests } from '../compare-backtests.ts';
import { requireSchema } from '../named.ts';
import { createEvaluator } from '../program.ts';
import { loadVersion, programOfVersion } from '../program-version.ts';
import { createProgress } from '../progress.ts';
import { comparisonJson, renderComparison } from '../render/comparison.ts';
import { printable } from '../render/printable.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { CliCommand } from './command.ts';

interface BacktestCommandOptions {
  readonly events: string;
  readonly schema?: string;
  readonly report?: BacktestReport;
  readonly evaluator: 'generated' | 'interpreter';
  readonly base?: string;
  readonly format?: 'text' | 'json';
  readonly denyChanges?: boolean;
  readonly members?: readonly string[];
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
        new Option('--report <report>', 'what is printed, as JSON lines; decisions when left out').choices(
          backtestReports,
        ),
      )
      .addOption(
        new Option('--evaluator <evaluator>', 'which evaluator judges')
          .choices(['generated', 'interpreter'])
          .default('generated'),
      )
      .option(
        '--members <fleet=count...>',
        'members that fleets begin with, such as payment=12; the middle of their size when left out',
      )
      .option('--base <version>', 'compare with this version: a folder or file, or git:COMMIT, git:COMMIT:PATH')
      .addOption(
        new Option('--format <format>', 'how a comparison is printed; text when left out').choices(['text', 'json']),
      )
      .option('--deny-changes', 'exit code 1 when the two versions decide differently')
      .action(run((terminal, dir: string, options: BacktestCommandOptions) => runBacktest(terminal, dir, options)));
  },
};

async function runBacktest(terminal: Terminal, dir: string, options: BacktestCommandOptions): Promise<ExitCode> {
  const { report = 'decisions', schema = null, evaluator: kind, base, format, denyChanges = false } = options;
  if (base === undefined && (format !== undefined || denyChanges))
    throw new UsageError('--format and --deny-changes are for a comparison: name its other side with --base');
  if (base !== undefined && options.report !== undefined)
    throw new UsageError('--report is for one version; a comparison is printed as --format says');
  const program = checkedProgram(dir, terminal);
  if (program === null) return 1;
  const { ir } = program;
  requireSchema(ir, schema);
  const members = membersOf(options.members ?? [], ir);
  const head = createEvaluator(ir, kind);
  if (base === undefined) {
    const write = (line: string): boolean => terminal.out(`${line}\n`);
    const [result, letters] = await reading(options, terminal, (chunks, given) =>
      backtest(head, chunks, { ...given, members, report, write }),
    );
    conclude(terminal, result, letters);
    return 0;
  }
  const before = programOfVersion(loadVersion(base, dir, terminal.folder), terminal);
  if (before === null) return 1;
  requireSchema(before, schema);
  const [comparison, letters] = await reading(options, terminal, (chunks, given) =>
    compareBacktests(createEvaluator(before, kind), head, chunks, { ...given, members }),
  );
  warnOfEvents(terminal, comparison, letters);
  const shown = format === 'json' ? `${JSON.stringify(comparisonJson(comparison))}\n` : renderComparison(comparison);
  terminal.out(shown);
  return denyChanges && comparison.differences.length > 0 ? 1 : 0;
}

/** @throws UsageError for what is no `FLEET=COUNT`, and a fleet that is not declared. */
function membersOf(given: readonly string[], { fleets }: Pick<ProgramIr, 'fleets'>): ReadonlyMap<string, number> {
  return new Map(
    given.map((text): [string, number] => {
      const [, name = '', count = ''] = /^(.+)=(\d{1,7})$/.exec(text) ?? [];
      if (name === '') throw new UsageError(`--members ${text}: write a fleet and a number, such as payment=12`);
      if (!fleets.some((fleet) => fleet.name === name))
        throw new UsageError(
          `--members ${text}: there is no fleet ${name}; there are ${fleets.map((fleet) => fleet.name).join(', ') || 'none'}`,
        );
      return [name, Number(count)];
    }),
  );
}

/** Reads the recording with progress; the first events that could not be used come back beside the result. */
async function reading<Result>(
  { events, schema: named }: BacktestCommandOptions,
  terminal: Terminal,
  work: (chunks: AsyncIterable<Uint8Array>, given: CompareOptions) => Promise<Result>,
): Promise<readonly [Result, readonly DeadLetter[]]> {
  const progress = createProgress(terminal);
  const letters: DeadLetter[] = [];
  try {
    const result = await work(fileChunks({ path: events }), {
      schema: named ?? null,
      where: events === '-' ? 'standard input' : events,
      now: systemClock.now,
      deadLetter: (letter) => {
        if (letters.length < lettersShown) letters.push(letter);
      },
      between: (count) => {
        progress.show(() => `${count.toLocaleString('en')} events`);
        return terminal.drained();
      },
    });
    return [result, letters];
  } finally {
    progress.done();
  }
}

function warnOfEvents(
  terminal: Terminal,
  { deadLetters, late, notices }: Pick<BacktestComparison, 'deadLetters' | 'late' | 'notices'>,
  letters: readonly DeadLetter[],
): void {
  for (const { message, excerpt } of letters)
    terminal.note(`warning: ${printable(message)}\n         ${printable(excerpt)}\n`);
  if (deadLetters > letters.length)
    terminal.note(`warning: ${deadLetters - letters.length} more events could not be used\n`);
  if (late > 0) {
    terminal.note(
      `warning: ${late} events came behind the watermark and were not judged; \`lateness\` in the schema makes them wait for one another\n`,
    );
  }
  for (const notice of notices) terminal.note(`warning: ${printable(notice)}\n`);
}

function conclude(
  terminal: Terminal,
  { counts, summary, notices }: BacktestResult,
  letters: readonly DeadLetter[],
): void {
  warnOfEvents(terminal, { ...counts, notices }, letters);
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
