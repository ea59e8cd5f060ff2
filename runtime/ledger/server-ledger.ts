// The ledger on a PostgreSQL server, shared by any number of engines. Time is the server's, so that engines whose clocks
// differ agree on what is too old and who is gone.

import { hostname } from 'node:os';
import type { Clock } from '../ports/clock.ts';
import { openPostgres, type PostgresOptions } from '../ports/postgres.ts';
import type { Timers } from '../ports/timers.ts';
import { migrate } from './migrate.ts';
import { defaultRetentionDays, openParts } from './open-parts.ts';
import type { LedgerParts } from './parts.ts';
import { LedgerProblem, messageOf } from './problem.ts';
import { sqlStateOf } from './sql-database.ts';

export interface ServerLedgerOptions
  extends Pick<PostgresOptions, 'url' | 'connectionsMax' | 'connectTimeoutMs' | 'statementTimeoutMs'> {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Of this program, for people who look at the leases. */
  readonly version: string;
  /** Unlike that of any other engine and of this one's earlier runs. */
  readonly engineId?: string;
  readonly retentionDays?: number;
  readonly leaseMs?: number;
  /** Told when writing begins to fail (with the reason), and with `null` when it works again. */
  readonly onHealth?: (problem: string | null) => void;
  /** Told of broken connections and of upkeep that failed: what matters of it is in `onHealth`. */
  readonly onProblem?: (message: string) => void;
}

export interface ServerLedger extends LedgerParts {
  /** `HOST:PORT/DATABASE`, for people. */
  readonly where: string;
}

export const defaultLeaseMs = 15_000;

/** A large audit may have to be moved. */
const migrationMs = 60 * 60_000;

/** Errors: `LedgerProblem`. */
export async function openServerLedger(options: ServerLedgerOptions): Promise<ServerLedger> {
  const { clock, timers, onProblem = () => {} } = options;
  const engineId = options.engineId ?? `${hostname()}-${process.pid}-${clock.now()}`;
  await bringUpToDate(options, engineId);
  const database = await openPostgres({ ...options, name: `ddl ${engineId}` });
  const { where } = database;
  try {
    const parts = await openParts({
      ...options,
      database,
      time: 'database',
      engineId,
      engine: { host: hostname(), pid: process.pid, version: options.version },
      retentionDays: options.retentionDays ?? defaultRetentionDays,
      leaseMs: options.leaseMs ?? defaultLeaseMs,
      onUpkeepProblem: (problem) => {
        if (problem !== null) onProblem(`the ledger's upkeep failed, and is tried again: ${messageOf(problem)}`);
      },
    });
    return { ...parts, where };
  } catch (error) {
    throw unusable(error, where);
  }

  async function bringUpToDate({ url }: ServerLedgerOptions, name: string): Promise<void> {
    const patient = await openPostgres({
      url,
      timers,
      name: `ddl ${name} tables`,
      connectionsMax: 1,
      statementTimeoutMs: migrationMs,
    });
    try {
      await migrate(patient, clock.now());
    } catch (error) {
      throw unusable(error, patient.where);
    } finally {
      await patient.close();
    }
  }
}

function unusable(error: unknown, where: string): LedgerProblem {
  if (error instanceof LedgerProblem) return error;
  const what = messageOf(error);
  if (sqlStateOf(error) !== '42501') {
    return new LedgerProblem('unusable', `the ledger at ${where} can't be opened: ${what}`, error);
  }
  return new LedgerProblem(
    'no-permission',
    `the ledger at ${where} can't be opened (${what}); its user must be able to create tables in its database, such as by \`grant create on schema public\``,
    error,
  );
}
