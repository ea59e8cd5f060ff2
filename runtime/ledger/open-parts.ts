// Puts an opened database to use: tables up to date, the ledger and its stores upon it, and its upkeep under way.

import type { Clock } from '../ports/clock.ts';
import type { Timers } from '../ports/timers.ts';
import type { LedgerParts } from './parts.ts';
import { LedgerProblem } from './problem.ts';
import { SqlBundleStore } from './sql-bundle-store.ts';
import { SqlControlStore } from './sql-control-store.ts';
import type { SqlDatabase } from './sql-database.ts';
import { SqlLedger } from './sql-ledger.ts';
import { SqlOutbox } from './sql-outbox.ts';
import { SqlSnapshotStore } from './sql-snapshot-store.ts';
import { type EngineIdentity, Upkeep } from './upkeep.ts';

export interface PartsOptions {
  /** Closed with the ledger, and when opening fails. */
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Whose time holds: several engines go by their database's, one alone by its own. */
  readonly time: 'own' | 'database';
  readonly engineId: string;
  readonly engine: EngineIdentity;
  readonly retentionDays: number;
  /** An engine that has not shown itself for so long is gone; `null`: this one is alone. */
  readonly leaseMs: number | null;
  readonly onHealth?: (problem: string | null) => void;
  readonly onUpkeepProblem?: (problem: unknown) => void;
}

export const defaultRetentionDays = 90;

/** Errors: `LedgerProblem`, and whatever the database says. */
export async function openParts(options: PartsOptions): Promise<LedgerParts> {
  const { database, clock, timers, time, engineId, onHealth, onUpkeepProblem = () => {} } = options;
  const context = { database, engineId, now: () => (time === 'database' ? null : clock.now()) };
  const upkeep = new Upkeep({ ...options, context, onProblem: onUpkeepProblem });
  const close = async (): Promise<void> => {
    await upkeep.stop();
    await database.close();
  };
  const ledger = new SqlLedger({
    database: {
      query: (sql, values) => database.query(sql, values),
      transaction: (work) => database.transaction(work),
      execute: (sql) => database.execute(sql),
      close,
    },
    clock,
    timers,
    engineId,
    time,
    ...(onHealth === undefined ? {} : { onHealth }),
  });
  try {
    await ledger.open();
    const [identity] = await database.query('select incarnation from ledger_identity');
    if (typeof identity?.incarnation !== 'string') {
      throw new LedgerProblem(
        'damaged',
        'the ledger has lost its identity: the table ledger_identity is empty; restore it from a backup',
      );
    }
    await upkeep.start();
    return {
      ledger,
      outbox: new SqlOutbox(context),
      controls: new SqlControlStore(context),
      bundles: new SqlBundleStore(context),
      snapshots: new SqlSnapshotStore(context),
      engineId,
      incarnation: identity.incarnation,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
