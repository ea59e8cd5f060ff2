// `ddlc diff`: what changed in meaning between two versions of a program; usable as a merge gate.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { diffPrograms } from '../../compiler/diff/diff-programs.ts';
import { type RiskClass, riskClasses } from '../../compiler/diff/program-diff.ts';
import { loadVersion, programOfVersion } from '../program-version.ts';
import { concludeDiff, renderDiff } from '../render/diff.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import type { CliCommand } from './command.ts';

interface DiffOptions {
  readonly format: 'text' | 'json';
  readonly failOn: readonly RiskClass[];
}

export const diffCommand: CliCommand = {
  name: 'diff',
  summary: 'print what changed in meaning between two versions of a program',
  define(command: Command, run) {
    command
      .argument('<base>', 'folder or file, or git:COMMIT, git:COMMIT:PATH')
      .argument('<head>', 'folder or file, or git:COMMIT, git:COMMIT:PATH')
      .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json']).default('text'))
      .option('--fail-on <classes>', `exit code 1 when one of these occurs: ${riskClasses.join(',')}`, parseClasses, [])
      .action(run((terminal, base: string, head: string, options: DiffOptions) => diff(terminal, base, head, options)));
  },
};

function parseClasses(text: string): readonly RiskClass[] {
  return text.split(',').map((word) => {
    const found = riskClasses.find((risk) => risk === word.trim());
    if (found === undefined) throw new InvalidArgumentError(`There is no class ${JSON.stringify(word)}.`);
    return found;
  });
}

function diff(terminal: Terminal, base: string, head: string, { format, failOn }: DiffOptions): ExitCode {
  const [before, after] = [
    programOfVersion(loadVersion(base, head, terminal.folder), terminal),
    programOfVersion(loadVersion(head, base, terminal.folder), terminal),
  ];
  if (before === null || after === null) return 1;
  const result = diffPrograms(before, after);
  if (format === 'json') terminal.out(`${JSON.stringify(result, null, 2)}\n`);
  else {
    terminal.out(renderDiff(result));
    terminal.note(concludeDiff(result));
  }
  const failing = failOn.filter((risk) => result.classes.includes(risk));
  if (failing.length > 0) terminal.note(`refused because of --fail-on: ${failing.join(', ')}\n`);
  return failing.length > 0 ? 1 : 0;
}
