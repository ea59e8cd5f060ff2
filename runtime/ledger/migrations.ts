// The ledger's tables, as numbered steps applied in order and never changed once released. Plain PostgreSQL, so that
// PGlite and a server run the same text.

import { LedgerProblem } from './problem.ts';
import type { SqlDatabase, SqlSession } from './sql-database.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** Statements without parameters. */
  readonly sql: string;
}

export const migrations: readonly Migration[] = [
  {
    number: 1,
    name: 'decisions and intents',
    // The event's time is part of the audit's key because a later step may partition the table by it; the id is
    // derived from that time, so one id still is one row.
    sql: `
create table decision_audit (
  id text not null,
  policy text not null,
  policy_hash text not null,
  key text not null,
  event_time timestamptz not null,
  cause text not null check (cause in ('condition', 'repeat')),
  outcome text not null check (outcome in ('shadowed', 'admitted', 'refused', 'awaiting_approval')),
  gate text,
  reason text,
  mode text not null check (mode in ('shadow', 'approve', 'enforce')),
  actions jsonb not null,
  clause_values jsonb not null,
  source text not null,
  bundle_hash text not null,
  deadline timestamptz,
  writer text not null,
  recorded_at timestamptz not null,
  primary key (id, event_time),
  check ((outcome = 'refused') = (gate is not null))
);
create index decision_audit_by_time on decision_audit (event_time);

create table action_intent (
  decision_id text not null,
  ordinal integer not null,
  action text not null,
  target text,
  args jsonb not null,
  state text not null,
  attempts integer not null default 0,
  detail text,
  writer text not null,
  updated_at timestamptz not null,
  primary key (decision_id, ordinal)
);
create index action_intent_open on action_intent (state) where state in ('admitted', 'executing', 'unknown');

create function action_intent_guard() returns trigger language plpgsql as $guard$
begin
  if tg_op = 'INSERT' then
    raise exception 'an intent begins as admitted, not as %', new.state;
  elsif (old.state || ' ' || new.state) not in (
    'admitted executing', 'admitted expired',
    'executing succeeded', 'executing failed', 'executing unknown',
    'unknown reconciled', 'unknown expired'
  ) then
    raise exception 'intent % of decision % can''t go from % to %', old.ordinal, old.decision_id, old.state, new.state;
  end if;
  return new;
end
$guard$;
create trigger action_intent_begin before insert on action_intent
  for each row when (new.state <> 'admitted') execute function action_intent_guard();
create trigger action_intent_move before update on action_intent
  for each row when (new.state <> old.state) execute function action_intent_guard();
`,
  },
];

/** Brings the tables to the newest step. Errors: `LedgerProblem` when they were written by a newer version. */
export async function migrate(
  database: SqlDatabase,
  now: number,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  await database.execute(
    'create table if not exists schema_migration (number integer primary key, name text not null, applied_at timestamptz not null)',
  );
  const applied = await highestApplied(database);
  const known = steps.at(-1)?.number ?? 0;
  if (applied > known) {
    throw new LedgerProblem(
      'newer-version',
      `the ledger was written by a newer version (its tables are at step ${applied}, this version knows ${known} steps); run that version or a later one, or give this one another folder`,
    );
  }
  for (const step of steps) if (step.number > applied) await apply(database, step, now);
}

async function apply(database: SqlDatabase, step: Migration, now: number): Promise<void> {
  await database.transaction(async (session) => {
    // Two engines that start together on one server: the second waits here and then finds the step done.
    await session.query('select pg_advisory_xact_lock(7216901)');
    if ((await highestApplied(session)) >= step.number) return;
    for (const statement of statementsOf(step.sql)) await session.query(statement);
    await session.query(
      `insert into schema_migration (number, name, applied_at) values ($1, $2, timestamptz 'epoch' + $3::float8 * interval '1 millisecond')`,
      [step.number, step.name, now],
    );
  });
}

async function highestApplied(session: SqlSession): Promise<number> {
  const rows = await session.query('select coalesce(max(number), 0)::int as number from schema_migration');
  return Number(rows[0]?.number ?? 0);
}

/** Splits at a semicolon that ends a line, outside `$guard$ … $guard$` bodies. */
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
