// `npm run test:three-engines [minutes] [seed] [weather]`: three engine processes on a real Kafka, Redis Cluster and PostgreSQL,
// 2,000 services in incidents, engines killed, frozen and added at random; with `weather` the servers suffer too. Ends
// with what was promised and broken.

import { brokenPromises } from '../scale-out/history.ts';
import { runCampaign } from '../scale-out/run-campaign.ts';
import { tellFigures } from '../scale-out/tell-figures.ts';
import type { Weather } from '../services/server-process.ts';
import { startKafka, startPostgres, startRedisCluster } from '../services/services.ts';

const minutes = Number(process.argv[2] ?? 8);
const seed = Number(process.argv[3] ?? 1);
const stormy = process.argv[4] === 'weather';
const begin = Date.now();
const note = (text: string): void => {
  process.stdout.write(`${((Date.now() - begin) / 1_000).toFixed(1).padStart(7)} s  ${text}\n`);
};

note(`seed ${seed}, ${minutes} minutes${stormy ? ', bad weather' : ''}`);
const [kafka, redis, postgres] = await Promise.all([startKafka(), startRedisCluster(), startPostgres()]);

/** Each server in turn, at a pace that lets the engines come to themselves again. */
async function weather(): Promise<void> {
  const end = Date.now() + minutes * 60_000 - 15_000;
  const befalls: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['PostgreSQL loses all connections', () => postgres.cutConnections()],
    ['a master of Redis is killed', async () => (await redis.failOver('{ddl:app_001}')).restart()],
    ['PostgreSQL is killed and comes back', () => postgres.restart()],
    ['Kafka is frozen for 5 s', () => frozen(kafka, 5_000)],
    [
      'all of Redis begins empty',
      () => Promise.all(redis.nodes.map((node) => node.command('flushall').catch(() => {}))),
    ],
    ['PostgreSQL is frozen for 12 s', () => frozen(postgres, 12_000)],
    ['Kafka is killed and comes back', () => kafka.restart()],
  ];
  for (let next = 0; Date.now() < end; next++) {
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    const [what, befall] = befalls[next % befalls.length];
    note(what);
    await befall();
  }
}

async function frozen(server: Weather, ms: number): Promise<void> {
  server.pause();
  await new Promise((resolve) => setTimeout(resolve, ms));
  server.resume();
}

try {
  const result = await runCampaign({
    shop: { seed, services: 2_000, fleets: 100, partitions: 12, lengthMs: minutes * 60_000, everyMs: 1_000 },
    pace: 1,
    engines: 3,
    enginesMost: 5,
    disturbEveryMs: 12_000,
    freezeMs: 22_000,
    badness: 0.2,
    settleMs: 120_000,
    servers: { kafka: kafka.address, redis: redis.urls, postgres: postgres.url },
    topic: 'shop',
    ...(stormy ? { weather } : {}),
    note,
  });
  const broken = [...result.faults, ...brokenPromises(result.history)];
  note(tellFigures(result));
  for (const sentence of broken.slice(0, 50)) note(sentence);
  if (broken.length > 0) note(result.lastWords);
  note(broken.length === 0 ? 'every promise was kept' : `${broken.length} promises were broken`);
  process.exitCode = broken.length === 0 ? 0 : 1;
} finally {
  await Promise.all([kafka.stop(), redis.stop(), postgres.stop()]);
}
