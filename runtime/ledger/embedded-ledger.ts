// The ledger that needs no server: PGlite in a folder that one engine holds at a time.

import type { Clock } from '../ports/clock.ts';
import { openPglite } from '../ports/pglite.ts';
import type { Timers } from '../ports/timers.ts';
import type { Ledger } from './ledger.ts';
import { heartbeatMs, openLedgerFolder } from './ledger-folder.ts';
import type { LedgerParts } from './parts.ts';
import { SqlLedger } from './sql-ledger.ts';

export interface EmbeddedLedgerOptions {
  /** Made when it does not exist. */
  readonly folder: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onHealth?: (problem: string | null) => void;
}

export interface EmbeddedLedger extends Pick<LedgerParts, 'ledger' | 'engineId'> {
  /** Absolute. */
  readonly folder: string;
  /** Process id of an engine that died while it held the folder; `null` when the last one ended cleanly. */
  readonly takenOverFrom: number | null;
}

/** The first start in a folder makes the database, which takes some seconds. Errors: `LedgerProblem`. */
export async function openEmbeddedLedger(options: EmbeddedLedgerOptions): Promise<EmbeddedLedger> {
  const { clock, timers, onHealth } = options;
  const folder = openLedgerFolder(options.folder, clock);
  const stopBeating = timers.every(heartbeatMs, folder.beat);
  const letGo = (): void => {
    stopBeating();
    folder.release();
  };
  try {
    const database = await openPglite(folder.path);
    const close = async (): Promise<void> => {
      try {
        await database.close();
      } finally {
        letGo();
      }
    };
    const engineId = `${process.pid}-${clock.now()}`;
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
      ...(onHealth === undefined ? {} : { onHealth }),
    });
    await openTables(ledger, close);
    return { ledger, engineId, folder: folder.path, takenOverFrom: folder.takenOverFrom };
  } catch (error) {
    letGo();
    throw error;
  }
}

async function openTables(ledger: Ledger, close: () => Promise<void>): Promise<void> {
  try {
    await ledger.open();
  } catch (error) {
    await close();
    throw error;
  }
}
