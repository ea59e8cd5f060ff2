// Wrong usage, readers that leave, our own faults: exit codes and sentences.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../cli/commands/index.ts';
import { told } from '../../cli/ddlc.ts';
import type { Terminal } from '../../cli/terminal.ts';
import { fileError, UsageError } from '../../cli/usage-error.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch, soundProject } from '../support/scratch.ts';

test('--version and --help', () => {
  expect(runDdlc(['--version'])).toMatchObject({ code: 0, note: '' });
  expect(runDdlc(['--version']).out).toMatch(/^ddlc \d+\.\d+\.\d+\n$/);
  const help = runDdlc(['--help']);
  expect(help.code).toBe(0);
  for (const command of commands) expect(help.out).toContain(`  ${command.name}`);
});

test.each([
  ['no command', [], 'Usage: ddlc'],
  ['an unknown command', ['chekc'], "error: unknown command 'chekc'\n(Did you mean check?)"],
  [
    'an unknown option',
    ['check', '.', '--fromat', 'json'],
    "error: unknown option '--fromat'\n(Did you mean --format?)",
  ],
  ['an unknown format', ['check', '.', '--format', 'yaml'], 'Allowed choices are text, json, sarif, github.'],
  ['a missing argument', ['check'], "error: missing required argument 'dir'"],
  ['an argument too many', ['check', 'a', 'b'], "too many arguments for 'check'"],
  ['a missing option', ['compile', '.'], "required option '--out <bundle>' not specified"],
  ['an option of another command', ['check', '.', '--events', 'x'], "unknown option '--events'"],
  ['a folder that is not there', ['check', 'nowhere'], "error: can't read nowhere: there is no such file or folder"],
])('%s is wrong usage', (_, args, message) => {
  const { code, out, note } = runDdlc(args, { folder: scratch() });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(note).toContain(message);
});

function listener(): { readonly terminal: Terminal; readonly notes: string[] } {
  const notes: string[] = [];
  const terminal: Terminal = {
    out: () => true,
    note: (text) => notes.push(text),
    drained: async () => {},
    outClosed: false,
    color: { out: false, note: false },
    interactive: false,
    folder: '/',
  };
  return { terminal, notes };
}

test('a fault of our own: one sentence, where to report it, the stack only when asked for', () => {
  const { terminal, notes } = listener();
  expect(told(new TypeError('x is not a function'), terminal)).toBe(3);
  const [text = ''] = notes;
  expect(text).toMatch(/^error: ddlc failed: x is not a function\nThis is a fault of ddlc .* Please report it/);
  expect(text).not.toContain('usage.test.ts');
  process.env.DDL_DEBUG = '1';
  try {
    told(new TypeError('x'), terminal);
  } finally {
    delete process.env.DDL_DEBUG;
  }
  expect(notes[1]).toContain('usage.test.ts');
});

test('what the file system refuses is said in words; anything else stays what it was', () => {
  const refused = fileError('read', 'a.ddl', Object.assign(new Error('x'), { code: 'EACCES' }));
  expect(refused).toBeInstanceOf(UsageError);
  expect((refused as Error).message).toBe("can't read a.ddl: permission denied");
  const own = new TypeError('x');
  expect(fileError('read', 'a.ddl', own)).toBe(own);
});

test('a reader that leaves early is no failure', async () => {
  const main = join(import.meta.dirname, '../../cli/main.ts');
  const child = spawn(process.execPath, [main, 'explain'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let note = '';
  child.stderr.on('data', (chunk) => {
    note += chunk;
  });
  const [code] = await once(child, 'close');
  expect({ code, note }).toEqual({ code: 0, note: '' });
});

test('the result does not depend on the locale', () => {
  const folder = scratch(soundProject);
  const plain = runDdlc(['check', 'shop', '--format', 'json'], { folder });
  expect(
    runDdlc(['check', 'shop', '--format', 'json'], { folder, env: { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } }),
  ).toEqual(plain);
});
