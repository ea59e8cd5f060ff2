// The gates in Redis in bad weather: stopped, frozen, emptied, cut off within an answer, failed over. What can't be asked
// refuses at once and people are told; afterwards nothing is forgotten that was let through, and nothing held back that was not.

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { AdmissionRequest, PastDecision, Verdict } from '../../runtime/admission/admission.ts';
import { RedisAdmission } from '../../runtime/admission/redis-admission.ts';
import { admissionRequest } from '../../runtime/admission/request.ts';
import type { PolicyMeta } from '../../runtime/contract.ts';
import { openRedis } from '../../runtime/ports/redis.ts';
import { action, program as fleets, policy, proposal, sizesAt } from '../admission/fixtures.ts';
import {
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startTcpProxy,
  type TcpProxy,
} from '../services/services.ts';
import { until } from '../support/until.ts';

const target = { kind: 'fleet', fleet: 'payment' } as const;
/** Ten members: two of them in five minutes. */
const grow = policy({ name: 'grow', actions: [action('scale_up', target, { by: 1 })] });
const tell = policy({ name: 'tell', actions: [action('notify')] });
const program = { ...fleets, policies: [grow, tell] };
const members = 10;
const refusedWithinMs = 1_000;

/** One engine's gates on a Redis, with what they let through as the ledger would keep it. */
class Gates {
  readonly admission: RedisAdmission;
  readonly past: PastDecision[] = [];
  losses = 0;
  readonly #close: () => Promise<void>;
  #serial = 0;

  constructor(url: string) {
    const redis = openRedis({ url });
    this.#close = () => redis.close();
    this.admission = new RedisAdmission({
      redis,
      program,
      incarnation: 'one',
      onLost: () => {
        this.losses++;
      },
    });
  }

