// `ddlc check --watch`: tells of every change, however an editor makes it, survives a folder without files, and ends
// with the last check's exit code.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { policyText, scratch, soundProject } from '../support/scratch.ts';

const main = join(import.meta.dirname, '../../cli/main.ts');
let child: ChildProcess | null = null;

afterEach(() => {
  child?.kill('SIGKILL');
});

/** What the process says next, up to and with its `waiting for changes`. */
function watching(folder: string): { next(): Promise<string>; end(): Promise<number | null> } {
  const started = spawn(process.execPath, [main, 'check', 'shop', '--watch'], { cwd: folder });
  child = started;
  let said = '';
  let told = (): void => {};
  const hear = (chunk: Buffer): void => {
    said += chunk;
    told();
  };
  started.stdout.on('data', hear);
  started.stderr.on('data', hear);
  return {
    async next() {
      for (;;) {
        const end = said.indexOf('waiting for changes\n');
        if (end >= 0) {
          const part = said.slice(0, end);
          said = said.slice(end + 'waiting for changes\n'.length);
          return part;
        }
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
    },
    end: () =>
      new Promise((resolve) => {
        started.on('exit', (code) => resolve(code));
        started.kill('SIGINT');
      }),
  };
}

test('each change is checked, and the exit code is the last one’s', async () => {
  const folder = scratch(soundProject);
  const path = (name: string): string => join(folder, 'shop', name);
  const watched = watching(folder);
  expect(await watched.next()).toContain('no problems found');
  // Written in place.
  writeFileSync(path('policies/slow.ddl'), policyText.replace('latency >', 'latncy >'));
  expect(await watched.next()).toContain('did you mean `latency`?');
  // Replaced, as many editors save.
  writeFileSync(path('new.tmp'), policyText);
  renameSync(path('new.tmp'), path('policies/slow.ddl'));
  expect(await watched.next()).toContain('no problems found');
  // In a folder that was not there.
  mkdirSync(path('more'));
  await new Promise((resolve) => setTimeout(resolve, 300));
  writeFileSync(path('more/second.ddl'), policyText);
  let last = await watched.next();
  while (!last.includes('error[')) last = await watched.next();
  expect(last).toContain('is declared twice');
  expect(await watched.end()).toBe(1);
});

test('a program that is gone for a moment is waited for', async () => {
  const folder = scratch(soundProject);
  const watched = watching(folder);
  await watched.next();
  rmSync(join(folder, 'shop/policies/slow.ddl'));
  rmSync(join(folder, 'shop/schema.ddl'));
  let last = await watched.next();
  while (!last.includes('there is no')) last = await watched.next();
  writeFileSync(join(folder, 'shop/schema.ddl'), soundProject['shop/schema.ddl'] as string);
  writeFileSync(join(folder, 'shop/policies/slow.ddl'), policyText);
  last = await watched.next();
  while (!last.includes('no problems found')) last = await watched.next();
  expect(await watched.end()).toBe(0);
});
