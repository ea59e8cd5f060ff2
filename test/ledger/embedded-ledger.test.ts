// The contract on PGlite.

import { afterAll, beforeAll } from 'vitest';
import { manualClock } from '../../runtime/ports/clock.ts';
import { ledgerFolders, openFolder, start } from './fixtures.ts';
import { ledgerContract } from './ledger-contract.ts';

let folders: Awaited<ReturnType<typeof ledgerFolders>>;

beforeAll(async () => {
  folders = await ledgerFolders();
}, 60_000);
afterAll(() => folders.remove());

ledgerContract('PGlite', async () => {
  const folder = folders.fresh();
  const clock = manualClock(start);
  const { ledger } = await openFolder(folder, undefined, clock);
  return {
    ledger,
    clock,
    async reopen() {
      await ledger.close(1_000);
      clock.advance(1);
      return (await openFolder(folder, undefined, clock)).ledger;
    },
  };
});
