// The ledger that needs no server: PGlite in a folder that one engine holds at a time.

import { hostname } from 'node:os';
import type { Clock } from '../ports/clock.ts';
import { openPglite } from '../ports/pglite.ts';
import type { Timers } from '../ports/timers.ts';
import { heartbeatMs, openLedgerFolder } from './ledger-folder.ts';
import { defaultRetentionDays, openParts } from './open-parts.ts';
import type { LedgerParts } from './parts.ts';

export interface EmbeddedLedgerOptions {
  /** Made when it does not exist. */
  readonly folder: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Of this program, for people who look at the tables. */
  readonly version?: string;
  readonly retentionDays?: number;
  readonly onHealth?: (problem: string | null) => void;
  /** Told of upkeep that failed; what matters of it is in `onHealth`. */
  readonly onUpkeepProblem?: (problem: unknown) => void;
}

export interface EmbeddedLedger extends LedgerParts {
  /** Absolute. */
  readonly folder: string;
  /** Process id of an engine that died while it held the folder; `null` when the last one ended cleanly. */
  readonly takenOverFrom: number | null;
}

/** The first start in a folder makes the database, which takes some seconds. Errors: `LedgerProblem`. */
export async function openEmbeddedLedger(options: EmbeddedLedgerOptions): Promise<EmbeddedLedger> {
  const { clock, timers } = options;
  const folder = openLedgerFolder(options.folder, clock);
  const stopBeating = timers.every(heartbeatMs, folder.beat);
  let held = true;
  const letGo = (): void => {
    if (!held) return;
    held = false;
    stopBeating();
    folder.release();
  };
  try {
    const database = await openPglite(folder.path);
    const parts = await openParts({
      ...options,
      database: {
        query: (sql, values) => database.query(sql, values),
        transaction: (work) => database.transaction(work),
        execute: (sql) => database.execute(sql),
        async close() {
          try {
            await database.close();
          } finally {
            letGo();
          }
        },
      },
      time: 'own',
      engineId: `${process.pid}-${clock.now()}`,
      engine: { host: hostname(), pid: process.pid, version: options.version ?? '' },
      retentionDays: options.retentionDays ?? defaultRetentionDays,
      leaseMs: null,
    });
    return { ...parts, folder: folder.path, takenOverFrom: folder.takenOverFrom };
  } catch (error) {
    letGo();
    throw error;
  }
}
