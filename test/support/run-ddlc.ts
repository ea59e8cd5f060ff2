// Runs the real `ddlc` as a process of its own, as a person would.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly note: string;
}

export interface RunSettings {
  readonly folder?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const main = join(import.meta.dirname, '../../cli/main.ts');

export function runDdlc(args: readonly string[], { folder, input = '', env = {} }: RunSettings = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    input,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '', DDL_DEBUG: '', ...env },
  });
  return { code: status, out: stdout, note: stderr };
}
