// `ddlc silence`: for a time, what is named neither acts nor tells anybody. It always ends by itself.

import { type Command, InvalidArgumentError } from 'commander';
import { controlSchema } from '../../runtime/control/schemas.ts';
import { type ScopeOptions, scopeOf, scopeOptions } from '../control-scope.ts';
import { parseDuration } from '../duration-option.ts';
import { type EngineOptions, engineOptions, show, talk } from '../engine-client.ts';
import { controlText } from '../render/control.ts';
import type { CliCommand } from './command.ts';

interface SilenceOptions extends EngineOptions, ScopeOptions {
  readonly why: string;
  readonly for: number;
  readonly from?: string;
  readonly maintenance?: true;
}

export const silenceCommand: CliCommand = {
  name: 'silence',
  summary: 'for a time, let nothing act and tell nobody; also maintenance windows',
  define(command: Command, run) {
    scopeOptions(engineOptions(command))
      .requiredOption('--why <text>', 'the reason, for the record')
      .requiredOption('--for <duration>', 'how long, such as 2h', parseDuration)
      .option('--from <time>', 'when it begins, such as 2026-01-31T02:00:00Z; now without it', parseTime)
      .option('--maintenance', 'call it a maintenance window')
      .action(
        run((terminal, options: SilenceOptions) => {
          const scope = scopeOf(options);
          return talk(terminal, options, async (client) => {
            const { why, for: forMs, from, maintenance } = options;
            const kind = maintenance === true ? 'maintenance' : 'silence';
            const body = { kind, scope, why, forMs, ...(from === undefined ? {} : { startsAt: from }) };
            const reply = await client.ask({ path: '/api/silence', body, reply: controlSchema });
            show(terminal, options, reply, controlText(reply));
            return 0;
          });
        }),
      );
  },
};

function parseTime(text: string): string {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('It is a time with its zone, such as 2026-01-31T02:00:00Z.');
  return new Date(text).toISOString();
}
