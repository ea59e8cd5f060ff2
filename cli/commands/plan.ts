// `ddlc plan`: whether an engine would take a bundle, and what it would change in meaning against the one that runs.

import type { Command } from 'commander';
import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import { analyse } from '../../compiler/analyse.ts';
import { diffPrograms } from '../../compiler/diff/diff-programs.ts';
import type { ProgramDiff } from '../../compiler/diff/program-diff.ts';
import { type BundleFiles, unpackBundle } from '../../runtime/bundle/bundle-files.ts';
import { bundleSources, openBundle } from '../../runtime/bundle/read.ts';
import { type PlanReply, planReply } from '../../runtime/control/schemas.ts';
import { packFolder } from '../bundle-package.ts';
import { type EngineClient, type EngineOptions, engineOptions, talk } from '../engine-client.ts';
import { planText } from '../render/control.ts';
import { concludeDiff, renderDiff } from '../render/diff.ts';
import { printable } from '../render/printable.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import type { CliCommand } from './command.ts';

interface PlanOptions extends EngineOptions {
  readonly downgrade?: true;
}

export const planCommand: CliCommand = {
  name: 'plan',
  summary: 'print what a bundle would change on an engine, and whether it is taken',
  define(command: Command, run) {
    engineOptions(command)
      .argument('<bundle>', 'folder that `ddlc compile --key` wrote')
      .option('--downgrade', 'take a lower serial than the one that runs')
      .action(run((terminal, bundle: string, options: PlanOptions) => plan(terminal, bundle, options)));
  },
};

async function plan(terminal: Terminal, path: string, options: PlanOptions): Promise<ExitCode> {
  const { bytes } = await packFolder(path, terminal.folder);
  return talk(terminal, options, async (client) => {
    const query = { downgrade: String(options.downgrade === true) };
    const reply = await client.ask({ path: '/api/plan', query, body: bytes, reply: planReply });
    const meaning = await changesOfMeaning(client, bytes);
    if (options.format === 'json') terminal.out(`${JSON.stringify({ ...reply, meaning }, null, 2)}\n`);
    else tell(terminal, reply, meaning);
    return reply.result === 'accepted' ? 0 : 1;
  });
}

/** From the sources of both; `null` when one holds none, or this compiler does not make of them what was compiled. */
async function changesOfMeaning(client: EngineClient, bytes: Uint8Array): Promise<ProgramDiff | null> {
  const before = programOf(unpackBundle(await client.runningPackage()));
  const after = programOf(unpackBundle(bytes));
  return before === null || after === null ? null : diffPrograms(before, after);
}

function programOf(files: BundleFiles): ProgramIr | null {
  const sources = bundleSources(files);
  const ir = sources === null ? null : analyse(sources).ir;
  if (ir === null) return null;
  const compiled = new Map(openBundle(files).meta.policies.map(({ name, hash }) => [name, hash]));
  const same =
    ir.policies.length === compiled.size && ir.policies.every(({ meta }) => compiled.get(meta.name) === meta.hash);
  return same ? ir : null;
}

function tell(terminal: Terminal, reply: PlanReply, meaning: ProgramDiff | null): void {
  if (meaning !== null) {
    terminal.out(renderDiff(meaning));
    terminal.note(concludeDiff(meaning));
  } else if (reply.result === 'accepted') {
    terminal.out(planText(reply));
    terminal.note('(as far as manifests tell: the sources of one of the two can’t be compared)\n');
  }
  if (reply.result === 'refused') terminal.note(`it would be refused: ${printable(reply.message)}\n`);
  else terminal.note(`it would be taken: serial ${reply.serial}, in place of ${reply.running.slice(0, 12)}\n`);
}
