// `ddlc init`: a first project that compiles and whose tests pass, to be changed into one's own.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../../runtime/ports/make-folder.ts';
import { firstProject } from '../first-project.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { fileError, UsageError } from '../usage-error.ts';
import type { CliCommand } from './command.ts';

export const initCommand: CliCommand = {
  name: 'init',
  summary: 'write a first small project for your own service',
  define(command: Command, run) {
    command
      .argument('[dir]', 'folder to write to; made when it is not there', '.')
      .action(run((terminal, dir: string) => init(terminal, dir)));
  },
};

function init(terminal: Terminal, dir: string): ExitCode {
  const folder = resolve(terminal.folder, dir);
  refuseToOverwrite(folder, dir);
  for (const [name, text] of firstProject) {
    const shown = join(dir, name);
    try {
      makeFolder(folder);
      writeFileSync(join(folder, name), text, { flag: 'wx' });
    } catch (error) {
      throw fileError('write', shown, error);
    }
    terminal.out(`${shown}\n`);
  }
  terminal.note(`
Next:
  ddlc check ${dir}    find mistakes
  ddlc test ${dir}     run the tests in the files
Then put your service's metrics into ${join(dir, 'service.ddl')}; ${join(dir, 'README.md')} says how to go on.
`);
  return 0;
}

function refuseToOverwrite(folder: string, shown: string): void {
  const taken = [...firstProject.keys()].filter((name) => existsSync(join(folder, name)));
  if (taken.length > 0)
    throw new UsageError(
      `${join(shown, taken[0] ?? '')} is there already, and nothing was written; choose another folder: \`ddlc init my-policies\``,
    );
  if (!existsSync(folder)) return;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw fileError('write to', shown, error);
  }
  const source = names.find((name) => name.endsWith('.ddl'));
  if (source !== undefined) {
    throw new UsageError(
      `${shown} holds a project already (${join(shown, source)}), and nothing was written; choose another folder: \`ddlc init my-policies\``,
    );
  }
}
