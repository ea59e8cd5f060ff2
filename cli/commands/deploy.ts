// `ddlc deploy`: a signed bundle runs on every engine, or is refused with the reason and changes nothing.

import type { Command } from 'commander';
import { deployReply } from '../../runtime/control/schemas.ts';
import { packFolder } from '../bundle-package.ts';
import { type EngineOptions, engineOptions, show, talk } from '../engine-client.ts';
import { deployedText } from '../render/control.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import type { CliCommand } from './command.ts';

interface DeployOptions extends EngineOptions {
  readonly why: string;
  readonly downgrade?: true;
}

export const deployCommand: CliCommand = {
  name: 'deploy',
  summary: 'run a signed bundle on every engine',
  define(command: Command, run) {
    engineOptions(command)
      .argument('<bundle>', 'folder that `ddlc compile --key` wrote')
      .requiredOption('--why <text>', 'the reason, for the record')
      .option('--downgrade', 'take a lower serial than the one that runs')
      .action(run((terminal, bundle: string, options: DeployOptions) => deploy(terminal, bundle, options)));
  },
};

async function deploy(terminal: Terminal, path: string, options: DeployOptions): Promise<ExitCode> {
  const { bytes } = await packFolder(path, terminal.folder);
  return talk(terminal, options, async (client) => {
    const query = { why: options.why, downgrade: String(options.downgrade === true) };
    const reply = await client.ask({ path: '/api/policies', query, body: bytes, reply: deployReply });
    show(terminal, options, reply, deployedText(reply));
    return 0;
  });
}
