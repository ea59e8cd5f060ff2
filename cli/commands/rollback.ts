// `ddlc rollback`: every engine goes back to the bundle that ran before, or to one that is named.

import type { Command } from 'commander';
import { deployReply } from '../../runtime/control/schemas.ts';
import { type EngineOptions, engineOptions, show, talk } from '../engine-client.ts';
import { deployedText } from '../render/control.ts';
import type { CliCommand } from './command.ts';

interface RollbackOptions extends EngineOptions {
  readonly why: string;
  readonly to?: string;
}

export const rollbackCommand: CliCommand = {
  name: 'rollback',
  summary: 'go back to the bundle that ran before, on every engine',
  define(command: Command, run) {
    engineOptions(command)
      .requiredOption('--why <text>', 'the reason, for the record')
      .option('--to <hash>', 'beginning of the hash of the bundle to go to; `ddlc status` lists them')
      .action(
        run((terminal, options: RollbackOptions) =>
          talk(terminal, options, async (client) => {
            const { why, to } = options;
            const body = to === undefined ? { why } : { why, hash: to };
            const reply = await client.ask({ path: '/api/bundles/rollback', body, reply: deployReply });
            show(terminal, options, reply, deployedText(reply));
            return 0;
          }),
        ),
      );
  },
};
