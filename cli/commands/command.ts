// The form of a command: one file, one object, one line in the array of `index.ts`.

import type { Command } from 'commander';
import type { ExitCode, Terminal } from '../terminal.ts';

export interface CliCommand {
  readonly name: string;
  readonly alias?: string;
  /** One line for `ddlc --help`. */
  readonly summary: string;
  /**
   * Declares arguments and options, and says what is done with them: `run` takes the work and uses its result as exit
   * code. Wrong usage and missing input are thrown as `UsageError`.
   */
  define(command: Command, run: Run): void;
}

/** Makes a commander action of the work; `args` are commander's: arguments, then the options. */
export type Run = <Args extends unknown[]>(
  work: (terminal: Terminal, ...args: Args) => ExitCode | Promise<ExitCode>,
) => (...args: Args) => Promise<void>;
