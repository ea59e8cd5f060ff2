// The command line as a whole: parses the arguments, runs one command, and turns whatever happens into an exit code
// and, for anything but success, one clear sentence.

import { env, versions } from 'node:process';
import { Command, CommanderError } from 'commander';
import { BundleError } from '../runtime/bundle/load.ts';
import { LedgerProblem } from '../runtime/ledger/problem.ts';
import { KafkaUnreachable } from '../runtime/ports/kafka-port.ts';
import { SourceError } from '../runtime/sources/source-error.ts';
import type { Run } from './commands/command.ts';
import { commands } from './commands/index.ts';
import { packageInfo } from './package-info.ts';
import { printable } from './render/printable.ts';
import type { ExitCode, Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Runs `ddlc` with the words after its name. Never throws. */
export async function ddlc(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const run: Run =
    (work) =>
    async (...args) => {
      exitCode = await work(terminal, ...args);
    };
  try {
    await build(terminal, run).parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    return told(error, terminal);
  }
}

function build(terminal: Terminal, run: Run): Command {
  const program = new Command('ddlc')
    .description('Write what on-call would do, check it, test it, let it act.')
    .version(`ddlc ${packageInfo().version}`, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help on a command')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('Run `ddlc --help` for the commands, `ddlc COMMAND --help` for one of them.')
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.note(text),
      getOutHasColors: () => terminal.color.out,
      getErrHasColors: () => terminal.color.note,
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 fine · 1 problems found · 2 wrong usage or missing input · 3 a fault of ddlc',
    );
  for (const entry of commands) {
    // `command()` hands the settings above down, `addCommand()` would not.
    const command = program.command(entry.name).description(entry.summary).allowExcessArguments(false);
    if (entry.alias !== undefined) command.alias(entry.alias);
    entry.define(command, run);
  }
  return program;
}

/** Says what went wrong; the result is the exit code. */
export function told(error: unknown, terminal: Terminal): ExitCode {
  // Commander has said its own already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const debug = (env.DDL_DEBUG ?? '') !== '' && env.DDL_DEBUG !== '0';
  const stack = debug && error instanceof Error ? `${error.stack}\n` : '';
  const said = error instanceof Error ? error.message : String(error);
  // A message may quote a path or a setting, and those may try to steer a terminal.
  const message = said.split('\n').map(printable).join('\n');
  if (
    error instanceof UsageError ||
    error instanceof BundleError ||
    error instanceof LedgerProblem ||
    error instanceof KafkaUnreachable ||
    error instanceof SourceError
  ) {
    terminal.note(`error: ${message}\n${stack}`);
    return 2;
  }
  terminal.note(
    `error: ddlc failed: ${message.split('\n')[0]}\nThis is a fault of ddlc ${packageInfo().version} (Node ${versions.node}), not of your input. Please report it to the project with the command you ran${debug ? '' : '; DDL_DEBUG=1 shows the stack'}.\n${stack}`,
  );
  return 3;
}
