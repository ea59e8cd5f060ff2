// `ddlc import`: alert rules of Prometheus, and policies in the older JSON format, as files of the language. What can't
// be said exactly is refused and told; nothing is approximated in silence.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../../runtime/ports/make-folder.ts';
import { parseDuration } from '../duration-option.ts';
import type { ImportResult } from '../import/import-result.ts';
import { importPolicies } from '../import/policy-json/import-policies.ts';
import { importRules } from '../import/prometheus/import-rules.ts';
import { printable } from '../render/printable.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { fileError, UsageError } from '../usage-error.ts';
import { replaceFile } from '../write-file.ts';
import type { CliCommand, Run } from './command.ts';

interface ImportOptions {
  readonly out: string;
}

interface PrometheusOptions extends ImportOptions {
  readonly interval: number;
}

/** Four samples fit into the shortest range that rules use. */
const defaultInterval = '15s';

export const importCommand: CliCommand = {
  name: 'import',
  summary: 'turn Prometheus alert rules or policies in JSON into files of the language',
  define(command: Command, run: Run) {
    command
      .command('prometheus')
      .description('alert rules of Prometheus, as schemas, policies and tests')
      .argument('<files...>', 'rule files in YAML')
      .requiredOption('--out <dir>', 'folder to write to; made when it is not there')
      .option('--interval <duration>', 'how often samples come', parseDuration, parseDuration(defaultInterval))
      .action(
        run((terminal, files: readonly string[], { out, interval }: PrometheusOptions) =>
          write(terminal, out, importRules(texts(terminal, files), { everyMs: interval })),
        ),
      );
    command
      .command('policy-json')
      .description('policies in the older JSON format, with fleets for their targets, and tests')
      .argument('<files...>', 'files in JSON: a policy, a list, or an object with a list `policies`')
      .requiredOption('--out <dir>', 'folder to write to; made when it is not there')
      .action(
        run((terminal, files: readonly string[], { out }: ImportOptions) =>
          write(terminal, out, importPolicies(texts(terminal, files))),
        ),
      );
  },
};

function texts(
  terminal: Terminal,
  files: readonly string[],
): readonly { readonly file: string; readonly text: string }[] {
  return files.map((file) => {
    try {
      return { file, text: readFileSync(resolve(terminal.folder, file), 'utf8') };
    } catch (error) {
      throw fileError('read', file, error);
    }
  });
}

/** Writes the files, none over one that is there, and prints the summary. */
function write(terminal: Terminal, out: string, { files, rules, imported, refused }: ImportResult): ExitCode {
  const folder = resolve(terminal.folder, out);
  for (const name of files.keys()) {
    if (existsSync(join(folder, name)))
      throw new UsageError(`${join(out, name)} is there already, and nothing was written; choose another folder`);
  }
  for (const [name, text] of files) {
    try {
      makeFolder(folder);
      replaceFile(join(folder, name), text);
    } catch (error) {
      throw fileError('write', join(out, name), error);
    }
  }
  const told = refused.map(({ name, reason }) => ({ name, reason }));
  terminal.out(`${JSON.stringify({ rules, imported, refused: told })}\n`);
  for (const { name, reason } of told) terminal.note(`refused ${printable(name)}: ${printable(reason)}\n`);
  terminal.note(`${imported} of ${rules} imported to ${out}\n`);
  return refused.length > 0 ? 1 : 0;
}
