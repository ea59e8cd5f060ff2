// The folder of an embedded ledger: made, proven writable, and held by one engine at a time. Every way in which that
// can fail has its own sentence.

import {
  accessSync,
  closeSync,
  constants,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../ports/clock.ts';
import { makeFolder } from '../ports/make-folder.ts';
import { LedgerProblem, messageOf } from './problem.ts';

export interface LedgerFolder {
  /** Absolute. */
  readonly path: string;
  /** The engine whose lock was taken over because it is gone; `null` when there was none. */
  readonly takenOverFrom: number | null;
  /** Shows that this engine is alive; to be called at least every `heartbeatMs`. */
  readonly beat: () => void;
  readonly release: () => void;
}

export const heartbeatMs = 10_000;
/** Only for a lock from another machine or container, whose processes can't be seen from here. */
const silentMs = 3 * heartbeatMs;

const lockName = 'engine.lock';
const holderSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** When the process started, as the kernel counts it; tells it from a later process with the same number. */
  started: z.string().nullable(),
});
type Holder = z.infer<typeof holderSchema>;

/** Locks of this very process: its own number in a lock file proves nothing else. */
const heldHere = new Set<string>();

/** Makes the folder if needed and takes its lock. Errors: `LedgerProblem`. */
export function openLedgerFolder(folder: string, clock: Clock): LedgerFolder {
  const path = resolve(folder);
  try {
    makeFolder(path);
    if (!statSync(path).isDirectory()) throw notAFolder(path);
    accessSync(path, constants.W_OK);
    const lock = join(path, lockName);
    const takenOverFrom = takeLock(path, lock, clock);
    heldHere.add(lock);
    return {
      path,
      takenOverFrom,
      beat: () => touch(lock, clock),
      release: () => {
        heldHere.delete(lock);
        rmSync(lock, { force: true });
      },
    };
  } catch (error) {
    throw error instanceof LedgerProblem ? error : folderProblem(error, path);
  }
}

/** Bytes that can still be written where `path` is; `null` when the system does not say. */
export function freeBytes(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** The problem behind an error of the file system. */
export function folderProblem(error: unknown, path: string): LedgerProblem {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  switch (code) {
    case 'EROFS':
      return new LedgerProblem(
        'read-only',
        `the ledger's folder ${path} is on a read-only file system; mount it writable or give the ledger another folder`,
        error,
      );
    case 'EACCES':
    case 'EPERM':
      return new LedgerProblem(
        'no-permission',
        `the ledger's folder ${path} can't be written by this user; change its owner or permissions, or give the ledger another folder`,
        error,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return noSpace(path, error);
    case 'ENOTDIR':
    case 'EEXIST':
      return notAFolder(path, error);
    default:
      return new LedgerProblem(
        'unusable',
        `the ledger's folder ${path} can't be used (${messageOf(error)}); repair it or give the ledger another folder`,
        error,
      );
  }
}

export function noSpace(path: string, cause?: unknown): LedgerProblem {
  const free = freeBytes(path);
  const left = free === null ? '' : ` (${Math.floor(free / 1_000_000)} MB left)`;
  return new LedgerProblem(
    'no-space',
    `no space for the ledger in ${path}${left}; free some or give the ledger a folder on another disk`,
    cause,
  );
}

function notAFolder(path: string, cause?: unknown): LedgerProblem {
  return new LedgerProblem(
    'not-a-folder',
    `the ledger's folder ${path} is a file, or lies below one; move it away or give the ledger another folder`,
    cause,
  );
}

function takeLock(path: string, lock: string, clock: Clock): number | null {
  const mine: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  let takenOverFrom: number | null = null;
  for (let attempt = 0; attempt < 10; attempt++) {
    if (createLock(lock, mine)) return takenOverFrom;
    const holder = readLock(lock);
    if (holder !== null) {
      const alive = stillHolds(holder, lock, clock);
      if (alive !== null) throw inUse(path, alive);
      takenOverFrom = holder.pid;
    }
    removeStale(lock, holder);
  }
  throw new LedgerProblem(
    'in-use',
    `the ledger in ${path} is being taken by several engines at once; start one at a time`,
  );
}

/** Written beside and linked into place: nobody ever sees half a lock. False when there is one already. */
function createLock(lock: string, mine: Holder): boolean {
  const draft = `${lock}.${mine.pid}`;
  try {
    writeFileSync(draft, `${JSON.stringify(mine)}\n`);
    linkSync(draft, lock);
    return true;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** `null`: there is none any more, or what stands there was never written whole and so holds nothing. */
function readLock(lock: string): Holder | null {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(lock, 'utf8')));
  } catch {
    return null;
  }
}

/** Why the holder must be taken for alive; `null` when it is certainly gone. */
function stillHolds(holder: Holder, lock: string, clock: Clock): string | null {
  if (holder.host !== hostname()) {
    const silence = clock.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (silence > silentMs) return null;
    const waitSeconds = Math.ceil((silentMs - silence) / 1_000);
    return `process ${holder.pid} on ${holder.host}; if that one is gone, this works in ${waitSeconds} s`;
  }
  if (holder.pid === process.pid) return heldHere.has(lock) ? `this very process (${holder.pid})` : null;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    const gone = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH';
    if (gone) return null;
  }
  const reused = holder.started !== null && startOf(holder.pid) !== holder.started;
  return reused ? null : `process ${holder.pid}; stop that one first`;
}

/** Moved aside before it is deleted, and looked at once more: another engine may have put its own there meanwhile. */
function removeStale(lock: string, expected: Holder | null): void {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
    const found = readLock(aside);
    if (found !== null && JSON.stringify(found) !== JSON.stringify(expected)) linkSync(aside, lock);
  } catch {
    // Someone else moved it first; the next attempt sees what they left.
  } finally {
    rmSync(aside, { force: true });
  }
}

function inUse(path: string, holder: string): LedgerProblem {
  return new LedgerProblem(
    'in-use',
    `the ledger in ${path} is in use by ${holder}, or give this engine another folder`,
  );
}

function touch(lock: string, clock: Clock): void {
  try {
    const seconds = clock.now() / 1_000;
    utimesSync(lock, seconds, seconds);
  } catch {
    // A full or vanished disk is the ledger's to report.
  }
}

/** The kernel's start time of a process, in its ticks; `null` where there is no /proc or no such process. */
function startOf(pid: number): string | null {
  let file: number | null = null;
  try {
    file = openSync(`/proc/${pid}/stat`, 'r');
    const text = readFileSync(file, 'utf8');
    // The second field is the command in parentheses and may hold anything; the start is the 22nd.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  } finally {
    if (file !== null) closeSync(file);
  }
}
