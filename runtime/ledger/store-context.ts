// What the stores beside the ledger share: the database, whose time holds, and how they tell that something changed.

import type { Cancel } from '../ports/timers.ts';
import { LedgerRejected, messageOf } from './problem.ts';
import { isDataFault, type SqlDatabase, type SqlRow, type SqlValue } from './sql-database.ts';

export interface StoreContext {
  readonly database: SqlDatabase;
  readonly engineId: string;
  /** Epoch ms; `null`: the database's own clock holds. */
  readonly now: () => number | null;
}

/** Runs a statement of a person's making: what can never be written is refused with `LedgerRejected`. */
export async function order(
  { database }: StoreContext,
  sql: string,
  values: readonly SqlValue[],
): Promise<readonly SqlRow[]> {
  try {
    return await database.query(sql, values);
  } catch (error) {
    if (!isDataFault(error)) throw error;
    throw new LedgerRejected(`the ledger does not take this: ${messageOf(error)}`, { cause: error });
  }
}

/** Tells listeners of changes: by the server's notifications, and where there is no server by `changed` itself. */
export class ChangeSignal {
  readonly #database: SqlDatabase;
  readonly #channel: string;
  readonly #listeners = new Set<() => void>();
  #stop: Cancel | null = null;

  constructor(database: SqlDatabase, channel: string) {
    this.#database = database;
    this.#channel = channel;
  }

  on(listener: () => void): Cancel {
    // One that is given twice is called twice, and each taken off alone.
    const own = (): void => listener();
    this.#listeners.add(own);
    this.#stop ??= this.#database.listen?.(this.#channel, () => this.#tell()) ?? null;
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#stop?.();
      this.#stop = null;
    };
  }

  /** This engine changed something. */
  changed(): void {
    if (this.#database.listen === undefined) this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
