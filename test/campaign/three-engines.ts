// `npm run test:three-engines [minutes] [seed]`: three engine processes on a real Kafka, Redis Cluster and PostgreSQL,
// 2,000 services in incidents, engines killed, frozen and added at random. Ends with what was promised and broken.

import { brokenPromises } from '../scale-out/history.ts';
import { runCampaign } from '../scale-out/run-campaign.ts';
import { tellFigures } from '../scale-out/tell-figures.ts';
import { startKafka, startPostgres, startRedisCluster } from '../services/services.ts';

const minutes = Number(process.argv[2] ?? 8);
const seed = Number(process.argv[3] ?? 1);
const begin = Date.now();
const note = (text: string): void => {
  process.stdout.write(`${((Date.now() - begin) / 1_000).toFixed(1).padStart(7)} s  ${text}\n`);
};

note(`seed ${seed}, ${minutes} minutes`);
const [kafka, redis, postgres] = await Promise.all([startKafka(), startRedisCluster(), startPostgres()]);
try {
  const result = await runCampaign({
    shop: { seed, services: 2_000, fleets: 100, partitions: 12, lengthMs: minutes * 60_000, everyMs: 1_000 },
    pace: 1,
    engines: 3,
    enginesMost: 5,
    disturbEveryMs: 12_000,
    freezeMs: 15_000,
    badness: 0.2,
    settleMs: 120_000,
    servers: { kafka: kafka.address, redis: redis.urls, postgres: postgres.url },
    topic: 'shop',
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
