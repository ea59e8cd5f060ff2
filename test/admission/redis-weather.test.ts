// Redis in bad weather: what can't be asked refuses at once, what was lost is rebuilt before anything acts again, and
// nothing is counted twice or forgotten. Servers of their own.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdmissionRequest, PastDecision } from '../../runtime/admission/admission.ts';
import { RedisAdmission } from '../../runtime/admission/redis-admission.ts';
import { admissionRequest } from '../../runtime/admission/request.ts';
import { openRedis, type RedisPort } from '../../runtime/ports/redis.ts';
import {
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startTcpProxy,
} from '../services/services.ts';
import { ownName } from '../services/shared.ts';
import { action, program as base, policy, proposal, sizesAt } from './fixtures.ts';

const timeoutMs = 150;
const up = policy({
  name: 'up',
  maxAgeMs: 600_000,
  actions: [action('scale_up', { kind: 'fleet', fleet: 'payment' })],
});
const restart = policy({
  name: 'restart',
  maxAgeMs: 600_000,
  actions: [action('restart', { kind: 'fleet', fleet: 'payment' }, {})],
});
const tells = policy({ name: 'tells', cooldownMs: 60_000 });
const program = { ...base, policies: [up, restart, tells] };

interface Engine {
  readonly admission: RedisAdmission;
  readonly redis: RedisPort;
  /** How often it asked for a rebuild. */
  readonly lost: () => number;
}

const open: RedisPort[] = [];
afterAll(() => Promise.all(open.map((redis) => redis.close())));

async function engine(url: string, prefix: string, past: readonly PastDecision[] | null = []): Promise<Engine> {
  const redis = openRedis({ url, commandTimeoutMs: timeoutMs });
  open.push(redis);
  await new Promise<void>((resolve) => redis.onConnected(resolve));
  let lost = 0;
  const options = { redis, program, incarnation: 'one', prefix, onLost: () => void lost++ };
  const admission = new RedisAdmission(options);
  if (past !== null) await admission.restore(past, program, Date.now());
  return { admission, redis, lost: () => lost };
}

let number = 0;
function asked(of = up, members = 100): AdmissionRequest {
  const now = Date.now();
  return admissionRequest(proposal(of, now, `key ${number++}`), program, sizesAt(now, members));
}

const judge = (admission: RedisAdmission, request: AdmissionRequest) => admission.judge(request, Date.now());

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const begin = Date.now(); Date.now() - begin < 20_000; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not come to that within 20 s');
}

const isOpen = async (admission: RedisAdmission) => (await admission.health()).state === 'open';

