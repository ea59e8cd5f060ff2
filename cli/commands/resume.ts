// `ddlc resume`: ends pauses, the kill switch and silences before their time.

import { type Command, InvalidArgumentError } from 'commander';
import { resumedReply } from '../../runtime/control/schemas.ts';
import { type EngineOptions, engineOptions, show, talk } from '../engine-client.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { CliCommand } from './command.ts';

interface ResumeOptions extends EngineOptions {
  readonly why: string;
  readonly all?: true;
}

export const resumeCommand: CliCommand = {
  name: 'resume',
  summary: 'end pauses, the kill switch and silences',
  define(command: Command, run) {
    engineOptions(command)
      .argument('[numbers...]', 'their numbers, as `ddlc status` lists them', parseNumbers)
      .requiredOption('--why <text>', 'the reason, for the record')
      .option('--all', 'everything that holds')
      .action(
        run((terminal, ids: readonly number[] | undefined, options: ResumeOptions) =>
          resume(terminal, ids ?? [], options),
        ),
      );
  },
};

function parseNumbers(text: string, before: readonly number[] | undefined): readonly number[] {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It is a number such as 3.');
  return [...(before ?? []), Number(text)];
}

function resume(terminal: Terminal, ids: readonly number[], options: ResumeOptions): Promise<ExitCode> {
  const { why, all } = options;
  if (ids.length === 0 && all !== true)
    throw new UsageError('name what to end by its number, as `ddlc status` lists it, or --all');
  if (ids.length > 0 && all === true) throw new UsageError('give either numbers or --all');
  return talk(terminal, options, async (client) => {
    const body = all === true ? { all, why } : { ids, why };
    const reply = await client.ask({ path: '/api/resume', body, reply: resumedReply });
    const { lifted, unknown } = reply;
    const none = unknown.map((id) => `${id} does not hold\n`).join('');
    show(
      terminal,
      options,
      reply,
      `${lifted.length === 0 ? 'nothing was ended' : `ended: ${lifted.join(', ')}`}\n${none}`,
    );
    return unknown.length === 0 ? 0 : 1;
  });
}
