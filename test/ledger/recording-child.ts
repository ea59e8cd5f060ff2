// A process that records decisions for ever and prints the id of each once it is durable; its parent kills it.
// With `hold` as second argument it only opens the ledger and says so.

import { writeSync } from 'node:fs';
import { decision, openFolder, start } from './fixtures.ts';

const [folder = '', mode] = process.argv.slice(2);
const { ledger } = await openFolder(folder);
if (mode === 'hold') {
  writeSync(1, 'open\n');
  setInterval(() => {}, 1_000);
} else {
  const newest = (await ledger.recentDecisions(1))[0]?.at ?? start;
  let number = (newest - start) / 1_000;
  const lane = async (): Promise<never> => {
    for (;;) {
      const one = decision({ number: ++number });
      await ledger.record([one], 'bundle');
      writeSync(1, `${one.id}\n`);
    }
  };
  await Promise.all(Array.from({ length: 50 }, lane));
}
