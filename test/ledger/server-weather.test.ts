// The ledger on a PostgreSQL server in bad weather: what is recorded is recorded once and belongs to who recorded it,
// nothing that was promised is lost, and no connection leaks.

import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LedgerProblem } from '../../runtime/ledger/problem.ts';
import { openServerLedger, type ServerLedger, type ServerLedgerOptions } from '../../runtime/ledger/server-ledger.ts';
import { Upkeep } from '../../runtime/ledger/upkeep.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { openPostgres } from '../../runtime/ports/postgres.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { type PostgresServer, startPostgres, startTcpProxy, type TcpProxy } from '../services/services.ts';
import { decision, partsOptions } from './fixtures.ts';

let postgres: PostgresServer;
let proxy: TcpProxy;
let url: string;

beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
  proxy = await startTcpProxy(postgres.url);
  url = `postgres://postgres@${proxy.address}/postgres`;
});
afterAll(async () => {
  await proxy.stop();
  await postgres.stop();
});
beforeEach(async () => {
  await ask('drop schema if exists public cascade');
  await ask('create schema public');
});

async function ask(sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: postgres.url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function open(
  changes: Partial<ServerLedgerOptions> = {},
): Promise<ServerLedger & { readonly health: boolean[] }> {
  const health: boolean[] = [];
  const server = await openServerLedger({
    url,
    clock: systemClock,
    timers: systemTimers,
    version: '0.0.0',
    statementTimeoutMs: 500,
    connectTimeoutMs: 1_000,
    connectionsMax: 3,
    onHealth: (problem) => health.push(problem === null),
    ...changes,
  });
  onTestFinished(async () => {
    await server.ledger.close(2_000);
  });
  return { ...server, health };
}

/** Decisions of just now, each on a fleet of its own. */
function decisions(count: number, name = 'fleet') {
  const at = systemClock.now();
  return Array.from({ length: count }, (_, number) =>
    decision({ key: `${name}-${number}`, at, fleet: `${name}-${number}` }),
  );
}

const begin = (decisionId: string) => ({ decisionId, ordinal: 0, to: 'executing', attempts: 0, detail: null }) as const;

describe('bad weather', () => {
  it('finds its own again when the answer to a commit is lost', async () => {
    const { ledger, health } = await open();
    const [first, second] = decisions(2);
    if (first === undefined || second === undefined) throw new Error('two were asked for');
    const cut = proxy.cutAt({ on: 'reply', containing: 'COMMIT' });
    expect(await ledger.record([first], 'bundle')).toEqual(['recorded']);
    await cut;
    const cutAgain = proxy.cutAt({ on: 'reply', containing: 'COMMIT' });
    expect(await ledger.transition(begin(first.id))).toEqual({ outcome: 'moved' });
    await cutAgain;
    expect(await ledger.transition(begin(first.id))).toMatchObject({ outcome: 'others' });
    expect(await ledger.record([first, second], 'bundle')).toEqual(['known', 'recorded']);
    expect((await ledger.intentsOf(first.id)).map(({ state }) => state)).toEqual(['executing', 'admitted']);
    expect(health).toEqual([false, true, false, true]);
  });

  it('waits for a server that is killed and comes back, and loses nothing', async () => {
    const { ledger } = await open();
    const before = decisions(20, 'before');
    expect(await ledger.record(before, 'bundle')).toEqual(before.map(() => 'recorded'));
    const during = decisions(20, 'during');
    const pending = ledger.record(during, 'bundle');
    onTestFinished(() => void pending.catch(() => {}));
    await postgres.kill();
    await expect.poll(() => ledger.accepting(), { timeout: 10_000 }).toBe(false);
    expect(ledger.health().problem).toMatch(/^PostgreSQL at 127\.0\.0\.1:\d+\/postgres: /);
    await postgres.restart();
    expect(await pending).toEqual(during.map(() => 'recorded'));
    expect((await ledger.decisionsSince(0)).length).toBe(40);
    expect(ledger.accepting()).toBe(true);
  });

  it('gives up a statement that takes too long, and its connection, as often as it has to', async () => {
    const { ledger } = await open();
    const slow = decisions(5, 'slow');
    proxy.hold();
    const pending = ledger.record(slow, 'bundle');
    onTestFinished(() => void pending.catch(() => {}));
    await expect.poll(() => ledger.health().problem, { timeout: 10_000 }).toMatch(/no answer within the time/);
    const readings = Array.from({ length: 12 }, () => ledger.recentDecisions(1).catch((error: Error) => error.message));
    const said = await Promise.all(readings);
    expect(said.filter((one) => typeof one !== 'string')).toEqual([]);
    proxy.resume();
    expect(await pending).toEqual(slow.map(() => 'recorded'));
    const reading = Array.from({ length: 12 }, () => ledger.recentDecisions(1));
    expect((await Promise.all(reading)).flat()).toHaveLength(12);
    await expect.poll(async () => await connections()).toBeLessThanOrEqual(3);
  });

  it('records once while connections are cut again and again, and ends with no more than it may have', async () => {
    const { ledger } = await open();
    const many = decisions(300, 'cut');
    const outcomes = many.map((one) => ledger.record([one], 'bundle'));
    const ends = outcomes.map(async (outcome, index) => {
      const one = many[index];
      if (one === undefined) throw new Error('as many as were asked for');
      await outcome;
      return (await ledger.transition(begin(one.id))).outcome;
    });
    let over = false;
    const all = Promise.all(ends).finally(() => {
      over = true;
    });
    for (let cuts = 0; !over && cuts < 8; cuts++) {
      await postgres.cutConnections();
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect((await Promise.all(outcomes)).flat().filter((outcome) => outcome !== 'recorded')).toEqual([]);
    expect((await all).filter((outcome) => outcome !== 'moved')).toEqual([]);
    expect(await ask('select count(*)::int as count from decision_audit')).toEqual([{ count: 300 }]);
    expect(await connections()).toBeLessThanOrEqual(3);
  });

  it('rolls back what failed within, and the connection is used again', async () => {
    const database = await openPostgres({ url, timers: systemTimers, name: 'test', connectionsMax: 1 });
    onTestFinished(() => database.close());
    await database.execute('create table kept (id int)');
    for (let time = 0; time < 5; time++) {
      const failing = database.transaction(async (session) => {
        await session.query('insert into kept values (1)');
        throw new Error('a fault of our own');
      });
      await expect(failing).rejects.toThrow('a fault of our own');
      const refused = database.transaction((session) => session.query('insert into kept values (1 / 0)'));
      await expect(refused).rejects.toThrow(/division by zero/);
      const swallowed = database.transaction((session) => session.query('select 1 / 0').catch(() => 'all is well'));
      await expect(swallowed).rejects.toThrow(/rolled back/);
    }
    expect(await database.query('select * from kept')).toEqual([]);
    expect(await connections('test')).toBe(1);
  });
});

async function connections(name = 'ddl %'): Promise<number> {
  const rows = await ask(
    `select count(*)::int as count from pg_stat_activity where application_name like '${name}' and query not like 'listen%' and query <> 'select 1'`,
  );
  return Number(rows[0]?.count);
}

describe('several engines', () => {
  it('hear of a control at once, also after the connection that listens was cut', async () => {
    const [one, two] = [await open({ engineId: 'one' }), await open({ engineId: 'two' })];
    expect(two.incarnation).toBe(one.incarnation);
    let told = 0;
    two.controls.onChange(() => told++);
    await expect.poll(() => told).toBe(1);
    const order = { kind: 'pause', scope: { kind: 'global' }, expiresAt: null, by: 'ada', reason: 'drill' } as const;
    const { id } = await one.controls.set(order);
    await expect.poll(() => told).toBe(2);
    expect((await two.controls.controls()).controls).toMatchObject([{ id }]);
    proxy.cutAll();
    // Told once it listens again: something may have been missed.
    await expect.poll(() => told, { timeout: 5_000 }).toBe(3);
    await one.controls.lift(id, 'ada', 'over');
    await expect.poll(() => told).toBe(4);
  });

  it('take nothing from each other because the server was away for longer than a lease', async () => {
    const leaseMs = 1_500;
    const [one, two] = [await open({ engineId: 'one', leaseMs }), await open({ engineId: 'two', leaseMs })];
    const own = decisions(5, 'own');
    await one.ledger.record(own, 'bundle');
    postgres.pause();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    postgres.resume();
    const until = performance.now() + 1_000;
    const taken: unknown[] = [];
    while (performance.now() < until) {
      const { resume } = await two.ledger.takeOver().catch(() => ({ resume: [] }));
      taken.push(...resume);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(taken).toEqual([]);
    expect(await one.ledger.transition(begin(own[0]?.id ?? ''))).toEqual({ outcome: 'moved' });
  });

  it('share the notices: each is held by one', async () => {
    const engines = [
      await open({ engineId: 'one' }),
      await open({ engineId: 'two' }),
      await open({ engineId: 'three' }),
    ];
    const notices = Array.from({ length: 300 }, (_, number) => ({ key: `key-${number}`, kind: 'test', payload: {} }));
    await engines[0]?.outbox.add(notices);
    const claimed = await Promise.all(
      engines.map(async ({ outbox }) => {
        const mine: string[] = [];
        for (let more = true; more; ) {
          const part = await outbox.claim(20, 60_000);
          mine.push(...part.map(({ key }) => key));
          more = part.length > 0;
        }
        return mine;
      }),
    );
    expect(claimed.flat()).toHaveLength(300);
    expect(new Set(claimed.flat()).size).toBe(300);
  });

  it('do not wait behind somebody who reads an old day for long', async () => {
    const { ledger, engineId } = await open();
    const database = await openPostgres({ url, timers: systemTimers, name: 'test' });
    onTestFinished(() => database.close());
    await database.query(`select decision_audit_add_day(date '2026-01-01')`);
    const upkeep = new Upkeep({
      ...partsOptions,
      context: { database, engineId, now: () => null },
      onProblem: () => {},
    });
    await database.transaction(async (session) => {
      await session.query('select from decision_audit_20260101');
      const forgetting = upkeep.forget();
      const [one] = decisions(1);
      if (one === undefined) throw new Error('one was asked for');
      expect(await ledger.record([one], 'bundle')).toEqual(['recorded']);
      expect(await forgetting).toBe(0);
    });
    expect(await upkeep.forget()).toBe(1);
  });

  it('start together on an empty database', async () => {
    const engines = await Promise.all(['a', 'b', 'c'].map((engineId) => open({ engineId })));
    expect(new Set(engines.map(({ incarnation }) => incarnation)).size).toBe(1);
    const [one] = decisions(1);
    if (one === undefined) throw new Error('one was asked for');
    const outcomes = await Promise.all(engines.map(({ ledger }) => ledger.record([one], 'bundle')));
    expect(outcomes.flat().sort()).toEqual(['known', 'known', 'recorded']);
  });
});

describe('a server that can’t be had', () => {
  const cases: readonly [string, (url: URL) => void, RegExp][] = [
    ['nobody there', (address) => (address.port = '1'), /127\.0\.0\.1:1\/postgres can't be reached \(.*ECONNREFUSED/],
    ['no such database', (address) => (address.pathname = '/none'), /no such database .*create it/],
    ['no such user', (address) => (address.username = 'nobody'), /does not let this user in .*check user and password/],
    [
      'no TLS there',
      (address) => (address.search = 'sslmode=require'),
      /can't be reached \(The server does not support SSL/,
    ],
    ['another word', (address) => (address.search = 'sslmode=maybe'), /sslmode=maybe; it can be/],
    [
      'no such file',
      (address) => (address.search = 'sslmode=require&sslrootcert=/no/ca.pem'),
      /sslrootcert=\/no\/ca\.pem/,
    ],
  ];
  it.each(cases)('%s', async (_, change, says) => {
    const address = new URL(postgres.url);
    address.password = 'secret-word';
    change(address);
    const opening = openServerLedger({ url: address.href, clock: systemClock, timers: systemTimers, version: '' });
    const problem = await opening.catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(LedgerProblem);
    expect(String(problem)).toMatch(says);
    expect(String(problem)).not.toContain('secret-word');
  });

  it('is no address of a PostgreSQL', async () => {
    const open = (address: string) =>
      openServerLedger({ url: address, clock: systemClock, timers: systemTimers, version: '' });
    for (const address of ['db.example', 'mysql://db.example/ddl', '']) {
      await expect(open(address)).rejects.toThrow(/no address of a PostgreSQL; for example postgres:/);
    }
  });
});
