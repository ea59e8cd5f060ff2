// `ddlc status`: what an engine runs, whether it is ready, what holds it back.

import type { Command } from 'commander';
import { bundlesReply, statusReply } from '../../runtime/control/schemas.ts';
import { type EngineOptions, engineOptions, show, talk } from '../engine-client.ts';
import { statusText } from '../render/control.ts';
import type { CliCommand } from './command.ts';

export const statusCommand: CliCommand = {
  name: 'status',
  summary: 'print what an engine runs, whether it is ready and what holds it back',
  define(command: Command, run) {
    engineOptions(command).action(
      run((terminal, options: EngineOptions) =>
        talk(terminal, options, async (client) => {
          const status = await client.ask({ path: '/api/status', body: null, reply: statusReply });
          const query = { limit: '5' };
          const bundles = await client.ask({ path: '/api/bundles', query, body: null, reply: bundlesReply });
          show(terminal, options, { ...status, bundles }, statusText(status, bundles));
          const off = status.policies.some((policy) => policy.off !== null);
          return status.ready && status.unmet === null && status.ledger.healthy && !off ? 0 : 1;
        }),
      ),
    );
  },
};
