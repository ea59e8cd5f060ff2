// `ddlc doctor` on real servers, sound and unsound, what it prints and how it ends; on a Kafka and an engine that are
// not there; wrong usage.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ddlc } from '../../cli/ddlc.ts';
import type { Terminal } from '../../cli/terminal.ts';
import { sampleKeys } from '../../runtime/observe/doctor/sample-keys.ts';
import { readingMetrics } from '../../runtime/observe/engine-metrics.ts';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import type { KafkaPort } from '../../runtime/ports/kafka-port.ts';
import { createMeter } from '../../runtime/ports/prometheus.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { bundleOf, newSigner } from '../bundle/bundle-fixtures.ts';
import { startRedis } from '../services/redis.ts';
import { ownDatabase, ownName, sharedKafka, sharedRedis } from '../services/shared.ts';
import { FakeKafka } from '../support/fake-kafka.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch } from '../support/scratch.ts';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly note: string;
}

/** In this process, in which the engine answers. */
async function doctor(folder: string, ...words: string[]): Promise<Said> {
  let out = '';
  let note = '';
  const terminal: Terminal = {
    out: (text) => {
      out += text;
      return true;
    },
    note: (text) => {
      note += text;
    },
    drained: async () => {},
    outClosed: false,
    color: { out: false, note: false },
    interactive: false,
    folder,
  };
  const code = await ddlc(['doctor', ...words], terminal);
  return { code, out, note };
}

function configured(config: object, files: Readonly<Record<string, string>> = {}): string {
  return scratch({ 'ddl.config.json': JSON.stringify(config), ...files });
}

async function onKafka(work: (port: KafkaPort) => Promise<void>): Promise<void> {
  const port = await connectKafka({ brokers: (await sharedKafka()).split(','), clientId: 'test' });
  await work(port).finally(() => port.close());
}

/** A topic of two partitions with as many messages. */
async function topicWith(port: KafkaPort, keyed: number, unkeyed: number): Promise<string> {
  const topic = ownName('doctor');
  await port.ensureTopic(topic, 2);
  const producer = await port.producer();
  const records = Array.from({ length: keyed + unkeyed }, (_, index) => ({
    key: index < keyed ? `key ${index}` : null,
    value: '{}',
    partition: index % 2,
  }));
  if (records.length > 0) await producer.send(topic, records).finally(() => producer.close());
  return topic;
}

