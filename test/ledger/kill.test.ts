// `kill -9` at any moment loses no decision that was reported as recorded, and the folder can be used at once.

import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ledgerFolders, openFolder } from './fixtures.ts';

let folders: Awaited<ReturnType<typeof ledgerFolders>>;

beforeAll(async () => {
  folders = await ledgerFolders();
}, 60_000);
afterAll(() => folders.remove());

const child = new URL('./recording-child.ts', import.meta.url).pathname;

/** Runs the child until it has printed `lines` lines, then kills it; what it printed. */
function killAfter(folder: string, lines: number): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [child, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    let complaints = '';
    running.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.toString();
    });
    running.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.split('\n').length > lines) running.kill('SIGKILL');
    });
    running.on('close', (_code, signal) => {
      // A line cut off by the kill was not printed whole.
      if (signal === 'SIGKILL') resolve(printed.split('\n').slice(0, -1));
      else reject(new Error(`the child ended by itself: ${complaints}`));
    });
  });
}

it('finds every decision that a killed process had reported', async () => {
  const folder = folders.fresh();
  const printed: string[] = [];
  for (const lines of [1, 700, 60, 1_500]) printed.push(...(await killAfter(folder, lines)));
  expect(printed.length).toBeGreaterThan(2_000);

  const { ledger, takenOverFrom } = await openFolder(folder);
  expect(takenOverFrom).toBeTypeOf('number');
  const found = new Map((await ledger.decisionsSince(0)).map((one) => [one.id, one]));
  expect(printed.filter((id) => !found.has(id))).toEqual([]);
  const newest = Math.max(...[...found.values()].map((one) => one.at));
  const report = await ledger.restart(newest);
  expect(report.found.decisions).toBe(found.size);
  // Two actions each; those of the last minute can still be carried out.
  expect(report.resume.length + report.found.tooOld).toBe(found.size * 2);
  expect(report.resume.length).toBe(61 * 2);
  await ledger.close(1_000);
}, 60_000);
