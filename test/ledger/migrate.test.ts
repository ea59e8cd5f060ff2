// A ledger of an earlier version opens: its rows are moved into days, its intents get owners, and what it left open is
// taken up; on PGlite and on a server. A start that is cut off in the middle leaves everything as it was.

import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../runtime/ledger/migrate.ts';
import { openParts } from '../../runtime/ledger/open-parts.ts';
import type { SqlDatabase } from '../../runtime/ledger/sql-database.ts';
import { migrations } from '../../runtime/ledger/steps/index.ts';
import { manualClock } from '../../runtime/ports/clock.ts';
import { openPglite } from '../../runtime/ports/pglite.ts';
import { openPostgres } from '../../runtime/ports/postgres.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { type OwnDatabase, ownDatabase } from '../services/shared.ts';
import { partsOptions, scratchFolder, start } from './fixtures.ts';

const firstStep = migrations.slice(0, 1);
const dayMs = 86_400_000;

const insert = `
insert into decision_audit (id, policy, policy_hash, key, event_time, cause, outcome, gate, reason, mode, actions,
  clause_values, source, bundle_hash, deadline, writer, recorded_at)
select 'id-' || number, 'high_error_rate', 'hash', 'key', at, 'condition', 'admitted', null, null, 'enforce',
  '[{"name": "scale_up", "target": "payment", "args": {"by": 2}, "timeoutMs": 5000, "retry": 1}]', '{"a > 1": null}',
  'a.ddl:1', 'bundle', at + interval '1 minute', 'writer', at
from (select number, timestamptz 'epoch' + ($1::float8 - number * 3600000.0) * interval '1 millisecond' as at
  from generate_series(0, 99) number) numbered`;

const insertIntents = `
insert into action_intent (decision_id, ordinal, action, target, args, state, writer, updated_at)
select id, 0, 'scale_up', 'payment', '{"by": 2}', 'admitted', 'writer', recorded_at from decision_audit`;

/** A ledger as the first version left it: a hundred decisions of the last four days, two of them still open. */
async function firstVersion(database: SqlDatabase): Promise<void> {
  await migrate(database, start - 100 * dayMs, firstStep);
  await database.query(insert, [start]);
  await database.query(insertIntents);
  const move = (state: string, which: string) =>
    database.execute(`update action_intent set state = '${state}' where ${which}`);
  await move('executing', `decision_id <> 'id-0'`);
  await move('succeeded', `decision_id not in ('id-0', 'id-1')`);
}

async function opensIt(database: SqlDatabase): Promise<void> {
  await firstVersion(database);
  const dying = failingAt(database, 'partition_snapshot');
  await expect(migrate(dying, start)).rejects.toThrow('cut off');
  expect(await database.query('select number, name from schema_migration')).toEqual([
    { number: 1, name: 'decisions and intents' },
  ]);
  expect(await database.query('select count(*)::int as count from decision_audit')).toEqual([{ count: 100 }]);

  const clock = manualClock(start + 30_000);
  const { ledger } = await openParts({ ...partsOptions, database, clock, engineId: 'newer' });
  const applied = await database.query('select number from schema_migration order by number');
  expect(applied.map(({ number }) => number)).toEqual(migrations.map(({ number }) => number));
  const decisions = await ledger.decisionsSince(0);
  expect(decisions).toHaveLength(100);
  expect(decisions.at(-1)).toMatchObject({
    id: 'id-0',
    at: start,
    deadline: start + 60_000,
    values: { 'a > 1': null },
  });
  expect(decisions.at(-1)?.actions).toMatchObject([{ name: 'scale_up', endpoint: null, change: null }]);
  const days = await database.query('select count(*)::int as count from decision_audit_days()');
  // Five with rows, and two ahead.
  expect(days).toEqual([{ count: 7 }]);
  expect(await database.query('select from decision_audit_other')).toEqual([]);

  const acts = await ledger.fleetActsSince(start - 2.5 * 3_600_000);
  expect(
    acts.map(({ decisionId, state, direction, startedAt, endedAt }) => [
      decisionId,
      state,
      direction,
      startedAt,
      endedAt,
    ]),
  ).toEqual(
    expect.arrayContaining([
      ['id-0', 'admitted', 'up', null, null],
      ['id-1', 'executing', 'up', start - 3_600_000, null],
      ['id-2', 'succeeded', 'up', start - 2 * 3_600_000, start - 2 * 3_600_000],
    ]),
  );
  expect(acts).toHaveLength(3);
  const report = await ledger.restart(clock.now());
  expect(report.resume.map(({ decision: { id } }) => id)).toEqual(['id-0']);
  expect(report.found).toMatchObject({ decisions: 100, newestAt: start, interrupted: 1, tooOld: 0, unreadable: 0 });
  const change = { decisionId: 'id-0', ordinal: 0, attempts: 0, detail: null };
  expect(await ledger.transition({ ...change, to: 'executing' })).toEqual({ outcome: 'moved' });
  expect(await ledger.transition({ ...change, to: 'succeeded' })).toEqual({ outcome: 'moved' });
  await ledger.close(1_000);
}

/** Fails at the statement that holds these words. */
function failingAt(database: SqlDatabase, words: string): SqlDatabase {
  return {
    query: (sql, values) => database.query(sql, values),
    execute: (sql) => database.execute(sql),
    close: () => database.close(),
    transaction: (work) =>
      database.transaction((session) =>
        work({
          query: (sql, values) =>
            sql.includes(words) ? Promise.reject(new Error('cut off')) : session.query(sql, values),
        }),
      ),
  };
}

describe('a ledger of the first version', () => {
  let folder: string;
  let own: OwnDatabase;
  beforeAll(async () => {
    folder = scratchFolder();
    own = await ownDatabase();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await own.drop();
  });

  it('opens on PGlite', async () => {
    await opensIt(await openPglite(folder));
  });

  it('opens on a server', async () => {
    await opensIt(await openPostgres({ url: own.url, timers: systemTimers, name: 'test' }));
  });
});

it('keeps the numbers of its steps without a gap', () => {
  expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, index) => index + 1));
});
