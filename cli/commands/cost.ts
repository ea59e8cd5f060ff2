// `ddlc cost`: what a program costs at most, per policy and in all, known before it has seen one event.

import { type Command, Option } from 'commander';
import { type ProgramCost, programCost } from '../../compiler/cost/cost.ts';
import { formatMs } from '../../compiler/vocabulary/units.ts';
import { checkedProgram } from '../checked-program.ts';
import { textTable } from '../render/text-table.ts';
import { plural } from '../summarize.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import type { CliCommand } from './command.ts';

interface CostOptions {
  readonly format: 'text' | 'json';
}

export const costCommand: CliCommand = {
  name: 'cost',
  summary: 'print bytes per key, operations per event and look-back of each policy',
  define(command: Command, run) {
    command
      .argument('<dir>', 'folder with .ddl files, or one such file')
      .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json']).default('text'))
      .action(run((terminal, dir: string, options: CostOptions) => cost(terminal, dir, options)));
  },
};

function cost(terminal: Terminal, dir: string, { format }: CostOptions): ExitCode {
  const program = checkedProgram(dir, terminal);
  if (program === null) return 1;
  const result = programCost(program.ir);
  terminal.out(format === 'json' ? `${JSON.stringify(result, null, 2)}\n` : render(result));
  if (format === 'text')
    terminal.note(
      '\nBytes of state per key at most; operations for one event when nothing can be left out.\nA schema shares equal windows of its policies, so it may cost less than they do alone.\n',
    );
  return 0;
}

function render({ policies, schemas }: ProgramCost): string {
  const cells = (name: string, entry: ProgramCost['most']): string[] => [
    name,
    entry.bytesPerKey.toLocaleString('en'),
    String(entry.operationsPerEvent),
    formatMs(entry.lookBackMs),
  ];
  const head = ['policy', 'bytes per key', 'operations per event', 'look-back'];
  const rows = policies.map((policy) => cells(policy.policy, policy));
  const totals = schemas.map((schema) =>
    cells(
      `schema ${schema.schema} (${plural(schema.policies, 'policy', 'policies')}, ${plural(schema.windows, 'window', 'windows')})`,
      schema,
    ),
  );
  return textTable(head, [...rows, null, ...totals]);
}
