// The contracts on PGlite.

import { afterAll, beforeAll } from 'vitest';
import { openParts } from '../../runtime/ledger/open-parts.ts';
import { manualClock } from '../../runtime/ports/clock.ts';
import { openPglite } from '../../runtime/ports/pglite.ts';
import { ledgerFolders, leftOpen, partsOptions, start } from './fixtures.ts';
import { fleetsContract } from './fleets-contract.ts';
import { ledgerContract } from './ledger-contract.ts';
import { storesContract } from './stores-contract.ts';

let folders: Awaited<ReturnType<typeof ledgerFolders>>;

beforeAll(async () => {
  folders = await ledgerFolders();
}, 60_000);
afterAll(() => folders.remove());

async function open() {
  const folder = folders.fresh();
  const clock = manualClock(start);
  const database = await openPglite(folder);
  const parts = await openParts({ ...partsOptions, database, clock, engineId: 'first' });
  return {
    ...parts,
    clock,
    database,
    another: (engineId: string) => openParts({ ...partsOptions, database: leftOpen(database), clock, engineId }),
    async reopen() {
      await parts.ledger.close(1_000);
      return (await openParts({ ...partsOptions, database: await openPglite(folder), clock, engineId: 'second' }))
        .ledger;
    },
  };
}

ledgerContract('PGlite', open);
fleetsContract('PGlite', open);
storesContract('PGlite', open);
