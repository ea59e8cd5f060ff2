// PostgreSQL inside this process, on files in a folder. The only file that imports PGlite.
// A commit that was acknowledged survives the process (also `kill -9`). PGlite does not wait for the disk, so a power
// failure may take the last commits; a server is for those who need that too.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
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

/** A started PGlite. Once `dead`, no call may reach it any more, not even `close`: it would never return. */
interface Connection {
  readonly database: PGlite;
  dead: boolean;
}

class PgliteDatabase implements SqlDatabase {
  readonly #path: string;
  #connection: Connection | null = null;
  #closed = false;
  /** The work before; one at a time, since a transaction is several calls. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  async connect(): Promise<Connection> {
    if (this.#closed) throw new Error('the database is closed');
    if (this.#connection !== null) return this.#connection;
    // A start leaves files open when it fails: none is tried before there is room for it to succeed.
    if (isFull(this.#path)) throw noSpace(this.#path);
    this.#connection = await start(this.#path);
    return this.#connection;
  }

  query(sql: string, values: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return this.#alone((connection) => query(connection, sql, values));
  }

  /** Not PGlite's own: that one rolls back after a crash too, and never returns from it. */
  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#alone(async (connection) => {
      await call(connection, (database) => database.exec('begin'));
      try {
        const result = await work({ query: (sql, values = []) => query(connection, sql, values) });
        await call(connection, (database) => database.exec('commit'));
        return result;
      } catch (error) {
        if (!connection.dead) await call(connection, (database) => database.exec('rollback'));
        throw error;
      }
    });
  }

  async execute(sql: string): Promise<void> {
    await this.#alone((connection) => call(connection, (database) => database.exec(sql)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    const connection = this.#connection;
    this.#connection = null;
    if (connection !== null && !connection.dead) await connection.database.close();
  }

  #alone<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const result = this.#last.then(() => this.#guard(work));
    this.#last = result.catch(() => {});
    return result;
  }

  /** After a crash of the server inside (no room for its log, for one) the next call starts a new one. */
  async #guard<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.connect();
    try {
      return await work(connection);
    } catch (error) {
      if (connection.dead) {
        this.#connection = null;
        if (isFull(this.#path)) throw noSpace(this.#path, error);
      }
      throw error;
    }
  }
}

async function query(connection: Connection, sql: string, values: readonly SqlValue[]): Promise<readonly SqlRow[]> {
  return (await call(connection, (database) => database.query<SqlRow>(sql, [...values]))).rows;
}

async function call<T>(connection: Connection, work: (database: PGlite) => Promise<T>): Promise<T> {
  if (connection.dead) throw new Error('the database stopped');
  try {
    return await work(connection.database);
  } catch (error) {
    // A panic is reported with a SQLSTATE like any error, and seen by `listen`; what has none came out of a crash.
    if (sqlStateOf(error) === null) connection.dead = true;
    throw error;
  }
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

async function start(path: string): Promise<Connection> {
  const said: string[] = [];
  let connection: Connection | null = null;
  const listen = (line: string): boolean => {
    const complaint = /\b(FATAL|PANIC|ERROR):\s*(.*)/.exec(line);
    if (connection === null && complaint !== null) said.push(complaint[2] ?? '');
    if (connection !== null && complaint?.[1] === 'PANIC') connection.dead = true;
    return true;
  };
  try {
    const database = await PGlite.create({
      dataDir: path,
      startParams: [...PGlite.defaultStartParams, ...settings],
      onStderr: listen,
      onStdout: listen,
    });
    connection = { database, dead: false };
    leaveWhenDead(connection);
    return connection;
  } catch (error) {
    if (isFull(path)) throw noSpace(path, error);
    const what = said.at(-1) ?? messageOf(error);
    const other = /incompatible with server/.test(what);
    throw damaged(path, other ? 'it was written by another version of PostgreSQL' : what, error);
  }
}

/**
 * PGlite goes on calling its server after a crash in the middle of a transaction, for ever and without yielding. Its
 * loop passes these two functions; a throw out of the second leaves it.
 */
function leaveWhenDead(connection: Connection): void {
  const server: Partial<ServerLoop> = connection.database.Module;
  const { _PostgresMainLoopOnce: step, stackRestore } = server;
  if (step === undefined || stackRestore === undefined) throw new Error('this version of PGlite has another main loop');
  server._PostgresMainLoopOnce = () => {
    if (connection.dead) throw new Error('the database stopped');
    try {
      step();
    } catch (error) {
      if (error instanceof Error && error.name === 'RuntimeError') connection.dead = true;
      throw error;
    }
  };
  server.stackRestore = (pointer) => {
    if (connection.dead) throw new Error('the database stopped');
    return stackRestore(pointer);
  };
}

interface ServerLoop {
  _PostgresMainLoopOnce: () => void;
  stackRestore: (pointer: number) => number;
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
