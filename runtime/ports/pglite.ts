// PostgreSQL inside this process, on files in a folder. The only file that imports PGlite.
// A commit that was acknowledged survives the process (also `kill -9`). PGlite does not wait for the disk, so a power
// failure may take the last commits; a server is for those who need that too.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import { folderProblem, freeBytes, noSpace } from '../ledger/ledger-folder.ts';
import { LedgerProblem, messageOf } from '../ledger/problem.ts';
import type { SqlDatabase, SqlRow, SqlSession, SqlValue } from '../ledger/sql-database.ts';
import { sqlStateOf } from '../ledger/sql-database.ts';

/** A fresh database is 40 MB, and its log grows by 16 MB at a time. */
const freshBytes = 100_000_000;
const growthBytes = 20_000_000;

/** The defaults are for a server's memory. */
const settings = [
  '-c',
  'shared_buffers=16MB',
  '-c',
  'wal_buffers=1MB',
  '-c',
  'max_wal_size=64MB',
  '-c',
  'min_wal_size=32MB',
];

/**
 * Opens the database in `folder`, which its caller holds alone, or makes one. What is there and is no whole database
 * is never written over. Errors: `LedgerProblem`.
 */
export async function openPglite(folder: string): Promise<SqlDatabase> {
  const path = join(folder, 'ledger');
  if (!existsSync(path)) await createDatabase(folder, path);
  // PGlite would take a folder without this file for an empty one, and make a new database over the old.
  if (!existsSync(join(path, 'PG_VERSION'))) {
    if (!existsSync(path) || readdirSafely(path) === null) throw folderProblem({ code: 'ENOTDIR' }, path);
    throw damaged(path, 'its file PG_VERSION is missing');
  }
  const database = new PgliteDatabase(path);
  await database.connect();
  return database;
}

class PgliteDatabase implements SqlDatabase {
  readonly #path: string;
  #connection: Promise<PGlite> | null = null;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  connect(): Promise<PGlite> {
    if (this.#closed) return Promise.reject(new Error('the database is closed'));
    this.#connection ??= start(this.#path).catch((error: unknown) => {
      this.#connection = null;
      throw error;
    });
    return this.#connection;
  }

  query(sql: string, values: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return this.#guard(async (database) => (await database.query<SqlRow>(sql, [...values])).rows);
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#guard((database) => database.transaction((transaction) => work(sessionOf(transaction))));
  }

  async execute(sql: string): Promise<void> {
    await this.#guard((database) => database.exec(sql));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = this.#connection;
    this.#connection = null;
    if (connection !== null) await (await connection).close();
  }

  /** An error without a SQLSTATE is the engine inside having died (a full disk under its log, for one): start anew. */
  async #guard<T>(work: (database: PGlite) => Promise<T>): Promise<T> {
    const database = await this.connect();
    try {
      return await work(database);
    } catch (error) {
      if (sqlStateOf(error) === null) {
        this.#connection = null;
        await database.close().catch(() => {});
        if (isFull(this.#path)) throw noSpace(this.#path, error);
      }
      throw error;
    }
  }
}

function sessionOf(transaction: Transaction): SqlSession {
  return {
    query: async (sql, values = []) => (await transaction.query<SqlRow>(sql, [...values])).rows,
  };
}

/** Made beside and moved into place, so that a start that is cut off leaves nothing that looks like a ledger. */
async function createDatabase(folder: string, path: string): Promise<void> {
  const draft = join(folder, 'ledger.new');
  const free = freeBytes(folder);
  if (free !== null && free < freshBytes) throw noSpace(folder);
  try {
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft);
    const database = await PGlite.create({ dataDir: draft });
    await database.close();
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw isFull(folder) ? noSpace(folder, error) : folderProblem(error, folder);
  }
}

async function start(path: string): Promise<PGlite> {
  const said: string[] = [];
  const listen = (line: string): boolean => {
    if (/\b(FATAL|PANIC|ERROR):/.test(line)) said.push(line.replace(/^.*?\b(FATAL|PANIC|ERROR):\s*/, ''));
    return true;
  };
  try {
    return await PGlite.create({
      dataDir: path,
      startParams: [...PGlite.defaultStartParams, ...settings],
      onStderr: listen,
      onStdout: listen,
    });
  } catch (error) {
    if (isFull(path)) throw noSpace(path, error);
    const what = said.at(-1) ?? messageOf(error);
    throw damaged(
      path,
      /incompatible with server/.test(what) ? 'it was written by another version of PostgreSQL' : what,
      error,
    );
  }
}

function damaged(path: string, what: string, cause?: unknown): LedgerProblem {
  return new LedgerProblem(
    'damaged',
    `the ledger in ${path} is damaged: ${what}; restore the folder from a backup, or move it away to start with an empty ledger`,
    cause,
  );
}

function isFull(path: string): boolean {
  const free = freeBytes(path);
  return free !== null && free < growthBytes;
}

function readdirSafely(path: string): readonly string[] | null {
  try {
    return readdirSync(path);
  } catch {
    return null;
  }
}
