// A database that commits and then fails to say so, and one that dies between statements: what is recorded is
// recorded once, and still belongs to the call that recorded it.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SqlDatabase } from '../../runtime/ledger/sql-database.ts';
import { SqlLedger } from '../../runtime/ledger/sql-ledger.ts';
import { manualClock } from '../../runtime/ports/clock.ts';
import { openPglite } from '../../runtime/ports/pglite.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { decision, ledgerFolders, start } from './fixtures.ts';

let folders: Awaited<ReturnType<typeof ledgerFolders>>;

beforeAll(async () => {
  folders = await ledgerFolders();
}, 60_000);
afterAll(() => folders.remove());

/** Fails each transaction once: before it, in the middle of it, or after its commit, in turn. */
function unreliable(database: SqlDatabase): SqlDatabase {
  let call = 0;
  return {
    query: (sql, values) => database.query(sql, values),
    execute: (sql) => database.execute(sql),
    close: () => database.close(),
    async transaction(work) {
      const moment = call++ % 4;
      if (moment === 0) throw new Error('connection lost before');
      if (moment === 1) {
        await database.transaction(async (session) => {
          await work(session);
          throw new Error('connection lost within');
        });
      }
      const result = await database.transaction(work);
      if (moment === 2) throw new Error('connection lost after the commit');
      return result;
    },
  };
}

it('records once and knows its own', async () => {
  const database = await openPglite(folders.fresh());
  const health: boolean[] = [];
  const ledger = new SqlLedger({
    database: unreliable(database),
    clock: manualClock(start),
    timers: systemTimers,
    engineId: 'engine',
    onHealth: (problem) => health.push(problem === null),
  });
  const many = Array.from({ length: 20 }, (_, number) => decision({ number, fleet: `fleet-${number}` }));
  expect(await ledger.record(many, 'bundle')).toEqual(many.map(() => 'recorded'));
  expect(await ledger.record(many, 'bundle')).toEqual(many.map(() => 'known'));
  const claims = many.map(({ id }) =>
    ledger.transition({ decisionId: id, ordinal: 0, to: 'executing', attempts: 0, detail: null }),
  );
  expect(await Promise.all(claims)).toEqual(many.map(() => ({ outcome: 'moved' })));
  expect(await ledger.recentDecisions(100)).toHaveLength(20);
  expect((await ledger.intentsOf(many[0]?.id ?? '')).map((intent) => intent.state)).toEqual(['executing', 'admitted']);
  expect(health).toEqual([false, true, false, true, false, true]);
  expect(await ledger.close(1_000)).toBe(0);
});
