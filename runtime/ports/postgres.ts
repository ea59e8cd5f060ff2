// A PostgreSQL server. The only file that imports `pg`. Every call ends within its timeout, a connection of which it is
// not certain what it has done is closed and never given to anybody else, and none is lost.

import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { Client, Pool, type PoolClient, type PoolConfig } from 'pg';
import { LedgerProblem, messageOf } from '../ledger/problem.ts';
import type { SqlDatabase, SqlRow, SqlSession, SqlValue } from '../ledger/sql-database.ts';
import { sqlStateOf } from '../ledger/sql-database.ts';
import { PostgresListener } from './postgres-listener.ts';
import type { Cancel, Timers } from './timers.ts';

export interface PostgresOptions {
  /**
   * `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. `?sslmode=require` or `verify-full` for TLS with a certificate that
   * is checked, `&sslrootcert=FILE` for an authority of one's own, `sslmode=no-verify` for one that is not checked.
   */
  readonly url: string;
  readonly timers: Timers;
  /** What the server shows people of whose connections these are. */
  readonly name: string;
  readonly connectionsMax?: number;
  readonly connectTimeoutMs?: number;
  /** A statement that takes longer is given up, by the server and, a second later, by this side. */
  readonly statementTimeoutMs?: number;
  /** Told of a connection that broke; what was under way on it rejects by itself. */
  readonly onProblem?: (message: string) => void;
}

/** The server can't be had, or broke off: what was asked may have been done. Trying again may help. */
export class DatabaseUnreachable extends Error {
  override readonly name = 'DatabaseUnreachable';
}

interface Connection {
  readonly config: PoolConfig;
  /** `HOST:PORT/DATABASE`, for people: no user and no password. */
  readonly where: string;
}

const versionMin = 14;
const answerMs = 1_000;

/** Connects once, so that what is wrong is told now. Errors: `LedgerProblem`. */
export async function openPostgres(options: PostgresOptions): Promise<SqlDatabase & { readonly where: string }> {
  const { config, where } = connectionOf(options);
  const database = new PostgresDatabase(options, config, where);
  try {
    const [server] = await database.query(
      `select current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby`,
    );
    if (Number(server?.version) < versionMin * 10_000) throw tooOld(where, Number(server?.version));
    if (server?.standby === true) {
      throw new LedgerProblem(
        'read-only',
        `PostgreSQL at ${where} is a standby and can't be written; name the primary in the ledger's url`,
      );
    }
    return database;
  } catch (error) {
    await database.close();
    throw error instanceof LedgerProblem ? error : problemOf(error, where);
  }
}

class PostgresDatabase implements SqlDatabase {
  readonly where: string;
  readonly #pool: Pool;
  readonly #listener: PostgresListener;

  constructor({ timers, onProblem = () => {} }: PostgresOptions, config: PoolConfig, where: string) {
    this.where = where;
    this.#pool = new Pool(config);
    // An idle connection that breaks is replaced by the next call; without a listener it would end the process.
    this.#pool.on('error', (error) => onProblem(`a connection to PostgreSQL at ${where} broke: ${messageOf(error)}`));
    this.#listener = new PostgresListener(() => new Client(config), timers, onProblem);
  }

  query(sql: string, values: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    return this.#lend((client) => ask(client, sql, values));
  }

  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#lend(async (client) => {
      let open = true;
      const query: SqlSession['query'] = (sql, values = []) =>
        open ? ask(client, sql, values) : Promise.reject(new Error('the transaction has ended'));
      await client.query('begin');
      try {
        const result = await work({ query });
        open = false;
        const { command } = await client.query('commit');
        // The server's answer to a commit after a statement that failed.
        if (command !== 'COMMIT') throw new Error('the transaction was rolled back: one of its statements had failed');
        return result;
      } catch (error) {
        open = false;
        if (!isCertain(error)) throw error;
        await client.query('rollback').catch((cause: unknown) => {
          throw new DatabaseUnreachable(`${textOf(error)}; then ${textOf(cause)}`, { cause: error });
        });
        throw error;
      }
    });
  }

  async execute(sql: string): Promise<void> {
    await this.#lend((client) => client.query(sql));
  }

  listen(channel: string, run: () => void): Cancel {
    return this.#listener.listen(channel, run);
  }

  async close(): Promise<void> {
    this.#listener.close();
    if (!this.#pool.ending) await this.#pool.end();
  }

  /** A connection for the time of `work`, and back in the pool only when it is certain that it is in order. */
  async #lend<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw sqlStateOf(error) === null ? this.#unreachable(error) : error;
    });
    let broken = false;
    const onError = (): void => {
      broken = true;
    };
    client.on('error', onError);
    try {
      return await work(client);
    } catch (error) {
      broken ||= !isCertain(error);
      throw broken ? this.#unreachable(error) : error;
    } finally {
      client.release(broken);
      client.off('error', onError);
    }
  }

  #unreachable(error: unknown): DatabaseUnreachable {
    return new DatabaseUnreachable(`PostgreSQL at ${this.where}: ${textOf(error)}`, { cause: error });
  }
}

