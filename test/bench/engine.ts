// One whole engine on real Kafka, Redis and PostgreSQL, ledger and gates on: how many plain events a second it takes beside
// a bare kafkajs consumer of the same messages, and how long a decision takes at a steady rate. Processes of their own.
// Run: node test/bench/engine.ts [--messages 600000] [--rate 15000] [--seconds 30] [--rounds 2]

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { startKafka } from '../services/kafka-broker.ts';
import { startPostgres } from '../services/postgres.ts';
import { startRedis } from '../services/redis.ts';
import { EngineUnderTest, eventLine, policies, program, type Surroundings } from './engine-process.ts';
import { peerServices, sequence } from './peers-workload.ts';
import { formatTable } from './table.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    messages: { type: 'string', default: '600000' },
    rate: { type: 'string', default: '15000' },
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '2' },
    broker: { type: 'string', default: '' },
    topic: { type: 'string', default: '' },
  },
});
const messages = Number(options.messages);
const rate = Number(options.rate);
const seconds = Number(options.seconds);
const partitions = 12;

async function fill(broker: string, topic: string): Promise<number> {
  const port = await connectKafka({ brokers: [broker], clientId: 'fill' });
  await port.ensureTopic(topic, partitions);
  const producer = await port.producer();
  const random = sequence(7);
  const start = Date.now() - 60_000;
  let bytes = 0;
  for (let from = 0; from < messages; from += 5_000) {
    const records = Array.from({ length: Math.min(5_000, messages - from) }, (_, offset) => {
      const index = from + offset;
      const value = eventLine(index, start + Math.floor(index / 60), random);
      bytes += value.length;
      return { key: peerServices[index % peerServices.length] ?? '', value };
    });
    await producer.send(topic, records);
  }
  await producer.close();
  await port.close();
  return Math.round(bytes / messages);
}

/** Role: sends `rate` events a second for `seconds`, in steps of 10 ms. */
async function feed(): Promise<void> {
  const port = await connectKafka({ brokers: [options.broker], clientId: 'feed' });
  const producer = await port.producer();
  const random = sequence(11);
  const perStep = rate / 100;
  const begun = performance.now();
  let index = 0;
  for (let step = 0; step < seconds * 100; step++) {
    const now = Date.now();
    const records = Array.from({ length: perStep }, () => ({
      key: peerServices[index % peerServices.length] ?? '',
      value: eventLine(index++, now, random),
    }));
    void producer.send(options.topic, records);
    const behindMs = begun + (step + 1) * 10 - performance.now();
    if (behindMs > 0) await pause(behindMs);
  }
  await producer.close();
  await port.close();
  process.stdout.write(JSON.stringify({ sent: index, seconds: (performance.now() - begun) / 1000 }));
}

/** Role: parses every message and does nothing else. */
async function bare(): Promise<void> {
  const kafka = new Kafka({ clientId: 'bare', brokers: [options.broker], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `bare-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topic: options.topic, fromBeginning: true });
  let begun = 0;
  let count = 0;
  let sum = 0;
  await consumer.run({
    eachBatch: async ({ batch }) => {
      if (begun === 0) begun = performance.now();
      for (const { value } of batch.messages) sum += JSON.parse(String(value)).timestamp;
      count += batch.messages.length;
      if (count < messages) return;
      const took = (performance.now() - begun) / 1000;
      process.stdout.write(JSON.stringify({ perSecond: messages / took, parsed: sum > 0 }), () => process.exit(0));
    },
  });
}

/** Between the bounds of the bucket in which it lies. */
function quantile(metrics: ReadonlyMap<string, number>, name: string, share: number): number {
  const all = metrics.get(`${name}_count`) ?? 0;
  let [low, below] = [0, 0];
  for (const [key, count] of metrics) {
    const bound = new RegExp(`^${name}_bucket\\{le="([^"]+)"\\}$`).exec(key)?.[1];
    if (bound === undefined) continue;
    if (count >= share * all) {
      const high = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
      return low + (high - low) * ((share * all - below) / Math.max(1, count - below));
    }
    [low, below] = [Number(bound), count];
  }
  return Number.NaN;
}

