// `ddlc pause`: nothing acts that is named, on any engine, until it is resumed or the time is over.

import type { Command } from 'commander';
import { controlSchema } from '../../runtime/control/schemas.ts';
import { type ScopeOptions, scopeOf, scopeOptions } from '../control-scope.ts';
import { parseDuration } from '../duration-option.ts';
import { type EngineOptions, engineOptions, show, talk } from '../engine-client.ts';
import { controlText } from '../render/control.ts';
import type { CliCommand } from './command.ts';

interface PauseOptions extends EngineOptions, ScopeOptions {
  readonly why: string;
  readonly for?: number;
}

export const pauseCommand: CliCommand = {
  name: 'pause',
  summary: 'let nothing act on a fleet, by a policy or in a direction',
  define(command: Command, run) {
    scopeOptions(engineOptions(command))
      .requiredOption('--why <text>', 'the reason, for the record')
      .option('--for <duration>', 'how long, such as 2h; until it is resumed without it', parseDuration)
      .action(
        run((terminal, options: PauseOptions) => {
          const scope = scopeOf(options);
          return talk(terminal, options, async (client) => {
            const { why, for: forMs } = options;
            const body = forMs === undefined ? { scope, why } : { scope, why, forMs };
            const reply = await client.ask({ path: '/api/pause', body, reply: controlSchema });
            show(terminal, options, reply, controlText(reply));
            return 0;
          });
        }),
      );
  },
};
