// One server of a test: started until it answers, paused, killed, started again on its port and folder. It ends with
// the process that started it, whatever ends that one, and its folder is removed then or by the next that starts one.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { User } from './programs.ts';

/** The bad weather that every server knows. */
export interface Weather {
  /** Nothing is answered, connections stay open: SIGSTOP to all of its processes. */
  pause(): void;
  resume(): void;
  /** Ended by SIGKILL, all of its processes at once. */
  kill(): Promise<void>;
  /** Asked to end; what it knows is kept for `restart`. */
  shutDown(): Promise<void>;
  /** Starts again on the same port and folder, `empty`: without what it knew. Kills it before when it still runs. */
  restart(how?: { readonly empty?: boolean }): Promise<void>;
  /** Killed, and its folder removed. */
  stop(): Promise<void>;
}

export interface Server {
  readonly name: string;
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly user: User | null;
  /** Brings the folder to the state in which the server knows nothing. */
  prepare(): Promise<void>;
  /** Rejects until the server answers. */
  answers(): Promise<void>;
}

const startsWithinMs = 90_000;
const running = new Set<ServerProcess>();
const folders = new Set<string>();
const folderPattern = /^ddl-services-(\d+)-/;

process.on('exit', () => {
  for (const server of running) server.signal('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own, that `user` may write. */
export function createFolder(user: User | null = null): string {
  for (const name of readdirSync(tmpdir())) {
    const owner = folderPattern.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) removeFolder(join(tmpdir(), name));
  }
  const folder = mkdtempSync(join(tmpdir(), `ddl-services-${process.pid}-`));
  folders.add(folder);
  if (user !== null) chownSync(folder, user.uid, user.gid);
  return folder;
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

export function removeFolder(folder: string): void {
  folders.delete(folder);
  // A process that was killed a moment ago may still write its last file.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

export class ServerProcess implements Weather {
  readonly #server: Server;
  #child: ChildProcess | null = null;

  constructor(server: Server) {
    this.#server = server;
  }

  async start(): Promise<void> {
    await this.#server.prepare();
    await this.#launch();
  }

  /** The end of what it wrote to its log. */
  said(): string {
    const file = join(this.#server.folder, 'server.log');
    return existsSync(file) ? readFileSync(file, 'utf8').slice(-4000) : '';
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#child?.pid !== undefined) signalAll(family(this.#child.pid), signal);
  }

  pause(): void {
    // The first one stops before the others are counted: it starts no more of them.
    if (this.#child !== null) process.kill(this.#child.pid ?? 0, 'SIGSTOP');
    this.signal('SIGSTOP');
  }

  resume(): void {
    this.signal('SIGCONT');
  }

  async kill(): Promise<void> {
    if (this.#child?.pid === undefined) return;
    const ended = this.#ended();
    const members = family(this.#child.pid);
    signalAll(members, 'SIGKILL');
    await ended;
    await allGone(members);
  }

  async shutDown(): Promise<void> {
    this.resume();
    const ended = this.#ended();
    // PostgreSQL takes SIGINT for "end now, in order"; the others take it like SIGTERM.
    this.#child?.kill('SIGINT');
    const impatient = setTimeout(() => this.signal('SIGKILL'), 30_000);
    await ended;
    clearTimeout(impatient);
  }

  async restart(how: { readonly empty?: boolean } = {}): Promise<void> {
    await this.kill();
    if (how.empty === true) await this.#server.prepare();
    await this.#launch();
  }

  async stop(): Promise<void> {
    await this.kill();
    removeFolder(this.#server.folder);
  }

  #ended(): Promise<void> {
    const child = this.#child;
    if (child === null) return Promise.resolve();
    child.ref();
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
    });
  }

  async #launch(): Promise<void> {
    const { name, folder, command, args, user, answers } = this.#server;
    const log = openSync(join(folder, 'server.log'), 'w');
    const guard = diesWithParent();
    const child = spawn(guard === null ? command : 'setpriv', guard === null ? args : [...guard, command, ...args], {
      cwd: folder,
      ...user,
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    let failure: Error | null = null;
    child.on('error', (error) => {
      failure = error;
      this.#forget(child);
    });
    child.on('exit', () => this.#forget(child));
    child.unref();
    this.#child = child;
    running.add(this);
    for (const begin = Date.now(); ; ) {
      try {
        await answers();
        return;
      } catch (cause) {
        const gone = this.#child !== child;
        if (!gone && Date.now() - begin < startsWithinMs) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          continue;
        }
        await this.kill();
        const why = failure ?? (gone ? 'it ended' : `it did not answer within ${startsWithinMs / 1000} s`);
        throw new Error(`${name} did not start: ${why}\n${this.said()}`, { cause });
      }
    }
  }

  #forget(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = null;
    running.delete(this);
  }
}

/** What makes a server end with the process that started it, even when that one is killed; Linux can do so. */
function diesWithParent(): readonly string[] | null {
  guarded ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
  return guarded ? ['--pdeathsig', 'KILL'] : null;
}
let guarded: boolean | null = null;

function signalAll(processIds: readonly number[], signal: NodeJS.Signals): void {
  for (const processId of processIds) {
    try {
      process.kill(processId, signal);
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

/** PostgreSQL does not start again before the last of its old processes has left the shared memory. */
async function allGone(processIds: readonly number[]): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const states = spawnSync('ps', ['-o', 'stat=', '-p', processIds.join(',')], { encoding: 'utf8' }).stdout ?? '';
    if (/^\s*(Z\S*\s*)*$/.test(states)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A process and all below it: PostgreSQL serves each connection in one of its own. */
function family(first: number): number[] {
  const listed = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = (listed.stdout ?? '')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const members = [first];
  for (let at = 0; at < members.length; at++)
    for (const [processId = 0, parent] of pairs) if (parent === members[at]) members.push(processId);
  return members;
}

/** Tries again with other ports when somebody took one in the moment between choosing and listening. */
export async function withFreePorts<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === 3 || !/address already in use|Address in use/i.test(String(error))) throw error;
    }
  }
}
