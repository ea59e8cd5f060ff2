// `ddlc diff`: what changed in meaning between two versions of a program; usable as a merge gate.

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import { diffPrograms } from '../../compiler/diff/diff-programs.ts';
import { type RiskClass, riskClasses } from '../../compiler/diff/program-diff.ts';
import { isGitReference, loadGitProject } from '../git-project.ts';
import { analyseProject, loadProject, type Project } from '../project.ts';
import { concludeDiff, renderDiff } from '../render/diff.ts';
import { tellDiagnostics } from '../tell-diagnostics.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
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
    program(load(base, head, terminal.folder), terminal),
    program(load(head, base, terminal.folder), terminal),
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

function load(path: string, other: string, folder: string): Project {
  if (!isGitReference(path)) return loadProject(path, folder);
  const beside = isGitReference(other) ? '.' : other;
  if (isGitReference(other) && !path.slice(4).includes(':'))
    throw new UsageError(`${path} names no folder; with two commits write ${path}:policies`);
  return loadGitProject(path, beside, folder);
}

/** Only what stops it is told: warnings are the matter of `check`. */
function program(project: Project, terminal: Terminal): ProgramIr | null {
  const { ir, diagnostics } = analyseProject(project);
  if (ir === null)
    tellDiagnostics(
      terminal,
      project,
      diagnostics.filter(({ severity }) => severity === 'error'),
    );
  return ir;
}
