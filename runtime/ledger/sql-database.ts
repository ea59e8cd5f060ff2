// What the ledger needs of a PostgreSQL: the same SQL runs on PGlite and on a server. Exposes no driver's type.

import type { Cancel } from '../ports/timers.ts';

/** A parameter; arrays serve `unnest`. */
export type SqlValue = string | number | boolean | null | Uint8Array | readonly (string | number | boolean | null)[];

export type SqlRow = Readonly<Record<string, unknown>>;

export interface SqlSession {
  query(sql: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}

export interface SqlDatabase extends SqlSession {
  /**
   * Runs `work` in one transaction: commits when it resolves, rolls back when it rejects. After a failure that broke
   * the connection the next call makes a new one.
   */
  transaction<T>(work: (session: SqlSession) => Promise<T>): Promise<T>;
  /** Several statements without parameters. */
  execute(sql: string): Promise<void>;
  /**
   * Calls `run` when any session notifies the channel, and after a connection that was lost, since one may have been
   * missed. Where nobody else can be connected it is left out: a store tells its own process itself.
   */
  listen?(channel: string, run: () => void): Cancel;
  close(): Promise<void>;
}

/** The SQLSTATE of an error that the database itself reported; `null` for everything else (connection, crash, bug). */
export function sqlStateOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  const { code } = error;
  // Each has a digit, which tells it from the system's own words, such as EPIPE.
  return typeof code === 'string' && /^(?=.*[0-9])[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** Classes of SQLSTATE that blame the data: trying the same row again can't help. */
const dataFaults = new Set(['22', '23', '54', 'P0']);

/** Whether the statement can never succeed with this row, as opposed to a database that can't be written just now. */
export function isDataFault(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== null && dataFaults.has(state.slice(0, 2));
}

/** Whether two transactions got in each other's way and this one was rolled back: the same again, at once, will do. */
export function isCollision(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40P01' || state === '40001';
}
