// `ddlc fmt`: brings every file to the one canonical layout. A file that can't be read as a whole is left alone.

import type { Command } from 'commander';
import { analyse } from '../../compiler/analyse.ts';
import { format } from '../../grammar/format.ts';
import { parse } from '../../grammar/parser.ts';
import { loadProject, type Project, type ProjectFile, withShownPaths } from '../project.ts';
import { printable } from '../render/printable.ts';
import { renderText } from '../render/text.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { fileError } from '../usage-error.ts';
import { replaceFile } from '../write-file.ts';
import type { CliCommand } from './command.ts';

interface FormatOptions {
  readonly check?: true;
}

export const formatCommand: CliCommand = {
  name: 'fmt',
  summary: 'bring files to the canonical layout; prints those that change',
  define(command: Command, run) {
    command
      .argument('<dir>', 'folder with .ddl files, or one such file')
      .option('--check', 'change nothing; exit code 1 when a file would change')
      .action(run((terminal, dir: string, options: FormatOptions) => formatProject(terminal, dir, options)));
  },
};

function formatProject(terminal: Terminal, dir: string, options: FormatOptions): ExitCode {
  const project = loadProject(dir, terminal.folder);
  let changed = 0;
  let broken = 0;
  for (const file of project.files) {
    const formatted = formattedText(file);
    if (formatted === null) {
      broken++;
      tellMistakes(terminal, file, project);
    } else if (formatted !== file.text) {
      changed++;
      if (options.check !== true) write(file, formatted);
      terminal.out(`${printable(file.shown)}\n`);
    }
  }
  terminal.note(conclusion(project.files.length, changed, broken, options.check === true));
  return broken > 0 || (options.check === true && changed > 0) ? 1 : 0;
}

/** `null` when the file has mistakes in its form. */
function formattedText(file: ProjectFile): string | null {
  const { source, problems } = parse(file.file, file.text);
  if (problems.length > 0 || !file.whole) return null;
  const formatted = format(source);
  // What is written over a person's file must at the least be readable again.
  if (parse(file.file, formatted).problems.length > 0)
    throw new Error(`the layout of ${file.shown} came out unreadable; it was not written`);
  return formatted;
}

function write(file: ProjectFile, text: string): void {
  try {
    replaceFile(file.path, text);
  } catch (error) {
    throw fileError('write', file.shown, error);
  }
}

/** DDL1xxx and the limits of a file; what the names in it mean is the matter of `check`. */
function tellMistakes(terminal: Terminal, file: ProjectFile, project: Project): void {
  const places = new Set(
    parse(file.file, file.text).problems.map((problem) => `${problem.code} ${problem.span.start}`),
  );
  const found = analyse([file]).diagnostics.filter((entry) => places.has(`${entry.name} ${entry.span.start}`));
  const shown = found.map((diagnostic) => withShownPaths(diagnostic, project));
  const sources = new Map([[file.shown, file.text]]);
  terminal.note(`${renderText(shown, sources, { color: terminal.color.note })}\n`);
}

function conclusion(files: number, changed: number, broken: number, checked: boolean): string {
  const verb = checked ? 'would change' : 'changed';
  const left = broken === 0 ? '' : `, ${broken} left alone because of the mistakes above`;
  return `${changed} of ${files} file${files === 1 ? '' : 's'} ${verb}${left}\n`;
}
