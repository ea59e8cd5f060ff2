// Finds and reads the engine's configuration file: `--config FILE`, else `ddl.config.json` or `.yaml` in the folder.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { type Config, ConfigError, readConfig } from '../runtime/config.ts';
import { fileError, UsageError } from './usage-error.ts';

const names = ['ddl.config.json', 'ddl.config.yaml', 'ddl.config.yml'];

/** @throws UsageError when the file can't be read or a setting can't be used. */
export function engineConfig(
  path: string | null,
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const found = path ?? names.find((name) => existsSync(resolve(folder, name))) ?? null;
  let file: unknown;
  if (found !== null) {
    try {
      // JSON is YAML too; `maxAliasCount` keeps a file from unfolding without end.
      file = parse(readFileSync(resolve(folder, found), 'utf8'), { maxAliasCount: 100 });
    } catch (error) {
      const problem = fileError('read', found, error);
      if (problem instanceof UsageError) throw problem;
      throw new UsageError(`${found}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`, {
        cause: error,
      });
    }
  }
  try {
    return readConfig(file, environment, found ?? 'defaults');
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
