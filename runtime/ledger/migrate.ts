// Brings the ledger's tables to the newest step, by umzug: numbered steps, applied in order and never changed once
// released. Plain PostgreSQL, so that PGlite and a server run the same text.

import { Umzug } from 'umzug';
import type { Migration } from './migration.ts';
import { LedgerProblem } from './problem.ts';
import type { SqlDatabase, SqlSession } from './sql-database.ts';
import { migrations } from './steps/index.ts';

/**
 * All steps that are missing, in one transaction: a start that is cut off leaves the tables as they were.
 * Errors: `LedgerProblem` when they were written by a newer version.
 */
export async function migrate(
  database: SqlDatabase,
  now: number,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  await database.transaction(async (session) => {
    // Engines that start together on one server: the second waits here and then finds everything done.
    await session.query('select pg_advisory_xact_lock(7216901)');
    await session.query(
      'create table if not exists schema_migration (number integer primary key, name text not null, applied_at timestamptz not null)',
    );
    await refuseNewer(session, steps);
    await umzugOf(session, now, steps).up();
  });
}

function umzugOf(session: SqlSession, now: number, steps: readonly Migration[]): Umzug<object> {
  const byKey = new Map(steps.map((step) => [keyOf(step), step]));
  return new Umzug<object>({
    migrations: steps.map((step) => ({
      name: keyOf(step),
      async up() {
        for (const statement of statementsOf(step.sql)) await session.query(statement);
      },
    })),
    storage: {
      async executed() {
        const applied = await appliedNumbers(session);
        return steps.filter((step) => applied.has(step.number)).map(keyOf);
      },
      async logMigration({ name }) {
        const step = byKey.get(name);
        await session.query(
          `insert into schema_migration (number, name, applied_at) values ($1, $2, timestamptz 'epoch' + $3::float8 * interval '1 millisecond')`,
          [step?.number ?? null, step?.name ?? name, now],
        );
      },
      unlogMigration: () => Promise.reject(new Error('a step of the ledger is never taken back')),
    },
    logger: undefined,
  });
}

function keyOf({ number, name }: Migration): string {
  return `${number} ${name}`;
}

async function refuseNewer(session: SqlSession, steps: readonly Migration[]): Promise<void> {
  const applied = Math.max(0, ...(await appliedNumbers(session)));
  const known = steps.at(-1)?.number ?? 0;
  if (applied <= known) return;
  throw new LedgerProblem(
    'newer-version',
    `the ledger was written by a newer version (its tables are at step ${applied}, this version knows ${known} steps); run that version or a later one, or give this one another ledger`,
  );
}

async function appliedNumbers(session: SqlSession): Promise<ReadonlySet<number>> {
  const rows = await session.query('select number from schema_migration');
  return new Set(rows.map((row) => Number(row.number)));
}

function statementsOf(sql: string): readonly string[] {
  const parts = sql.split('$guard$');
  const statements: string[] = [];
  let open = '';
  parts.forEach((part, index) => {
    if (index % 2 === 1) {
      open += `$guard$${part}$guard$`;
      return;
    }
    const pieces = part.split(/;\n/);
    pieces.forEach((piece, at) => {
      open += piece;
      if (at === pieces.length - 1) return;
      if (open.trim() !== '') statements.push(open.trim());
      open = '';
    });
  });
  if (open.trim() !== '') statements.push(open.trim());
  return statements;
}
