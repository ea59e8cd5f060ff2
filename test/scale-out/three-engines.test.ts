// The short version of `npm run test:three-engines`: three engine processes on a real Kafka, Redis Cluster and PostgreSQL,
// 2,000 services in incidents, one engine killed, one sent home, one frozen, one added.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../services/services.ts';
import { type OwnDatabase, ownDatabase, ownName, sharedKafka } from '../services/shared.ts';
import { brokenPromises } from './history.ts';
import { runCampaign } from './run-campaign.ts';
import { tellFigures } from './tell-figures.ts';

let redis: RedisCluster;
let database: OwnDatabase;
beforeAll(async () => {
  [redis, database] = await Promise.all([startRedisCluster(), ownDatabase()]);
});
afterAll(async () => {
  await Promise.all([redis.stop(), database.drop()]);
});

test('every expected decision once, no action twice, no budget exceeded, every intent ended', async () => {
  const notes: string[] = [];
  const result = await runCampaign({
    shop: { seed: 1, services: 2_000, fleets: 100, partitions: 12, lengthMs: 280_000, everyMs: 10_000 },
    pace: 14,
    engines: 3,
    enginesMost: 4,
    disturbEveryMs: 2_500,
    freezeMs: 12_000,
    badness: 0.2,
    settleMs: 60_000,
    servers: { kafka: await sharedKafka(), redis: redis.urls, postgres: database.url },
    topic: ownName('shop'),
    note: (text) => notes.push(text),
  });
  const { history, happened, faults } = result;
  const story = `${notes.join('\n')}\n${tellFigures(result)}\n${result.lastWords}`;
  expect([...faults, ...brokenPromises(history)], story).toEqual([]);
  // There was something to keep promises about.
  expect(history.expected.size).toBeGreaterThan(500);
  // On a slow machine the events may have ended before one is frozen.
  for (const kind of ['kill', 'leave', 'join'] as const) expect(happened[kind], kind).toBeGreaterThan(0);
  for (const action of ['scale_up', 'scale_down', 'restart', 'notify'])
    expect(history.intents.some((intent) => intent.action === action && intent.state === 'succeeded')).toBe(true);
  expect(history.calls.some(({ status }) => status !== 200)).toBe(true);
}, 240_000);