/** What an engine's receiver answers; `reason` when it is not ready. */
async function engineAt(reason: string | null, admissionHealthy: boolean): Promise<string> {
  const meter = createMeter();
  readingMetrics(meter, {
    events: () => ({ events: 0, late: 0 }),
    cpuUsage: () => 0,
    memoryBytes: () => 0,
    proposalsWaiting: () => 0,
    actionsPending: () => 0,
    ledger: () => ({ healthy: true, waiting: 0 }),
    admissionHealthy: () => admissionHealthy,
    shedPolicies: () => 0,
    bundle: () => ({ serial: 1, hash: 'abc', policies: 1 }),
    partitions: () => [],
  });
  const server = createServer(async (request, response) => {
    if (request.url === '/metrics') return response.end(await meter.text());
    if (request.url !== '/readyz') return response.writeHead(404).end();
    const detail = { type: 'about:blank', title: 'Not now', status: 503, detail: reason, instance: 'GET /readyz' };
    response.writeHead(reason === null ? 200 : 503).end(JSON.stringify(detail));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('what is sound: exit code 0', async () => {
  let topic = '';
  const group = ownName('group');
  await onKafka(async (port) => {
    topic = await topicWith(port, 8, 0);
  });
  const signer = newSigner();
  const folder = configured(
    {
      gates: { redis: { url: await sharedRedis() } },
      sources: { kafka: { brokers: (await sharedKafka()).split(','), topics: [topic], group } },
      bundle: { trustedKeys: [signer.publicPem] },
    },
    Object.fromEntries([...bundleOf({ signer })].map(([name, text]) => [join('bundle', name), text])),
  );
  const { code, out, note } = await doctor(
    folder,
    'bundle',
    '--engine',
    await engineAt(null, true),
    '--format',
    'json',
  );
  const { findings, ...rest } = JSON.parse(out);
  const unfit = findings.filter((finding: { level: string }) => finding.level !== 'fine');
  expect(unfit).toMatchObject([
    { check: 'kafka-lag', level: 'warning', message: `the group \`${group}\` has committed nothing yet` },
  ]);
  expect({ code, note }).toEqual({ code: 0, note: '' });
  expect(rest).toMatchObject({
    sound: true,
    examined: [{ part: 'bundle', address: 'bundle' }, { part: 'redis' }, { part: 'kafka' }, { part: 'engine' }],
    leftOut: ['postgres'],
  });
  expect(findings.map(({ check }: { check: string }) => check)).toEqual([
    'bundle-passes',
    'redis-eviction',
    'redis-persistence',
    'redis-clock',
    'kafka-topics',
    'kafka-keys',
    'kafka-lag',
    'engine-ready',
    'engine-admission',
    'engine-ledger',
    'engine-overload',
  ]);
});

test('what is not: what is seen, what to do, exit code 1, and the command ends', async () => {
  const redis = await startRedis({ 'maxmemory-policy': 'allkeys-lru' });
  onTestFinished(() => redis.stop());
  await redis.command('acl', 'setuser', 'ann', 'on', '>secret', 'allcommands', 'allkeys');
  const database = await ownDatabase();
  onTestFinished(() => database.drop());
  let topic = '';
  await onKafka(async (port) => {
    topic = await topicWith(port, 6, 4);
  });
  const kafka = {
    brokers: (await sharedKafka()).split(','),
    topics: [topic, 'nowhere-at-all'],
    group: ownName('group'),
  };
  const url = redis.url.replace('//', '//ann:secret@');
  const folder = configured({
    gates: { redis: { url } },
    ledger: { postgres: { url: database.url } },
    sources: { kafka },
  });
  const { code, out, note } = runDdlc(['doctor'], { folder });
  const shown = out
    .replace(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(topic, 'TOPIC')
    .replaceAll(kafka.group, 'GROUP')
    .replace(/\d+ ms/g, 'N ms')
    .replace(/PostgreSQL \d+$/m, 'PostgreSQL VERSION')
    .replace(/^(PostgreSQL HOST)\/\w+$/m, '$1/DATABASE');
  expect(shown).toBe(`Redis HOST
  PROBLEM  Redis may evict what the gates rely on: \`maxmemory-policy\` is \`allkeys-lru\`  [redis-eviction]
           → Run \`CONFIG SET maxmemory-policy noeviction\`, write it in \`redis.conf\`, and give Redis a memory of its own.
  ok       Redis writes every change to disk
  ok       Redis: its clock and this machine’s differ by N ms
PostgreSQL HOST/DATABASE
  ok       PostgreSQL VERSION
  ok       the role \`postgres\` may make tables
  warning  the role \`postgres\` is a superuser  [postgres-role]
           → Give it a role and a database of its own: \`create role ddl login password …; create database ddl owner ddl\`.
  PROBLEM  \`fsync\` is off: a power failure can take back what was confirmed  [postgres-durability]
           → Set \`fsync = on\` and \`synchronous_commit = on\` (or a stronger mode) for the engine’s role.
  ok       PostgreSQL: its clock and this machine’s differ by N ms
Kafka HOST
  ok       the topic \`TOPIC\` has 2 partitions
  PROBLEM  the topic \`nowhere-at-all\` does not exist  [kafka-topics]
           → Make the topic, with as many partitions as there may ever be engines: 12 serve most.
  PROBLEM  4 of 10 messages of \`TOPIC\` have no key  [kafka-keys]
           → Let the producer set the key; for a Collector that can’t, turn on \`sources.kafka.rekey\`.
  warning  the group \`GROUP\` has committed nothing yet  [kafka-lag]
           → Start an engine in the group, or one more beside those that run, up to the number of partitions; look at \`ddl_kafka_lag\`.
not named, and not looked at: bundle (\`ddlc doctor BUNDLE\`), engine (\`--engine URL\`)
4 problems, 2 warnings
`);
  expect({ code, note }).toEqual({ code: 1, note: '' });
});

test('what is not there is told once for each part', async () => {
  const folder = configured(
    {
      gates: { redis: { url: 'redis://ann:secret@127.0.0.1:1' } },
      ledger: { postgres: { url: 'postgres://ann:secret@127.0.0.1:1/ddl' } },
    },
    Object.fromEntries([...bundleOf()].map(([name, text]) => [join('bundle', name), `${text} `])),
  );
  const { code, out } = await doctor(folder, 'bundle', '--engine', 'http://127.0.0.1:1');
  expect(code).toBe(1);
  expect(out.match(/could not be asked/g)).toHaveLength(3);
  expect(out).not.toContain('secret');
  expect(out).toMatch(
    /^bundle bundle\n {2}PROBLEM {2}the bundle does not pass: .+ {2}\[bundle-passes\]\n {11}→ Compile it again/,
  );
  expect(out).toMatch(/127\.0\.0\.1:1 could not be asked: no connection to Redis: .*ECONNREFUSED/);
  expect(out).toMatch(/127\.0\.0\.1:1\/ddl could not be asked: PostgreSQL at 127\.0\.0\.1:1\/ddl can't be reached/);
  expect(out).toMatch(
    /http:\/\/127\.0\.0\.1:1 could not be asked: connection refused by 127\.0\.0\.1:1 {2}\[engine-ready\]\n {11}→ Start it/,
  );
});

test('an engine that is not ready, and an address that is none of a receiver', async () => {
  const engine = await engineAt('the ledger can’t be written: wait until it is ready', false);
  const { code, out } = await doctor(scratch(), '--engine', engine);
  expect(code).toBe(1);
  expect(out).toContain('PROBLEM  the engine is not ready: the ledger can’t be written: wait until it is ready');
  expect(out).toContain('PROBLEM  admission can’t be asked: nothing acts');
  const other = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const wrong = await doctor(scratch(), '--engine', `http://127.0.0.1:${(other.address() as AddressInfo).port}`);
  expect(wrong.out).toContain('it answers 404 to /readyz; is it the address of an engine’s receiver');
});

test('of each partition the newest messages are looked at, and no offset is committed', async () => {
  const kafka = new FakeKafka();
  kafka.createTopic('many', 2);
  kafka.createTopic('none', 1);
  const port = kafka.port();
  const producer = await port.producer();
  const old = Array.from({ length: 20 }, () => ({ key: null, value: 'x', partition: 0 }));
  const newest = Array.from({ length: 10 }, (_, index) => ({ key: index < 9 ? 'k' : null, value: 'x', partition: 0 }));
  await producer.send('many', [...old, ...newest, { key: 'k', value: 'x', partition: 1 }]);
  const sample = { port, timers: systemTimers, group: 'look', messagesMax: 10, readMs: 2_000 };
  const found = await sampleKeys({ ...sample, topics: ['many', 'none'] });
  expect([...found]).toEqual([
    ['many', { withoutKey: 1, seen: 11 }],
    ['none', { withoutKey: 0, seen: 0 }],
  ]);
  expect((await port.committed('look', ['many'])).every(({ offset }) => offset === null)).toBe(true);
});

test.each<[string, object, readonly string[], RegExp]>([
  ['nothing to examine', {}, [], /there is nothing to examine: .*bundle .*Redis \(`gates\.redis`\).*--engine URL/],
  ['an address that is none', {}, ['--engine', 'engine-1'], /--engine is no address of an engine’s receiver/],
  ['an address with a password', {}, ['--engine', 'http://a:b@127.0.0.1:1'], /without user and password/],
  ['a folder that is no bundle', {}, ['nowhere'], /nowhere is no bundle: name a folder that `ddlc compile` wrote/],
  ['a configuration that can’t be used', { gates: { redis: { url: 'x' } } }, [], /`gates\.redis\.url`/],
  [
    'a certificate that is not there',
    { sources: { kafka: { brokers: ['127.0.0.1:1'], ssl: { ca: 'ca.pem' } } } },
    [],
    /can't read ca\.pem: there is no such file/,
  ],
])('%s is wrong usage', async (_, config, words, message) => {
  const { code, out, note } = await doctor(configured(config), ...words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(note).toMatch(message);
});
