// The contract in a real Redis, alone and in a cluster.

import { afterAll, expect, it } from 'vitest';
import { RedisAdmission } from '../../runtime/admission/redis-admission.ts';
import type { ProgramMeta } from '../../runtime/contract.ts';
import { openRedis, type RedisPort } from '../../runtime/ports/redis.ts';
import { ownName, sharedRedis, sharedRedisCluster } from '../services/shared.ts';
import { admissionContract } from './admission-contract.ts';
import { program, start } from './fixtures.ts';

const ports = new Map<string, Promise<RedisPort>>();

async function connect(find: () => Promise<string>): Promise<RedisPort> {
  const url = await find();
  const known = ports.get(url) ?? connected(url);
  ports.set(url, known);
  return known;
}

async function connected(url: string): Promise<RedisPort> {
  const redis = openRedis({ url, commandTimeoutMs: 5_000 });
  await new Promise<void>((resolve) => redis.onConnected(resolve));
  return redis;
}

afterAll(async () => {
  for (const port of ports.values()) await (await port).close();
});

async function fresh(find: () => Promise<string>, of: ProgramMeta): Promise<RedisAdmission> {
  const admission = new RedisAdmission({
    redis: await connect(find),
    program: of,
    incarnation: 'one',
    prefix: ownName('gates'),
    onLost: () => {},
    callersClock: true,
  });
  await admission.restore([], of, start);
  return admission;
}

admissionContract('Redis', (of) => fresh(sharedRedis, of));
admissionContract('Redis Cluster', (of) => fresh(sharedRedisCluster, of));

it('is open once it has been built', async () => {
  const admission = await fresh(sharedRedis, program);
  expect(await admission.health()).toEqual({ state: 'open', problem: null });
});
