// How fast decisions become durable on PGlite: decisions a second and how long a batch of 200 blocks the process.
// Run: node test/bench/ledger.ts [batches]

import { rmSync } from 'node:fs';
import { decision, openFolder, scratchFolder } from '../ledger/fixtures.ts';

const batches = Number(process.argv[2] ?? 100);
const folder = scratchFolder();
try {
  const opening = performance.now();
  const { ledger } = await openFolder(folder);
  const openMs = performance.now() - opening;
  const results: Record<string, unknown> = { firstOpenMs: Math.round(openMs) };
  let number = 0;
  for (const outcome of ['shadowed', 'admitted'] as const) {
    const tookMs: number[] = [];
    for (let batch = 0; batch < batches; batch++) {
      const decisions = Array.from({ length: 200 }, () => decision({ number: number++, outcome }));
      const begun = performance.now();
      await ledger.record(decisions, 'bundle');
      tookMs.push(performance.now() - begun);
    }
    tookMs.sort((left, right) => left - right);
    const totalMs = tookMs.reduce((sum, ms) => sum + ms, 0);
    results[outcome] = {
      decisionsPerSecond: Math.round((batches * 200 * 1_000) / totalMs),
      batchMsMedian: Number(tookMs[tookMs.length >> 1]?.toFixed(2)),
      batchMsP99: Number(tookMs[Math.floor(tookMs.length * 0.99)]?.toFixed(2)),
    };
  }
  const singleBegun = performance.now();
  for (let index = 0; index < 100; index++) await ledger.record([decision({ number: number++ })], 'bundle');
  results.singleMsMean = Number(((performance.now() - singleBegun) / 100).toFixed(2));
  results.rssMegabytes = Math.round(process.memoryUsage().rss / 1e6);
  await ledger.close(1_000);
  const reopening = performance.now();
  const again = await openFolder(folder);
  results.reopenMs = Math.round(performance.now() - reopening);
  await again.ledger.close(1_000);
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
