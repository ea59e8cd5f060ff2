// Every way in which the ledger's folder can be wrong ends in a sentence that says what to do, and harms nothing.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderProblem } from '../../runtime/ledger/ledger-folder.ts';
import { LedgerProblem } from '../../runtime/ledger/problem.ts';
import { decision, ledgerFolders, openFolder, scratchFolder } from './fixtures.ts';

let folders: Awaited<ReturnType<typeof ledgerFolders>>;
let scratch: string;

beforeAll(async () => {
  folders = await ledgerFolders();
  scratch = scratchFolder();
}, 60_000);
afterAll(() => {
  folders.remove();
  rmSync(scratch, { recursive: true, force: true });
});

async function problemOf(folder: string): Promise<LedgerProblem> {
  const error = await openFolder(folder).then(
    () => new Error('it opened'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof LedgerProblem) return error;
  throw error;
}

/** Mounts when the machine lets us; tests that need it are left out elsewhere. */
function mount(...args: string[]): boolean {
  try {
    execFileSync('mount', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const canMount = (() => {
  const probe = scratchFolder();
  const mounted = mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe);
  if (mounted) execFileSync('umount', [probe]);
  rmSync(probe, { recursive: true, force: true });
  return mounted;
})();

describe('a folder that can’t be used', () => {
  it('is a file', async () => {
    const file = join(scratch, 'file');
    writeFileSync(file, 'precious');
    for (const path of [file, join(file, 'below')]) {
      const problem = await problemOf(path);
      expect(problem.code).toBe('not-a-folder');
      expect(problem.message).toContain(`the ledger's folder ${path} is a file, or lies below one; move it away`);
    }
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  it.runIf(existsSync('/proc/self'))('lies where no folder can be made', async () => {
    expect((await problemOf('/proc/no/folder')).message).toMatch(/folder \/proc\/no\/folder can't be/);
  });

  it('is made with those above it', async () => {
    const folder = join(scratch, 'a', 'b', '.ddl');
    await (await openFolder(folder)).ledger.close(1_000);
    expect(readdirSync(folder)).toEqual(['ledger']);
  }, 30_000);

  it('is refused by the system', () => {
    for (const code of ['EACCES', 'EPERM']) {
      const problem = folderProblem(Object.assign(new Error('no'), { code }), '/srv/ddl');
      expect(problem).toMatchObject({ code: 'no-permission', message: expect.stringContaining('/srv/ddl') });
    }
  });

  it.skipIf(process.getuid?.() === 0)('belongs to someone else', async () => {
    const folder = folders.fresh();
    chmodSync(folder, 0o500);
    expect(await problemOf(folder)).toMatchObject({ code: 'no-permission' });
    chmodSync(folder, 0o700);
  });

  it.runIf(canMount)('is read-only', async () => {
    const folder = folders.fresh();
    mount('--bind', folder, folder);
    mount('-o', 'remount,ro,bind', folder);
    try {
      const problem = await problemOf(folder);
      expect(problem.code).toBe('read-only');
      expect(problem.message).toMatch(
        /is on a read-only file system; mount it writable or give the ledger another folder$/,
      );
    } finally {
      execFileSync('umount', [folder]);
    }
    await (await openFolder(folder)).ledger.close(1_000);
  });

  it.runIf(canMount)('is too small for a new ledger', async () => {
    const folder = join(scratch, 'tiny');
    mkdirSync(folder);
    mount('-t', 'tmpfs', '-o', 'size=30m', 'tmpfs', folder);
    try {
      const problem = await problemOf(folder);
      expect(problem.code).toBe('no-space');
      expect(problem.message).toMatch(/no space for the ledger in .*tiny \(3\d MB left\); free some/);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

describe('a damaged ledger', () => {
  const damages: readonly (readonly [string, (ledger: string) => void, RegExp])[] = [
    ['without its version file', (ledger) => rmSync(join(ledger, 'PG_VERSION')), /its file PG_VERSION is missing/],
    [
      'without its tables',
      (ledger) => rmSync(join(ledger, 'base'), { recursive: true }),
      /database "postgres" does not exist|missing/,
    ],
    ['without its log', (ledger) => rmSync(join(ledger, 'pg_wal'), { recursive: true }), /pg_wal/],
    ['with a cut-off log', cutLog, /checkpoint|WAL/i],
    [
      'with a control file of noise',
      (ledger) => writeFileSync(join(ledger, 'global/pg_control'), Buffer.alloc(8_192, 7)),
      /./,
    ],
    [
      'of another version',
      (ledger) => writeFileSync(join(ledger, 'PG_VERSION'), '9\n'),
      /written by another version of PostgreSQL/,
    ],
    ['that is a file', becomeFile, /is a file/],
  ];
  it.each(damages)('%s is named, left as it is, and not held', async (_name, damage, what) => {
    const folder = folders.fresh();
    damage(join(folder, 'ledger'));
    const problem = await problemOf(folder);
    expect(problem.message).toContain(join(folder, 'ledger'));
    expect(problem.message).toMatch(what);
    expect(problem.message).toMatch(/move it away/);
    expect(existsSync(join(folder, 'engine.lock'))).toBe(false);
    expect(readdirSync(folder)).toEqual(['ledger']);
  });

  it('is not what a first start that was cut off leaves behind', async () => {
    const folder = join(scratch, 'cut-off');
    cpSync(folders.fresh(), folder, { recursive: true });
    execFileSync('mv', [join(folder, 'ledger'), join(folder, 'ledger.new')]);
    rmSync(join(folder, 'ledger.new', 'base'), { recursive: true });
    const { ledger } = await openFolder(folder);
    expect(await ledger.record([decision()], 'bundle')).toEqual(['recorded']);
    await ledger.close(1_000);
    expect(readdirSync(folder)).toEqual(['ledger']);
  }, 30_000);

  it('was written by a newer version', async () => {
    const folder = folders.fresh();
    const { openPglite } = await import('../../runtime/ports/pglite.ts');
    const database = await openPglite(folder);
    await database.query(`insert into schema_migration values (99, 'from the future', now())`);
    await database.close();
    const problem = await problemOf(folder);
    expect(problem.code).toBe('newer-version');
    expect(problem.message).toMatch(/step 99.*run that version or a later one/);
  });
});

describe('one engine at a time', () => {
  const child = new URL('./recording-child.ts', import.meta.url).pathname;

  async function holder(folder: string): Promise<ChildProcess> {
    const running = spawn(process.execPath, [child, folder, 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(running.stdout, 'data');
    return running;
  }

  it('refuses a second one by naming the first, and takes over when that one was killed', async () => {
    const folder = folders.fresh();
    const first = await holder(folder);
    const problem = await problemOf(folder);
    expect(problem.code).toBe('in-use');
    expect(problem.message).toBe(
      `the ledger in ${folder} is in use by process ${first.pid}; stop that one first, or give this engine another folder`,
    );
    first.kill('SIGKILL');
    await once(first, 'close');
    const { ledger, takenOverFrom } = await openFolder(folder);
    expect(takenOverFrom).toBe(first.pid);
    await ledger.close(1_000);
    expect((await openFolder(folder)).takenOverFrom).toBeNull();
  }, 30_000);

  it('refuses a second one in the same process', async () => {
    const folder = folders.fresh();
    const { ledger } = await openFolder(folder);
    expect((await problemOf(folder)).message).toMatch(/in use by this very process/);
    await ledger.close(1_000);
    await (await openFolder(folder)).ledger.close(1_000);
  });

  const lockOf = (holder: unknown): string => (typeof holder === 'string' ? holder : JSON.stringify(holder));
  const stale: readonly (readonly [string, unknown])[] = [
    ['of an earlier process with our number', { pid: process.pid, host: hostname(), started: '1' }],
    ['of an earlier process with a number that is now another’s', { pid: 1, host: hostname(), started: '-5' }],
    ['that was never written whole', ''],
    ['of noise', '{"pid": "__proto__"'],
  ];
  it.each(stale)('takes over a lock %s', async (_name, content) => {
    const folder = folders.fresh();
    writeFileSync(join(folder, 'engine.lock'), lockOf(content));
    await (await openFolder(folder)).ledger.close(1_000);
    expect(readdirSync(folder)).toEqual(['ledger']);
  });

  it('waits for a lock from another machine to fall silent', async () => {
    const folder = folders.fresh();
    const lock = join(folder, 'engine.lock');
    writeFileSync(lock, lockOf({ pid: 7, host: 'another', started: null }));
    expect((await problemOf(folder)).message).toMatch(/process 7 on another; if that one is gone, this works in \d+ s/);
    execFileSync('touch', ['-d', '1 minute ago', lock]);
    await (await openFolder(folder)).ledger.close(1_000);
  });
});

describe('a disk that fills up while the engine runs', () => {
  // With nothing left a table can't grow, which is an error; with a little left the log can't, which is a crash.
  const cases = [
    [0, 'bundle'],
    [12_000_000, 'bundle'.repeat(500)],
  ] as const;
  it.runIf(canMount).each(cases)(
    'with %d bytes left it stops taking decisions, loses none, and goes on when there is room',
    async (leftBytes, bundleHash) => {
      const folder = join(scratch, `full-${leftBytes}`);
      mkdirSync(folder);
      mount('-t', 'tmpfs', '-o', 'size=150m', 'tmpfs', folder);
      try {
        cpSync(folders.fresh(), folder, { recursive: true });
        const health: (string | null)[] = [];
        const { ledger } = await openFolder(folder, (problem) => health.push(problem));
        const filler = join(folder, 'filler');
        const { bavail, bsize } = statfsSync(folder);
        writeFileSync(filler, Buffer.alloc(bavail * bsize - leftBytes));
        const written: Promise<unknown>[] = [];
        let number = 0;
        while (ledger.accepting() && number < 40_000) {
          const batch = Array.from({ length: 200 }, () => decision({ number: number++ }));
          const recording = ledger.record(batch, bundleHash);
          written.push(recording);
          await Promise.race([recording, new Promise((resolve) => setTimeout(resolve, 500))]);
        }
        expect(ledger.health()).toMatchObject({ healthy: false, waiting: 200 });
        expect(ledger.health().problem).toMatch(/no space/i);
        const extra = ledger.record([decision({ number: number++ })], bundleHash);
        const opened = ledger.waitHealthy();
        rmSync(filler);
        await opened;
        await Promise.all([...written, extra]);
        expect(await ledger.decisionsSince(0)).toHaveLength(number);
        expect(health.map((problem) => problem === null)).toEqual([false, true]);
        await ledger.close(1_000);
      } finally {
        execFileSync('umount', ['-l', folder]);
      }
    },
    60_000,
  );
});

function becomeFile(ledger: string): void {
  rmSync(ledger, { recursive: true });
  writeFileSync(ledger, 'x');
}

function cutLog(ledger: string): void {
  for (const name of readdirSync(join(ledger, 'pg_wal'))) {
    if (/^[0-9A-F]{24}$/.test(name)) truncateSync(join(ledger, 'pg_wal', name), 1_000);
  }
}
