// An engine that starts in bad weather: without Redis it watches and refuses until Redis is there; without PostgreSQL or
// Kafka it says what is missing, and ends.

import { expect, onTestFinished, test } from 'vitest';
import { type EngineProcess, projectFolder, startEngine } from '../engine/engine-process.ts';
import { startRedis } from '../services/services.ts';
import { ownDatabase } from '../services/shared.ts';
import { soundProject } from '../support/scratch.ts';

async function start(environment: Readonly<Record<string, string>>): Promise<EngineProcess> {
  const database = await ownDatabase();
  const files = { 'schema.ddl': soundProject['shop/schema.ddl'], 'slow.ddl': soundProject['shop/policies/slow.ddl'] };
  const folder = projectFolder(files);
  const engine = startEngine(folder, ['.'], {
    DDL_POSTGRES_URL: database.url,
    DDL_CONTROL_PORT: '0',
    DDL_HOST_ENABLED: 'false',
    ...environment,
  });
  onTestFinished(async () => {
    await engine.end('SIGKILL');
    await database.drop();
  });
  return engine;
}

test('without Redis it watches, says that nothing can act, and builds the gates once Redis is there', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  await redis.kill();
  const engine = await start({ DDL_REDIS_URL: redis.url });
  await engine.says(/^watching/m, 60_000);
  await engine.says(/gates: no connection to Redis/, 1_000);
  await redis.restart();
  await engine.says(/the gates are rebuilt from the ledger/, 20_000);
  expect(await engine.end('SIGTERM')).toBe(0);
});

test.each([
  [
    'PostgreSQL',
    'DDL_POSTGRES_URL',
    'postgres://127.0.0.1:1/ddl',
    /PostgreSQL at 127\.0\.0\.1:1\/ddl can't be reached .*ECONNREFUSED/,
  ],
  ['Kafka', 'DDL_KAFKA_BROKERS', '127.0.0.1:1', /Kafka at 127\.0\.0\.1:1 can’t be used: .*ECONNREFUSED/],
])('without %s it says so, and ends', async (_, variable, value, sentence) => {
  const engine = await start({ [variable]: value });
  expect(await engine.exit).toBe(2);
  expect(engine.errors()).toMatch(sentence);
});