async function ask(client: PoolClient, sql: string, values: readonly SqlValue[]): Promise<readonly SqlRow[]> {
  const name = statementName(sql, values);
  const query = { text: sql, values: [...values], ...(name === null ? {} : { name }) };
  return (await client.query<Record<string, unknown>>(query)).rows;
}

const statementNames = new Map<string, string>();
/** Texts that are made anew each time must not fill the server's memory. */
const statementsMax = 200;

/** A statement with parameters is parsed and planned once for each connection; `null`: each time. */
function statementName(sql: string, values: readonly SqlValue[]): string | null {
  if (values.length === 0) return null;
  const known = statementNames.get(sql);
  if (known !== undefined || statementNames.size >= statementsMax) return known ?? null;
  const name = `ddl_${statementNames.size}`;
  statementNames.set(sql, name);
  return name;
}

/**
 * Whether the server said what became of the statement and the connection can be used again: not after a time-out of
 * ours, a shutdown, a fault inside the server, and not on one that has become a standby.
 */
function isCertain(error: unknown): boolean {
  if (error instanceof DatabaseUnreachable) return false;
  const state = sqlStateOf(error);
  // What did not come from the server at all is a fault of the caller's own work, unless it came from the connection.
  if (state === null) return !(error instanceof Error) || !isOfConnection(error);
  return !/^(08|57P|XX|25006)/.test(state);
}

/** Words of `pg` itself and of the system; it gives them no class of their own. */
function isOfConnection(error: Error): boolean {
  return (
    'syscall' in error ||
    error instanceof AggregateError ||
    /^(Query read timeout|Connection terminated|Client (has encountered|was closed)|timeout (expired|exceeded)|not queryable)/.test(
      error.message,
    )
  );
}

/** Two addresses that both refuse come as one error without words. */
function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  const text = messageOf(error);
  return text === 'Query read timeout' ? 'no answer within the time for a statement' : text;
}

function connectionOf(options: PostgresOptions): Connection {
  const { name, connectionsMax = 6, connectTimeoutMs = 5_000, statementTimeoutMs = 10_000 } = options;
  let url: URL;
  try {
    url = new URL(options.url);
    if (!/^postgres(ql)?:$/.test(url.protocol)) throw new Error('another protocol');
  } catch {
    throw new LedgerProblem(
      'unusable',
      'the ledger’s url is no address of a PostgreSQL; for example postgres://ddl:PASSWORD@db.example:5432/ddl',
    );
  }
  const where = `${url.hostname}:${url.port === '' ? '5432' : url.port}${url.pathname}`;
  const ssl = tlsOf(url);
  for (const parameter of ['sslmode', 'sslrootcert', 'ssl']) url.searchParams.delete(parameter);
  return {
    where,
    config: {
      connectionString: url.href,
      ssl,
      application_name: name,
      max: connectionsMax,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + answerMs,
      // Left behind by a process that hangs: its locks must not hold up the other engines.
      idle_in_transaction_session_timeout: statementTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      idleTimeoutMillis: 60_000,
    },
  };
}

function tlsOf(url: URL): false | ConnectionOptions {
  const mode = url.searchParams.get('sslmode') ?? (url.searchParams.get('ssl') === 'true' ? 'require' : 'disable');
  const file = url.searchParams.get('sslrootcert');
  switch (mode) {
    case 'disable':
      return false;
    case 'no-verify':
      return { rejectUnauthorized: false };
    case 'require':
    case 'verify-full':
      return { rejectUnauthorized: true, ...(file === null ? {} : { ca: authority(file) }) };
    default:
      throw new LedgerProblem(
        'unusable',
        `the ledger’s url says sslmode=${mode}; it can be disable, require, verify-full or no-verify`,
      );
  }
}

function authority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new LedgerProblem('unusable', `the ledger’s url names sslrootcert=${file}: ${messageOf(error)}`, error);
  }
}

function tooOld(where: string, version: number): LedgerProblem {
  return new LedgerProblem(
    'unusable',
    `PostgreSQL at ${where} is of version ${Math.floor(version / 10_000)}; the ledger needs ${versionMin} or later`,
  );
}

/** What a person can do about a server that could not be had. */
function problemOf(error: unknown, where: string): LedgerProblem {
  const said = textOf(error instanceof DatabaseUnreachable ? error.cause : error);
  switch (sqlStateOf(error)) {
    case '28P01':
    case '28000':
      return new LedgerProblem(
        'no-permission',
        `PostgreSQL at ${where} does not let this user in (${said}); check user and password in the ledger's url`,
        error,
      );
    case '3D000':
      return new LedgerProblem(
        'unusable',
        `PostgreSQL at ${where} has no such database (${said}); create it, or name another in the ledger's url`,
        error,
      );
    case '42501':
      return new LedgerProblem(
        'no-permission',
        `PostgreSQL at ${where}: ${said}; the ledger's user must be able to create tables in its database`,
        error,
      );
    default:
      return new LedgerProblem(
        'unreachable',
        `PostgreSQL at ${where} can't be reached (${said}); start it, or correct the ledger's url`,
        error,
      );
  }
}
