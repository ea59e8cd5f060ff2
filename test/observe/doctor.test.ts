// The doctor's checks on surroundings that are sound, on each that is not, and on ones that can't be asked; and the page
// that is made of them.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type {
  BundleSurroundings,
  EngineSurroundings,
  KafkaSurroundings,
  PostgresSurroundings,
  RedisSurroundings,
  Surroundings,
} from '../../runtime/observe/doctor/check.ts';
import { examine, troubleshootingPage } from '../../runtime/observe/doctor/doctor.ts';
import { manualTimers, systemTimers } from '../../runtime/ports/timers.ts';

const now = 1_700_000_000_000;

function redis(settings: Readonly<Record<string, string>>, clock = now): RedisSurroundings {
  return { address: 'redis:6379', setting: async (name) => settings[name] ?? null, now: async () => clock };
}

function postgres(row: Readonly<Record<string, unknown>>): PostgresSurroundings {
  const sound = { version: 15, name: 'ddl', superuser: false, creates: true, fsync: 'on', commit: 'on', now };
  return { address: 'db:5432', query: async () => [{ ...sound, ...row }] };
}

function kafka(more: Partial<KafkaSurroundings>): KafkaSurroundings {
  return {
    address: 'kafka:9092',
    wanted: ['events'],
    group: 'ddl',
    topics: async () => [{ name: 'events', partitions: 12, rekeyed: false }],
    keys: seen(0),
    lag: async () => new Map([['events', 5]]),
    ...more,
  };
}

/** Of 100 messages of each topic. */
function seen(withoutKey: number): KafkaSurroundings['keys'] {
  return async (topics) => new Map(topics.map((topic) => [topic, { withoutKey, seen: 100 }]));
}

function engine(metrics: Readonly<Record<string, number>>, reason: string | null = null): EngineSurroundings {
  const sound: Readonly<Record<string, number>> = { ddl_admission_healthy: 1, ddl_ledger_healthy: 1 };
  return {
    address: 'http://127.0.0.1:4318',
    notReady: async () => reason,
    metric: async (name) => metrics[name] ?? sound[name] ?? null,
  };
}

function bundle(verdict: Awaited<ReturnType<BundleSurroundings['verify']>>): BundleSurroundings {
  return { address: 'bundle', verify: async () => verdict };
}

const nothing: Surroundings = { now: () => now, bundle: null, redis: null, postgres: null, kafka: null, engine: null };
const durable = { 'maxmemory-policy': 'noeviction', appendonly: 'yes' };

async function findings(parts: Partial<Surroundings>): Promise<readonly string[]> {
  const all = await examine({ ...nothing, ...parts }, systemTimers);
  return all.map(({ level, check, message, remedy }) => {
    expect(remedy === null).toBe(level === 'fine');
    return `${level} ${check}: ${message}`;
  });
}

test('what is not configured is not examined', async () => {
  expect(await findings({})).toEqual([]);
});

test('sound surroundings are fine throughout', async () => {
  const all = await findings({
    bundle: bundle({ fault: null, signedBy: 'abc' }),
    redis: redis(durable),
    postgres: postgres({}),
    kafka: kafka({}),
    engine: engine({}),
  });
  expect(all.filter((line) => !line.startsWith('fine '))).toEqual([]);
  expect(all).toHaveLength(15);
});

