// `ddlc doc`: what the policies of a program do, for people who do not read sources.

import { existsSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { makeFolder } from '../../runtime/ports/make-folder.ts';
import { checkedProgram } from '../checked-program.ts';
import { type DocProgram, docProgram } from '../doc/doc-model.ts';
import { renderDocHtml } from '../render/doc-html.ts';
import { renderDocMarkdown } from '../render/doc-markdown.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { fileError, UsageError } from '../usage-error.ts';
import { replaceFile } from '../write-file.ts';
import type { CliCommand } from './command.ts';

const formats = {
  html: { extension: '.html', file: 'policies.html', render: renderDocHtml },
  markdown: { extension: '.md', file: 'policies.md', render: renderDocMarkdown },
} as const satisfies Record<string, { extension: string; file: string; render: (program: DocProgram) => string }>;

type DocFormat = keyof typeof formats;

interface DocOptions {
  readonly out: string;
  readonly format?: DocFormat;
}

export const docCommand: CliCommand = {
  name: 'doc',
  summary: 'write what the policies do as Markdown and as one HTML page',
  define(command: Command, run) {
    command
      .argument('<dir>', 'folder with .ddl files, or one such file')
      .requiredOption('--out <path>', 'a file (.html, .md), or a folder for policies.html and policies.md')
      .addOption(new Option('--format <format>', 'one of them only').choices(Object.keys(formats)))
      .action(run((terminal, dir: string, options: DocOptions) => doc(terminal, dir, options)));
  },
};

function doc(terminal: Terminal, dir: string, { out, format }: DocOptions): ExitCode {
  const files = filesToWrite(resolve(terminal.folder, out), out, format);
  const program = checkedProgram(dir, terminal);
  if (program === null) return 1;
  const content = docProgram(basename(resolve(terminal.folder, dir)), program);
  for (const { path, shown, kind } of files) {
    try {
      makeFolder(resolve(path, '..'));
      replaceFile(path, formats[kind].render(content));
    } catch (error) {
      throw fileError('write', shown, error);
    }
    terminal.out(`${shown}\n`);
  }
  return 0;
}

interface DocFile {
  readonly path: string;
  readonly shown: string;
  readonly kind: DocFormat;
}

function filesToWrite(path: string, shown: string, format: DocFormat | undefined): readonly DocFile[] {
  const kinds = Object.keys(formats) as DocFormat[];
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (!isFolder && extname(path) !== '') {
    const named = kinds.find((kind) => formats[kind].extension === extname(path));
    const kind = format ?? named;
    if (kind === undefined)
      throw new UsageError(`--out ${shown}: write a name that ends in .html or .md, or say which with --format`);
    return [{ path, shown, kind }];
  }
  return kinds
    .filter((kind) => format === undefined || kind === format)
    .map((kind) => ({ path: join(path, formats[kind].file), shown: join(shown, formats[kind].file), kind }));
}
