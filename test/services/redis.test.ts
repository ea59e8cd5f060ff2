// A real Redis of a test: what it knows survives a kill, unless it is told to begin empty; bad weather is felt.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisCluster, type RedisServer, startRedis, startRedisCluster } from './services.ts';

describe('one Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ 'maxmemory-policy': 'noeviction' });
  });
  afterAll(() => redis.stop());

  test('is killed, and knows everything again on the same port', async () => {
    await redis.command('set', 'name', 'value');
    await redis.kill();
    await expect(redis.command('ping')).rejects.toThrow(/ECONNREFUSED/);
    await redis.restart();
    expect(await redis.command('get', 'name')).toBe('value');
  });

  test('begins empty', async () => {
    await redis.command('set', 'name', 'value');
    await redis.restart({ empty: true });
    expect(await redis.command('dbsize')).toBe(0);
  });

  test('ends in order', async () => {
    await redis.command('set', 'name', 'value');
    await redis.shutDown();
    await expect(redis.command('ping')).rejects.toThrow(/ECONNREFUSED/);
    await redis.restart();
    expect(await redis.command('get', 'name')).toBe('value');
  });

  test('answers nothing while it is paused, and then what was asked meanwhile', async () => {
    redis.pause();
    let answered = false;
    const answer = redis.command('ping').then((said) => {
      answered = true;
      return said;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    redis.resume();
    expect(await answer).toBe('PONG');
  });
});

describe('six nodes in a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  test('serve all slots by three masters, with a replica each', async () => {
    const info = String(await cluster.nodes[0].command('cluster', 'info'));
    expect(info).toContain('cluster_slots_ok:16384');
    expect(info).toContain('cluster_size:3');
    const roles = await Promise.all(cluster.nodes.map(async (node) => (await node.command('role')) as string[]));
    expect(roles.map(([role]) => role).sort()).toEqual(['master', 'master', 'master', 'slave', 'slave', 'slave']);
    for (const fleet of ['{ddl:web}', '{ddl:shop}', '{ddl:queue}'])
      await (await cluster.masterOf(fleet)).command('set', fleet, 1);
  });

  test('a master that is killed is replaced, and comes back as a replica', async () => {
    const master = await cluster.masterOf('{ddl:web}');
    await master.command('set', '{ddl:web}', 'kept');
    await master.command('wait', 1, 5000);
    expect(await cluster.failOver('{ddl:web}')).toBe(master);
    const next = await cluster.masterOf('{ddl:web}');
    expect(next.port).not.toBe(master.port);
    expect(await next.command('get', '{ddl:web}')).toBe('kept');
    await master.restart();
    await cluster.settled();
    expect(((await master.command('role')) as string[])[0]).toBe('slave');
  });
});
