// Memory over many loads of a bundle of 1,000 policies, in a process that may use 256 MB: flat, or the loader keeps what
// it replaces.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleTexts } from '../../cli/bundle.ts';
import { compile } from '../../compiler/compile.ts';
import { thresholdPolicies, workloadProgram } from '../bench/peers-workload.ts';
import type { CarryReport } from './carry-often.ts';
import { carryProgram } from './carry-workload.ts';
import type { LoadReport } from './load-often.ts';

const run = promisify(execFile);

/**
 * Compiles two programs once and swaps them `swaps` times, with the state of 2,000 keys carried over each time, in a
 * child process under `--max-old-space-size=256`.
 */
export async function carryMemory(swaps: number): Promise<CarryReport> {
  return inFolder(async (folder) => {
    for (const changed of [false, true]) {
      writeBundle(join(folder, String(changed)), [{ file: 'program.ddl', text: carryProgram(changed) }]);
    }
    return runScript('carry-often.ts', folder, swaps) as Promise<CarryReport>;
  });
}

/** Compiles 1,000 policies once and loads them `loads` times in a child process under `--max-old-space-size=256`. */
export async function loaderMemory(loads: number): Promise<LoadReport> {
  return inFolder(async (folder) => {
    writeBundle(folder, workloadProgram(thresholdPolicies(1000), 'W1'));
    return runScript('load-often.ts', folder, loads) as Promise<LoadReport>;
  });
}

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'ddl-loads-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeBundle(folder: string, files: readonly { readonly file: string; readonly text: string }[]): void {
  const { program } = compile(files);
  if (program === null) throw new Error('the program does not compile');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of bundleTexts(program, files, { compiler: 'ddlc test', serial: 1 })) {
    writeFileSync(join(folder, name), text);
  }
}

async function runScript(name: string, folder: string, times: number): Promise<unknown> {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const flags = ['--expose-gc', '--max-old-space-size=256'];
  const { stdout } = await run(process.execPath, [...flags, script, folder, String(times)]);
  return JSON.parse(stdout);
}

/** How much the heap grew per load after the runtime's caches had filled. */
export function growthBytesPerLoad({ heapBytes }: Pick<LoadReport, 'heapBytes'>): number {
  const [first, last] = [heapBytes[0], heapBytes[heapBytes.length - 1]];
  return (last.bytes - first.bytes) / (last.loads - first.loads);
}
