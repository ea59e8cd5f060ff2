// Decisions and ledgers for the ledger's tests. Making a database takes seconds: it is made once per test file and
// copied.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Decision, decisionId } from '../../runtime/decision.ts';
import { type EmbeddedLedger, openEmbeddedLedger } from '../../runtime/ledger/embedded-ledger.ts';
import type { SqlDatabase } from '../../runtime/ledger/sql-database.ts';
import { type Clock, manualClock, systemClock } from '../../runtime/ports/clock.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';

export const start = Date.UTC(2026, 2, 1, 12, 0, 0);

export function decision(
  changes: Partial<Decision> & { readonly number?: number; readonly fleet?: string } = {},
): Decision {
  const { number = 0, fleet = 'payment', ...rest } = changes;
  const key = rest.key ?? 'payment-service';
  const at = rest.at ?? start + number * 1_000;
  const policyHash = rest.policyHash ?? 'hash-1';
  return {
    id: decisionId(policyHash, key, at, 0),
    policy: 'high_error_rate',
    policyHash,
    key,
    at,
    cause: 'condition',
    outcome: 'admitted',
    gate: null,
    reason: null,
    mode: 'enforce',
    actions: [
      {
        name: 'circuit_break',
        target: fleet,
        args: { threshold: 0.5, open_forMs: 10_000 },
        timeoutMs: 2_000,
        retry: 0,
        endpoint: null,
        change: null,
      },
      {
        name: 'scale_up',
        target: fleet,
        args: { by: 2 },
        timeoutMs: 5_000,
        retry: 3,
        endpoint: null,
        change: { from: 4, to: 6 },
      },
    ],
    values: { 'error_rate > 5% for 30s': 0.07, 'latency_p99 > 500ms for 30s': null },
    source: 'policies/payment.ddl:12',
    deadline: at + 60_000,
    ...rest,
  };
}

/** A decision that was handed to another process. */
export function fromText(text: string): Decision {
  return JSON.parse(text);
}

/** For an engine whose time a test moves and that is not alone. */
export const partsOptions = {
  timers: systemTimers,
  time: 'own',
  engine: { host: 'test', pid: 1, version: '0.0.0' },
  retentionDays: 30,
  leaseMs: 15_000,
} as const;

/** The same database for one more ledger, which does not end it. */
export function leftOpen(database: SqlDatabase): SqlDatabase {
  return {
    query: (sql, values) => database.query(sql, values),
    transaction: (work) => database.transaction(work),
    execute: (sql) => database.execute(sql),
    ...(database.listen === undefined
      ? {}
      : { listen: (channel, run) => database.listen?.(channel, run) ?? (() => {}) }),
    close: async () => {},
  };
}

export function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), 'ddl-ledger-'));
}

export function openFolder(
  folder: string,
  onHealth?: (problem: string | null) => void,
  clock: Clock = systemClock,
): Promise<EmbeddedLedger> {
  return openEmbeddedLedger({
    folder,
    clock,
    timers: systemTimers,
    ...(onHealth === undefined ? {} : { onHealth }),
  });
}

/** Folders that each hold an empty ledger; `remove` deletes all of them. */
export async function ledgerFolders(): Promise<{ readonly fresh: () => string; readonly remove: () => void }> {
  const root = scratchFolder();
  const template = join(root, 'template');
  const { ledger } = await openFolder(template, undefined, manualClock(start));
  await ledger.close(1_000);
  let count = 0;
  return {
    fresh() {
      const folder = join(root, `copy-${count++}`);
      cpSync(template, folder, { recursive: true });
      return folder;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