describe('one Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it('is asked once for each proposal, and once more for what is committed and what has ended', async () => {
    const { admission } = await engine(server.url, ownName('count'));
    await judge(admission, asked(tells));
    const count = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(String(await server.command('info', 'commandstats')))?.[1]);
    const before = await count();
    const requests = Array.from({ length: 20 }, (_, index) => asked(index % 2 === 0 ? up : tells));
    const verdicts = [];
    for (const request of requests) verdicts.push(await judge(admission, request));
    expect((await count()) - before).toBe(20);
    expect(verdicts.map(({ outcome }) => outcome).filter((outcome) => outcome === 'admitted')).toHaveLength(11);
    const [first] = requests;
    await admission.commit(first.id);
    await admission.finish(first, Date.now());
    expect((await count()) - before).toBe(22);
  });

  it('is sent nothing but the script on the way of a proposal', async () => {
    const { admission } = await engine(server.url, ownName('commands'));
    await judge(admission, asked(tells));
    const commands = async () =>
      [...String(await server.command('info', 'commandstats')).matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)]
        .map(([, name, calls]) => [name, Number(calls)] as const)
        // Of the asking itself, and of what the script does inside.
        .filter(([name]) =>
          ['evalsha', 'eval', 'ping', 'auth', 'select', 'multi', 'get|set', 'script|load'].includes(name),
        );
    const before = new Map(await commands());
    await judge(admission, asked(up));
    const after = (await commands()).filter(([name, calls]) => calls !== before.get(name));
    expect(after).toEqual([['evalsha', (before.get('evalsha') ?? 0) + 1]]);
  });

  it('every key runs out by itself', async () => {
    const prefix = ownName('expiry');
    const { admission } = await engine(server.url, prefix);
    const request = asked(up);
    await judge(admission, request);
    await admission.commit(request.id);
    await judge(admission, asked(tells));
    await judge(admission, asked(restart));
    await admission.finish(request, Date.now());
    const keys = (await server.command('keys', `*${prefix}*`)) as readonly string[];
    expect(keys.length).toBeGreaterThan(8);
    const left = await Promise.all(keys.map((key) => server.command('pttl', key)));
    for (const ms of left) expect(ms).toBeGreaterThan(0);
    const status = keys.find((key) => key.endsWith('policy_status:up')) ?? '';
    expect(await server.command('hget', status, 'decision')).toBe(request.id);
    expect(await server.command('hget', status, 'passed')).toBe('1');
  });

  it('does not know the script any more: it is told again', async () => {
    const { admission } = await engine(server.url, ownName('noscript'));
    await server.command('script', 'flush');
    expect(await judge(admission, asked(up))).toMatchObject({ outcome: 'admitted' });
  });

  it('that may forget is not relied on', async () => {
    const { admission, redis } = await engine(server.url, ownName('evicts'));
    await server.command('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    expect(await redis.setting('maxmemory-policy')).toBe('allkeys-lru');
    expect(await admission.health()).toMatchObject({
      state: 'unreachable',
      problem: expect.stringContaining('noeviction'),
    });
    expect(await judge(admission, asked(up))).toMatchObject({
      gate: 'unavailable',
      reason: expect.stringContaining('noeviction'),
    });
    await server.command('config', 'set', 'maxmemory-policy', 'noeviction');
    expect(await admission.health()).toEqual({ state: 'open', problem: null });
    expect(await judge(admission, asked(up))).toMatchObject({ outcome: 'admitted' });
  });

  it('is emptied: nothing acts until the ledger has told it what was', async () => {
    const prefix = ownName('flush');
    const { admission, lost } = await engine(server.url, prefix);
    const other = await engine(server.url, prefix);
    const request = asked(up);
    expect(await judge(admission, request)).toMatchObject({ outcome: 'admitted' });
    await server.command('flushall');
    expect(await judge(admission, asked(restart))).toMatchObject({
      gate: 'unavailable',
      reason: 'unavailable: what the gates knew was lost; they are rebuilt from the ledger',
    });
    expect(await judge(admission, asked(restart))).toMatchObject({ gate: 'unavailable' });
    expect(lost()).toBe(1);
    expect(await admission.health()).toMatchObject({ state: 'lost' });
    const { policy: of, key, at } = request.proposal;
    const past: PastDecision = {
      ...{ id: request.id, policy: of.name, key, at, outcome: 'admitted', gate: null, reason: null },
      ...{ actions: request.actions, deadline: request.deadline, recordedAt: Date.now(), finishedAt: null },
    };
    // Both engines rebuild, one behind the other: it is the same as once.
    await admission.restore([past], program, Date.now());
    await other.admission.restore([past], program, Date.now());
    expect(await admission.health()).toEqual({ state: 'open', problem: null });
    expect(await judge(other.admission, asked(restart))).toMatchObject({ gate: 'busy' });
    expect(await judge(other.admission, request)).toMatchObject({ outcome: 'admitted' });
    await admission.finish(request, Date.now());
    expect(await judge(other.admission, asked(up))).toMatchObject({ outcome: 'admitted' });
  });

  it('of another ledger is not believed', async () => {
    const prefix = ownName('ledger');
    const { redis } = await engine(server.url, prefix);
    const stranger = new RedisAdmission({ redis, program, incarnation: 'two', prefix, onLost: () => {} });
    expect(await judge(stranger, asked(up))).toMatchObject({ gate: 'unavailable' });
  });
});

describe('a Redis that goes', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it('stops: refused at once, people are told all the same; returns empty: rebuilt', async () => {
    const { admission, lost } = await engine(server.url, ownName('stops'));
    await judge(admission, asked(up));
    await server.kill();
    const begin = Date.now();
    expect(await judge(admission, asked(up))).toMatchObject({ gate: 'unavailable' });
    expect(Date.now() - begin).toBeLessThan(timeoutMs + 500);
    const told = asked(tells);
    expect(await judge(admission, told)).toMatchObject({ outcome: 'admitted' });
    // It keeps to its cooldown by what this engine knows.
    const again = { ...told, proposal: { ...told.proposal, at: told.proposal.at + 1 }, id: 'another' };
    expect(await judge(admission, again)).toMatchObject({ gate: 'cooldown' });
    expect(await admission.health()).toMatchObject({ state: 'unreachable' });
    await server.restart({ empty: true });
    await until(async () => (await admission.health()).state === 'lost');
    expect(lost()).toBe(1);
    expect(await judge(admission, asked(up))).toMatchObject({ gate: 'unavailable' });
    await admission.restore([], program, Date.now());
    expect(await judge(admission, asked(up))).toMatchObject({ outcome: 'admitted' });
  });

  it('hears of an end that came while nobody could reach it', async () => {
    const proxy = await startTcpProxy(server.address);
    try {
      const { admission } = await engine(`redis://${proxy.address}`, ownName('ends'));
      const request = asked(up);
      expect(await judge(admission, request)).toMatchObject({ outcome: 'admitted' });
      await admission.commit(request.id);
      proxy.refuse();
      proxy.cutAll();
      await admission.finish(request, Date.now());
      expect(await judge(admission, asked(up))).toMatchObject({ gate: 'unavailable' });
      proxy.accept();
      await until(() => isOpen(admission));
      expect(await judge(admission, asked(up, 101))).toMatchObject({ outcome: 'admitted' });
    } finally {
      await proxy.stop();
    }
  });

  it('pauses: nobody waits longer than a command may take, and what it did meanwhile is taken back', async () => {
    const { admission } = await engine(server.url, ownName('pauses'));
    expect(await judge(admission, asked(tells))).toMatchObject({ outcome: 'admitted' });
    server.pause();
    const begin = Date.now();
    expect(await judge(admission, asked(up))).toMatchObject({
      gate: 'unavailable',
      reason: expect.stringMatching(/no answer from Redis within 150 ms|timed out/),
    });
    expect(Date.now() - begin).toBeLessThan(timeoutMs + 500);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    server.resume();
    // It has reserved what was refused here: a lease that nobody holds.
    await until(() => isOpen(admission));
    await until(async () => (await judge(admission, asked(up))).outcome === 'admitted');
  });
});

