// `ddlc compile`: a program to a bundle folder that an engine can run without parser or emitter.

import type { KeyObject } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { compile } from '../../compiler/compile.ts';
import { signatureFile } from '../../runtime/bundle/bundle-files.ts';
import { manifestFile } from '../../runtime/bundle/manifest.ts';
import { KeyError, readPrivateKey, signerId, signManifest } from '../../runtime/bundle/signature.ts';
import { bundleTexts } from '../bundle.ts';
import { packageInfo } from '../package-info.ts';
import { loadProject, withShownPaths } from '../project.ts';
import { tellDiagnostics } from '../tell-diagnostics.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { fileError, UsageError } from '../usage-error.ts';
import { replaceFolder } from '../write-file.ts';
import type { CliCommand } from './command.ts';

interface CompileOptions {
  readonly out: string;
  readonly serial: number;
  readonly key?: string;
}

export const compileCommand: CliCommand = {
  name: 'compile',
  summary: 'write a program as a bundle that an engine runs',
  define(command: Command, run) {
    command
      .argument('<dir>', 'folder with .ddl files, or one such file')
      .requiredOption('--out <bundle>', 'folder to write; a bundle that is there is replaced')
      .option('--serial <number>', 'release number; an engine never goes back to a lower one', parseSerial, 1)
      .option('--key <file>', 'private key that signs the bundle, as `ddlc key new` writes it')
      .action(run((terminal, dir: string, options: CompileOptions) => compileProject(terminal, dir, options)));
  },
};

function parseSerial(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is a whole number such as 7.');
  return Number(text);
}

function compileProject(terminal: Terminal, dir: string, options: CompileOptions): ExitCode {
  const out = resolve(terminal.folder, options.out);
  const privateKey = options.key === undefined ? null : privateKeyIn(options.key, terminal.folder);
  const project = loadProject(dir, terminal.folder);
  const { analysis, program } = compile(project.files, project.settings);
  tellDiagnostics(
    terminal,
    project,
    analysis.diagnostics.map((diagnostic) => withShownPaths(diagnostic, project)),
  );
  if (program === null) return 1;
  refuseForeignFolder(out, options.out, resolve(terminal.folder, dir));
  const identity = { compiler: `ddlc ${packageInfo().version}`, serial: options.serial };
  const texts = new Map(bundleTexts(program, project.files, identity));
  const manifest = Buffer.from(texts.get(manifestFile) ?? '');
  if (privateKey !== null) texts.set(signatureFile, signManifest(manifest, privateKey));
  try {
    replaceFolder(out, texts);
  } catch (error) {
    throw fileError('write', options.out, error);
  }
  for (const name of texts.keys()) terminal.out(`${join(options.out, name)}\n`);
  const { policies } = analysis;
  terminal.note(
    `${policies} ${policies === 1 ? 'policy' : 'policies'} compiled to ${options.out}${privateKey === null ? '' : `, signed with the key ${signerId(privateKey)}`}\n`,
  );
  return 0;
}

function privateKeyIn(path: string, folder: string): KeyObject {
  try {
    return readPrivateKey(readFileSync(resolve(folder, path), 'utf8'));
  } catch (error) {
    if (error instanceof KeyError) throw new UsageError(`${path}: ${error.message}`, { cause: error });
    throw fileError('read', path, error);
  }
}

/** What is replaced is lost: only a bundle or an empty folder may be, and never one that holds the sources. */
function refuseForeignFolder(out: string, shown: string, sources: string): void {
  const inside = relative(out, sources);
  if (inside === '' || !inside.startsWith('..'))
    throw new UsageError(`${shown} holds the sources; choose another folder for the bundle`);
  if (!existsSync(out)) return;
  let names: string[];
  try {
    names = readdirSync(out);
  } catch (error) {
    throw fileError('write', shown, error);
  }
  if (names.length > 0 && !names.includes(manifestFile)) {
    throw new UsageError(`${shown} is a folder with other files and no bundle; choose another one or remove it first`);
  }
}
