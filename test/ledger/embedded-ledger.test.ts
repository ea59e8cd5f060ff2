// The contract on PGlite.

import { afterAll, beforeAll } from 'vitest';
import { ledgerFolders, openFolder } from './fixtures.ts';
import { ledgerContract } from './ledger-contract.ts';

let folders: Awaited<ReturnType<typeof ledgerFolders>>;

beforeAll(async () => {
  folders = await ledgerFolders();
}, 60_000);
afterAll(() => folders.remove());

ledgerContract('PGlite', async () => {
  const folder = folders.fresh();
  const { ledger } = await openFolder(folder);
  return {
    ledger,
    async reopen() {
      await ledger.close(1_000);
      return (await openFolder(folder)).ledger;
    },
  };
});
