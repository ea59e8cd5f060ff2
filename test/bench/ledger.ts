// How fast decisions become durable: decisions a second in batches of 200, how long such a batch takes, one alone, and
// changes of intents; on PGlite, and on a PostgreSQL of its own that waits for its disk (`fsync` on).
// Run: node test/bench/ledger.ts [batches] [embedded|server]

import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Ledger } from '../../runtime/ledger/ledger.ts';
import { openServerLedger } from '../../runtime/ledger/server-ledger.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { decision, openFolder, scratchFolder } from '../ledger/fixtures.ts';
import { startPostgres } from '../services/services.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const batches = Number(positionals[0] ?? 100);
const batchSize = 200;
let number = 0;

/** Decisions of now, on a thousand fleets. */
function some(count: number, outcome: 'shadowed' | 'admitted') {
  const at = systemClock.now();
  return Array.from({ length: count }, () =>
    decision({ key: `key-${number}`, at, outcome, fleet: `fleet-${number++ % 1_000}` }),
  );
}

async function inBatches(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const tookMs: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const begun = performance.now();
    await work();
    tookMs.push(performance.now() - begun);
  }
  tookMs.sort((left, right) => left - right);
  const totalMs = tookMs.reduce((sum, ms) => sum + ms, 0);
  return {
    perSecond: Math.round((batches * batchSize * 1_000) / totalMs),
    batchMsMedian: Number(tookMs[tookMs.length >> 1]?.toFixed(2)),
    batchMsP99: Number(tookMs[Math.floor(tookMs.length * 0.99)]?.toFixed(2)),
  };
}

async function measure(ledger: Ledger): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const outcome of ['shadowed', 'admitted'] as const)
    results[outcome] = await inBatches(() => ledger.record(some(batchSize, outcome), 'bundle'));
  let open: readonly string[] = [];
  const record = async (): Promise<void> => {
    const decisions = some(batchSize, 'admitted');
    open = decisions.map(({ id }) => id);
    await ledger.record(decisions, 'bundle');
  };
  const change = (to: 'executing' | 'succeeded') =>
    Promise.all(open.map((decisionId) => ledger.transition({ decisionId, ordinal: 1, to, attempts: 1, detail: null })));
  results.recordedBegunEnded = await inBatches(async () => {
    await record();
    await change('executing');
    await change('succeeded');
  });
  const singles = 100;
  const begun = performance.now();
  for (let index = 0; index < singles; index++) await ledger.record(some(1, 'admitted'), 'bundle');
  results.singleMsMean = Number(((performance.now() - begun) / singles).toFixed(2));
  return results;
}

async function embedded(): Promise<Record<string, unknown>> {
  const folder = scratchFolder();
  try {
    const opening = performance.now();
    const { ledger } = await openFolder(folder);
    const firstOpenMs = Math.round(performance.now() - opening);
    const results = await measure(ledger);
    await ledger.close(1_000);
    const reopening = performance.now();
    const again = await openFolder(folder);
    const reopenMs = Math.round(performance.now() - reopening);
    await again.ledger.close(1_000);
    return { firstOpenMs, reopenMs, ...results };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function server(): Promise<Record<string, unknown>> {
  const postgres = await startPostgres({ durable: true });
  try {
    const { ledger } = await openServerLedger({
      url: postgres.url,
      clock: systemClock,
      timers: systemTimers,
      version: 'bench',
    });
    const results = await measure(ledger);
    await ledger.close(1_000);
    return results;
  } finally {
    await postgres.stop();
  }
}

const only = positionals[1];
const results = {
  ...(only === 'server' ? {} : { embedded: await embedded() }),
  ...(only === 'embedded' ? {} : { server: await server() }),
  rssMegabytes: Math.round(process.memoryUsage().rss / 1e6),
};
process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
