// `ddlc kill`: the kill switch. Nothing is changed anywhere, by any engine, until it is resumed.

import type { Command } from 'commander';
import { controlSchema } from '../../runtime/control/schemas.ts';
import { type EngineOptions, engineOptions, show, talk } from '../engine-client.ts';
import { controlText } from '../render/control.ts';
import type { CliCommand } from './command.ts';

interface KillOptions extends EngineOptions {
  readonly why: string;
}

export const killCommand: CliCommand = {
  name: 'kill',
  summary: 'stop every action of every engine at once, until it is resumed',
  define(command: Command, run) {
    engineOptions(command)
      // Whoever needs it has no time to be asked.
      .option('--why <text>', 'the reason, for the record', 'not said')
      .action(
        run((terminal, options: KillOptions) =>
          talk(terminal, options, async (client) => {
            const reply = await client.ask({ path: '/api/kill', body: { why: options.why }, reply: controlSchema });
            show(terminal, options, reply, controlText(reply));
            terminal.note(`end it with \`ddlc resume ${reply.id} --why REASON\`\n`);
            return 0;
          }),
        ),
      );
  },
};