test.each<[string, Partial<Surroundings>, string]>([
  [
    'a Redis that evicts',
    { redis: redis({ ...durable, 'maxmemory-policy': 'allkeys-lru' }) },
    'problem redis-eviction: Redis may evict what the gates rely on: `maxmemory-policy` is `allkeys-lru`',
  ],
  [
    'a Redis that keeps nothing',
    { redis: redis({ 'maxmemory-policy': 'noeviction', appendonly: 'no', save: '' }) },
    'warning redis-persistence: Redis keeps its data in memory alone: after its restart the gates are rebuilt from the ledger',
  ],
  [
    'a Redis whose clock is behind',
    { redis: redis(durable, now - 600_000) },
    'problem redis-clock: Redis: its clock and this machine’s differ by 600000 ms',
  ],
  ['an old PostgreSQL', { postgres: postgres({ version: 12 }) }, 'problem postgres-version: PostgreSQL 12 is too old'],
  [
    'a role that may make nothing',
    { postgres: postgres({ creates: false }) },
    'problem postgres-role: the role `ddl` may not make tables in its schema',
  ],
  [
    'a role that may do everything',
    { postgres: postgres({ superuser: true }) },
    'warning postgres-role: the role `ddl` is a superuser',
  ],
  [
    'a PostgreSQL that forgets',
    { postgres: postgres({ commit: 'off' }) },
    'problem postgres-durability: `synchronous_commit` is off: a crash can take back what was confirmed',
  ],
  [
    'a topic that is not there',
    { kafka: kafka({ topics: async () => [] }) },
    'problem kafka-topics: the topic `events` does not exist',
  ],
  [
    'a topic for one engine',
    { kafka: kafka({ topics: async () => [{ name: 'events', partitions: 1, rekeyed: false }] }) },
    'warning kafka-topics: the topic `events` has one partition: one engine can read it',
  ],
  [
    'messages without a key',
    { kafka: kafka({ keys: seen(40) }) },
    'problem kafka-keys: 40 of 100 messages of `events` have no key',
  ],
  [
    'a group that is behind',
    { kafka: kafka({ lag: async () => new Map([['events', 100_001]]) }) },
    'problem kafka-lag: the group `ddl` is 100001 messages behind on `events`',
  ],
  [
    'an engine that is not ready',
    { engine: engine({}, 'the ledger can’t be written') },
    'problem engine-ready: the engine is not ready: the ledger can’t be written',
  ],
  [
    'an engine without admission',
    { engine: engine({ ddl_admission_healthy: 0 }) },
    'problem engine-admission: admission can’t be asked: nothing acts',
  ],
  [
    'an engine without a ledger',
    { engine: engine({ ddl_ledger_healthy: 0 }) },
    'problem engine-ledger: the ledger can’t be written',
  ],
  [
    'an overloaded engine',
    { engine: engine({ ddl_policies_shed: 3 }) },
    'warning engine-overload: 3 policies are not judged for want of time',
  ],
  [
    'an engine of another version',
    { engine: { ...engine({}), metric: async (name) => (name === 'ddl_ledger_healthy' ? 1 : null) } },
    'warning engine-admission: the engine does not tell `ddl_admission_healthy`: is it of this version?',
  ],
  [
    'a bundle that was changed',
    { bundle: bundle({ fault: '`meta.json` is not the one that was compiled' }) },
    'problem bundle-passes: the bundle does not pass: `meta.json` is not the one that was compiled',
  ],
  [
    'a bundle without a signature',
    { bundle: bundle({ fault: null, signedBy: null }) },
    'warning bundle-passes: the bundle passes, but is not signed: only `ddlc run` takes it',
  ],
])('%s', async (_, parts, line) => {
  const all = await findings(parts);
  expect(all.filter((found) => !found.startsWith('fine '))).toEqual([line]);
});

test('a topic that engines re-key needs no keys, and one that they make need not be there', async () => {
  const asked: string[] = [];
  const topics = async () => [{ name: 'raw', partitions: 3, rekeyed: true }];
  const keys: KafkaSurroundings['keys'] = async (names) => {
    asked.push(...names);
    return new Map();
  };
  const all = await findings({ kafka: kafka({ wanted: ['raw'], topics, keys }) });
  expect(all).toEqual([
    'fine kafka-topics: the topic `raw` has 3 partitions',
    'fine kafka-lag: the group `ddl` is 5 messages behind on `events`',
  ]);
  expect(asked).toEqual([]);
});

test('a part that can’t be asked is told once, with what to do about that', async () => {
  const refused = async (): Promise<never> => {
    throw new Error('connection refused');
  };
  const surroundings = { ...nothing, redis: { address: 'redis:6379', setting: refused, now: refused } };
  expect(await examine(surroundings, systemTimers)).toEqual([
    {
      part: 'redis',
      check: 'redis-eviction',
      level: 'problem',
      message: 'redis:6379 could not be asked: connection refused',
      remedy: expect.stringMatching(/^Start it, /),
    },
  ]);
});

test('a part that does not answer is given up after 10 s, and the next one is examined', async () => {
  const never = (): Promise<never> => new Promise(() => {});
  const timers = manualTimers();
  const surroundings = {
    ...nothing,
    redis: { address: 'redis:6379', setting: never, now: never },
    engine: engine({}),
  };
  const examining = examine(surroundings, timers);
  await expect.poll(() => timers.pending).toBe(1);
  timers.advance(9_999);
  expect(timers.pending).toBe(1);
  timers.advance(1);
  const all = await examining;
  expect(all.map(({ message }) => message)).toEqual([
    'redis:6379 could not be asked: no answer within 10 s',
    'the engine is ready',
    'admission can be asked',
    'the ledger can be written',
    'every policy is judged',
  ]);
  expect(timers.pending).toBe(0);
});

test('the page of the reference is the one that the checks make', () => {
  const path = join(import.meta.dirname, '../../runtime/observe/doctor/troubleshooting.md');
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, troubleshootingPage());
  expect(readFileSync(path, 'utf8')).toBe(troubleshootingPage());
});