function role(name: string, at: Surroundings, topic: string): string[] {
  const own = ['--broker', at.broker, '--topic', topic, '--messages', String(messages)];
  return [fileURLToPath(import.meta.url), name, ...own, '--rate', String(rate), '--seconds', String(seconds)];
}

async function latency(at: Surroundings): Promise<readonly string[][]> {
  const topic = 'paced';
  // Decisions enough for a percentile: 25 of 10,000 events make one.
  writeFileSync(join(at.folder, 'bench.ddl'), program({ above: 99.5 }));
  const port = await connectKafka({ brokers: [at.broker], clientId: 'make' });
  await port.ensureTopic(topic, partitions);
  await port.close();
  const engine = await EngineUnderTest.start(at, topic, 'end');
  const run = (): Promise<void> =>
    new Promise((done) => spawn(process.execPath, role('feed', at, topic)).once('exit', () => done()));
  // The first round is for the compiler of the machine: it is not counted.
  await run();
  const before = await engine.metrics();
  await run();
  await pause(1_000);
  const after = await engine.metrics();
  await engine.stop();
  const own = new Map([...after].map(([key, value]) => [key, value - (before.get(key) ?? 0)]));
  const shown = (name: string): string[] =>
    [0.5, 0.99].map((share) => `${(quantile(own, name, share) * 1000).toFixed(1)} ms`);
  const lag = [...after].filter(([key]) => key.startsWith('ddl_kafka_lag')).reduce((sum, [, value]) => sum + value, 0);
  return [
    ['receipt to proposal', ...shown('ddl_proposal_latency_seconds')],
    ['receipt to decision in the ledger', ...shown('decision_latency_seconds')],
    [`decisions ${own.get('decision_latency_seconds_count') ?? 0}, lag at the end ${lag}`, '', ''],
  ];
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ddl-bench-'));
  writeFileSync(join(folder, 'bench.ddl'), program());
  const [kafka, redis, postgres] = [await startKafka(), await startRedis(), await startPostgres()];
  const at = { broker: kafka.address, redis: redis.url, postgres: postgres.url, folder };
  try {
    const bytes = await fill(at.broker, 'full');
    const rates = { engine: 0, bare: 0 };
    for (let round = 0; round < Number(options.rounds); round++) {
      const consumer = spawnSync(process.execPath, role('bare', at, 'full'), { encoding: 'utf8' });
      rates.bare = Math.max(rates.bare, JSON.parse(consumer.stdout).perSecond);
      const engine = await EngineUnderTest.start(at, 'full', 'beginning');
      rates.engine = Math.max(rates.engine, await engine.takeAll(messages));
      await engine.stop();
    }
    const shown = (value: number): string => Math.round(value).toLocaleString('en-US');
    const title = `events per second from Kafka, ${shown(messages)} of ${bytes} bytes, ${policies} policies, best of ${options.rounds} (goal 60,000, or 80 % of the bare consumer)`;
    const rows = [
      ['engine, gates in Redis, ledger in PostgreSQL', shown(rates.engine)],
      ['bare kafkajs consumer, JSON.parse alone', shown(rates.bare)],
      ['the one of the other', `${Math.round((rates.engine / rates.bare) * 100)} %`],
    ];
    process.stdout.write(formatTable(title, ['what', 'by the clock'], rows));
    const pace = `at ${shown(rate)} events per second for ${seconds} s (goal: p99 under 12 ms)`;
    process.stdout.write(formatTable(pace, ['from', 'p50', 'p99'], await latency(at)));
  } finally {
    await kafka.stop();
    await redis.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const [wanted] = positionals;
if (wanted === 'bare') await bare();
else if (wanted === 'feed') await feed();
else await main();