  static async open(url: string): Promise<Gates> {
    const gates = new Gates(url);
    onTestFinished(() => gates.#close());
    await until(() => gates.tryRestore(), 'the gates were built');
    return gates;
  }

  tryRestore(): Promise<boolean> {
    return this.admission.restore(this.past, program, Date.now()).then(
      () => true,
      () => false,
    );
  }

  /** Another key each time: only the fleet's own bounds hold it back. */
  request(of: PolicyMeta = grow): AdmissionRequest {
    const at = Date.now();
    return admissionRequest(proposal(of, at, `service-${this.#serial++}`), program, sizesAt(at, members));
  }

  /** As an engine asks, records and carries out. */
  async act(request = this.request()): Promise<Verdict> {
    const begin = Date.now();
    const verdict = await this.admission.judge(request, begin);
    expect(Date.now() - begin).toBeLessThan(refusedWithinMs);
    if (verdict.outcome !== 'admitted') return verdict;
    await this.admission.commit(request.id);
    const now = Date.now();
    await this.admission.finish(request, now);
    const { id, proposal: asked, actions, deadline } = request;
    const { key, at } = asked;
    this.past.push({
      ...{ id, policy: asked.policy.name, key, at, outcome: 'admitted', gate: null, reason: null },
      ...{ actions, deadline, recordedAt: now, finishedAt: now },
    });
    return verdict;
  }

  /** As upkeep looks at it every second: what was lost is built anew. */
  async tend(): Promise<boolean> {
    const { state } = await this.admission.health();
    if (state === 'lost') await this.tryRestore();
    return state === 'open';
  }

  /** Asks until the gates can be asked again: what they say then. */
  async afterwards(): Promise<Verdict> {
    let verdict = await this.act();
    await until(async () => {
      if (verdict.gate !== 'unavailable') return true;
      await pause(50);
      await this.tend();
      verdict = await this.act();
      return verdict.gate !== 'unavailable';
    }, 'the gates can be asked');
    return verdict;
  }
}

async function isUnavailable(gates: Gates): Promise<void> {
  expect(await gates.act()).toMatchObject({ outcome: 'refused', gate: 'unavailable' });
  expect(await gates.act(gates.request(tell))).toMatchObject({ outcome: 'admitted', reason: null });
}

/** Two were let through, whatever happened in between. */
async function hasNoBudgetLeft(gates: Gates): Promise<void> {
  expect(gates.past.filter(({ policy: name }) => name === 'grow')).toHaveLength(2);
  expect(await gates.act()).toMatchObject({ outcome: 'refused', gate: 'budget' });
}

describe('one Redis', () => {
  let redis: RedisServer;
  let proxy: TcpProxy;
  beforeAll(async () => {
    redis = await startRedis();
    proxy = await startTcpProxy(redis.url);
  });
  afterAll(async () => {
    await proxy.stop();
    await redis.stop();
  });

  const open = async (): Promise<Gates> => {
    await redis.command('flushall');
    return Gates.open(`redis://${proxy.address}`);
  };

  test('stopped and back: refused at once meanwhile, people are told, and the budget is remembered', async () => {
    const gates = await open();
    expect(await gates.act()).toMatchObject({ outcome: 'admitted', reason: null });
    await redis.kill();
    await isUnavailable(gates);
    expect((await gates.admission.health()).state).toBe('unreachable');
    await redis.restart();
    expect(await gates.afterwards()).toMatchObject({ outcome: 'admitted', reason: null });
    await hasNoBudgetLeft(gates);
    expect(gates.losses).toBe(0);
  });

  test('restarted empty: nothing acts before it is built from the ledger, and then the budget is remembered', async () => {
    const gates = await open();
    expect(await gates.act()).toMatchObject({ outcome: 'admitted', reason: null });
    expect(await gates.act()).toMatchObject({ outcome: 'admitted', reason: null });
    await redis.restart({ empty: true });
    await until(async () => (await gates.admission.health()).state !== 'unreachable', 'a connection');
    expect(await gates.act()).toMatchObject({ outcome: 'refused', gate: 'unavailable' });
    expect(gates.losses).toBe(1);
    await until(() => gates.tend(), 'the gates are open');
    await hasNoBudgetLeft(gates);
  });

  test('frozen for ten seconds: what it carries out when it wakes holds nothing back, since it was refused', async () => {
    const gates = await open();
    expect(await gates.act()).toMatchObject({ outcome: 'admitted', reason: null });
    redis.pause();
    const end = Date.now() + 10_000;
    while (Date.now() < end) {
      await isUnavailable(gates);
      await pause(500);
    }
    redis.resume();
    expect(await gates.afterwards()).toMatchObject({ outcome: 'admitted', reason: null });
    await hasNoBudgetLeft(gates);
  });

  test('cut off when it had decided: the engine refuses, and what was reserved is given back', async () => {
    const gates = await open();
    expect(await gates.act()).toMatchObject({ outcome: 'admitted', reason: null });
    for (const passBytes of [0, 4]) {
      const request = gates.request();
      const cut = proxy.cutAt({ on: 'reply', passBytes });
      expect(await gates.act(request)).toMatchObject({ outcome: 'refused', gate: 'unavailable' });
      await cut;
    }
    expect(await gates.afterwards()).toMatchObject({ outcome: 'admitted', reason: null });
    await hasNoBudgetLeft(gates);
  });
});

describe('a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  test('failed over while a reply is under way: refused, then asked again at the next master; never more than the budget', async () => {
    const gates = await Gates.open(cluster.addresses);
    expect(await gates.act()).toMatchObject({ outcome: 'admitted', reason: null });
    const master = await cluster.masterOf('{ddl:payment}');
    await master.command('wait', 1, 1_000);
    master.pause();
    const asked = gates.act();
    expect(await asked).toMatchObject({ outcome: 'refused', gate: 'unavailable' });
    await cluster.failOver('{ddl:payment}');
    expect(await gates.afterwards()).toMatchObject({ outcome: 'admitted', reason: null });
    await hasNoBudgetLeft(gates);

    // The one that was frozen comes back as a replica, and changes nothing.
    await master.restart();
    await cluster.settled();
    await hasNoBudgetLeft(gates);
  });
});
