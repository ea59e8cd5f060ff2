// The contracts on a PostgreSQL server.

import { afterAll, beforeAll } from 'vitest';
import { openParts } from '../../runtime/ledger/open-parts.ts';
import { manualClock } from '../../runtime/ports/clock.ts';
import { openPostgres } from '../../runtime/ports/postgres.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { leftOpen, partsOptions, start } from './fixtures.ts';
import { fleetsContract } from './fleets-contract.ts';
import { ledgerContract } from './ledger-contract.ts';
import { type LedgerDatabases, ledgerDatabases } from './server-fixtures.ts';
import { storesContract } from './stores-contract.ts';

let databases: LedgerDatabases;

beforeAll(async () => {
  databases = await ledgerDatabases();
});
afterAll(() => databases.remove());

async function open() {
  const url = await databases.fresh();
  const clock = manualClock(start);
  const connect = () => openPostgres({ url, timers: systemTimers, name: 'test', connectionsMax: 3 });
  const database = await connect();
  const parts = await openParts({ ...partsOptions, database, clock, engineId: 'first' });
  return {
    ...parts,
    clock,
    database,
    another: (engineId: string) => openParts({ ...partsOptions, database: leftOpen(database), clock, engineId }),
    async reopen() {
      await parts.ledger.close(1_000);
      return (await openParts({ ...partsOptions, database: await connect(), clock, engineId: 'second' })).ledger;
    },
  };
}

ledgerContract('PostgreSQL', open);
fleetsContract('PostgreSQL', open);
storesContract('PostgreSQL', open);
