// The page on the ledger's tables: its columns are those that there are, its examples run.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openParts } from '../../runtime/ledger/open-parts.ts';
import type { SqlDatabase } from '../../runtime/ledger/sql-database.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { openPostgres } from '../../runtime/ports/postgres.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { decision, partsOptions } from './fixtures.ts';
import { type LedgerDatabases, ledgerDatabases } from './server-fixtures.ts';

const page = readFileSync(join(import.meta.dirname, '../../runtime/ledger/tables.md'), 'utf8');
const names = (text: string): readonly string[] => [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);

let databases: LedgerDatabases;
let database: SqlDatabase;
let close: () => Promise<unknown>;
beforeAll(async () => {
  databases = await ledgerDatabases();
  database = await openPostgres({ url: await databases.fresh(), timers: systemTimers, name: 'test' });
  const { ledger } = await openParts({ ...partsOptions, database, clock: systemClock, engineId: 'engine' });
  close = () => ledger.close(1_000);
  const at = systemClock.now();
  const refused = decision({ at: at - 1_000, outcome: 'refused', gate: 'cooldown', reason: 'acted at 12:00' });
  await ledger.record([decision({ at }), refused], 'bundle');
});
afterAll(async () => {
  await close();
  await databases.remove();
});

it.each(['decision_audit', 'action_intent'])('%s has the columns that the page names, and no others', async (table) => {
  const section =
    page
      .slice(page.indexOf(`## \`${table}\``))
      .slice(1)
      .split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((line) => names(line.split('|')[1] ?? ''));
  const columns = await database.query(
    'select column_name as name from information_schema.columns where table_name = $1',
    [table],
  );
  expect([...named].sort()).toEqual(columns.map(({ name }) => name).sort());
});

it('names every table', async () => {
  const tables = await database.query(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
  );
  expect(tables.map(({ name }) => String(name)).filter((name) => !names(page).includes(name))).toEqual([]);
});

it('has examples that run and find something', async () => {
  const examples = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql);
  expect(examples).toHaveLength(4);
  for (const sql of examples) expect((await database.query(sql)).length, sql).toBeGreaterThan(0);
});
