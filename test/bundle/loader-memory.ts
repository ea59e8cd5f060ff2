// Memory over many loads of a bundle of 1,000 policies, in a process that may use 256 MB: flat, or the loader keeps what
// it replaces.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleTexts } from '../../cli/bundle.ts';
import { compile } from '../../compiler/compile.ts';
import { thresholdPolicies, workloadProgram } from '../bench/peers-workload.ts';
import type { LoadReport } from './load-often.ts';

const run = promisify(execFile);

/** Compiles 1,000 policies once and loads them `loads` times in a child process under `--max-old-space-size=256`. */
export async function loaderMemory(loads: number): Promise<LoadReport> {
  const folder = mkdtempSync(join(tmpdir(), 'ddl-loads-'));
  try {
    const files = workloadProgram(thresholdPolicies(1000), 'W1');
    const { program } = compile(files);
    if (program === null) throw new Error('the program does not compile');
    for (const [name, text] of bundleTexts(program, files, { compiler: 'ddlc test', serial: 1 })) {
      writeFileSync(join(folder, name), text);
    }
    const script = fileURLToPath(new URL('load-often.ts', import.meta.url));
    const flags = ['--expose-gc', '--max-old-space-size=256'];
    const { stdout } = await run(process.execPath, [...flags, script, folder, String(loads)]);
    return JSON.parse(stdout) as LoadReport;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How much the heap grew per load after the runtime's caches had filled. */
export function growthBytesPerLoad({ heapBytes }: LoadReport): number {
  const [first, last] = [heapBytes[0], heapBytes[heapBytes.length - 1]];
  return (last.bytes - first.bytes) / (last.loads - first.loads);
}