describe('an answer that is lost', () => {
  it('is given when it is asked for again, and then stands', async () => {
    const server = await startRedis();
    const proxy = await startTcpProxy(server.address);
    try {
      const prefix = ownName('reply');
      const near = await engine(server.url, prefix);
      const far = await engine(`redis://${proxy.address}`, prefix);
      await judge(far.admission, asked(tells));
      const cut = proxy.cutAt({ on: 'reply', containing: 'view' });
      const request = asked(up);
      expect(await judge(far.admission, request)).toMatchObject({ gate: 'unavailable' });
      await cut;
      // It was done: nobody else may act.
      expect(await judge(near.admission, asked(restart))).toMatchObject({ gate: 'busy' });
      await until(async () => far.redis.connected);
      const verdict = await judge(far.admission, request);
      expect(verdict).toMatchObject({ outcome: 'admitted', remaining: { fleets: [{ fleet: 'payment', up: 20 }] } });
      await far.admission.commit(request.id);
      expect(await judge(near.admission, request)).toEqual(verdict);
      expect(await far.admission.health()).toMatchObject({ state: 'open' });
      expect(await judge(near.admission, asked(restart))).toMatchObject({ gate: 'busy' });
    } finally {
      await proxy.stop();
      await server.stop();
    }
  });

  it('and never asked for again holds nothing', async () => {
    const server = await startRedis();
    const proxy = await startTcpProxy(server.address);
    try {
      const prefix = ownName('reply');
      const near = await engine(server.url, prefix);
      const far = await engine(`redis://${proxy.address}`, prefix);
      await judge(far.admission, asked(tells));
      const cut = proxy.cutAt({ on: 'reply', containing: 'view' });
      expect(await judge(far.admission, asked(up))).toMatchObject({ gate: 'unavailable' });
      await cut;
      expect(await judge(near.admission, asked(restart))).toMatchObject({ gate: 'busy' });
      await until(() => isOpen(far.admission));
      expect(await judge(near.admission, asked(restart))).toMatchObject({ outcome: 'admitted' });
    } finally {
      await proxy.stop();
      await server.stop();
    }
  });
});

describe('a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  it('loses a master: refused, then asked at its replica; what the replica did not know is rebuilt', async () => {
    const prefix = ownName('failover');
    const { admission } = await engine(cluster.addresses, prefix);
    const tag = `{${prefix}:payment}`;
    const request = asked(up);
    expect(await judge(admission, request)).toMatchObject({ outcome: 'admitted' });
    await (await cluster.masterOf(tag)).command('wait', 1, 5_000);
    const killed = await cluster.failOver(tag);
    await until(async () => (await judge(admission, asked(restart))).gate === 'busy');
    // Acknowledged writes that the replica never got: here, all of them.
    await (await cluster.masterOf(tag)).command('flushall');
    expect(await judge(admission, asked(restart))).toMatchObject({ gate: 'unavailable' });
    await admission.restore([], program, Date.now());
    expect(await judge(admission, asked(restart))).toMatchObject({ outcome: 'admitted' });
    await killed.restart();
    await cluster.settled();
  });
});

describe('several engines', () => {
  it('never take more than the budget, one at a time', async () => {
    const server = await startRedis();
    try {
      const prefix = ownName('many');
      const engines = await Promise.all(Array.from({ length: 4 }, () => engine(server.url, prefix)));
      let members = 40;
      let running = 0;
      let added = 0;
      let asks = 0;
      const work = async (one: Engine, index: number): Promise<void> => {
        for (let round = 0; round < 60; round++) {
          const now = Date.now();
          const of = { ...up, name: `up ${index}`, hash: `up ${index}` };
          const request = admissionRequest(proposal(of, now, `${index} ${round}`), program, sizesAt(now, members));
          asks++;
          const { outcome } = await judge(one.admission, request);
          if (outcome !== 'admitted') continue;
          running++;
          expect(running).toBe(1);
          await one.admission.commit(request.id);
          await new Promise((resolve) => setTimeout(resolve, 5));
          members++;
          added++;
          running--;
          await one.admission.finish(request, Date.now());
        }
      };
      await Promise.all(engines.flatMap((one, index) => [work(one, index), work(one, index + 10)]));
      expect(asks).toBe(480);
      // 20% of 40, within less than 5 minutes. A size that overtakes another on its way counts as somebody else's change.
      expect(added).toBeLessThanOrEqual(8);
      expect(added).toBeGreaterThan(3);
    } finally {
      await server.stop();
    }
  });
});
