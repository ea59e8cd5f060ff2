// How many plain events a second come through from a real Kafka: decoded, judged by 100 policies, offsets committed, beside
// a bare kafkajs consumer that only parses the same messages. One process each, one after the other, in turns.
// Run: node test/bench/kafka.ts [--messages 600000] [--partitions 12] [--rounds 3] [--profile FOLDER]

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { Session } from '../../runtime/evaluate/session.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { KafkaSource } from '../../runtime/sources/kafka/kafka-source.ts';
import { startKafka } from '../services/kafka-broker.ts';
import { peerMetrics, peerServices, sequence, thresholdPolicies } from './peers-workload.ts';
import { formatTable } from './table.ts';
import { compileWorkload } from './workload-run.ts';

interface Measured {
  readonly messages: number;
  /** From the first batch to the last. */
  readonly seconds: number;
  /** Of the process, on all its threads. */
  readonly cpuSeconds: number;
  readonly fires: number;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    messages: { type: 'string', default: '600000' },
    partitions: { type: 'string', default: '12' },
    rounds: { type: 'string', default: '3' },
    profile: { type: 'string' },
    broker: { type: 'string', default: '' },
  },
});
const messages = Number(options.messages);
const topic = 'bench';

/** About 300 bytes: 12 metrics, the key, nothing else. */
function eventLine(index: number, random: () => number): string {
  const timestamp = 1_700_000_000_000 + index * 20;
  const metrics = peerMetrics.map((name) => `"${name}":${Math.round(random() * 1000) / 10}`).join();
  const service = peerServices[index % peerServices.length];
  return `{"id":"${index}","timestamp":${timestamp},"metrics":{${metrics}},"tags":{"service_id":"${service}"}}`;
}

async function fill(address: string): Promise<number> {
  const port = await connectKafka({ brokers: [address], clientId: 'bench' });
  await port.ensureTopic(topic, Number(options.partitions));
  const producer = await port.producer();
  const random = sequence(7);
  let bytes = 0;
  for (let from = 0; from < messages; from += 5_000) {
    const records = Array.from({ length: Math.min(5_000, messages - from) }, (_, offset) => {
      const index = from + offset;
      const value = eventLine(index, random);
      bytes += value.length;
      return { key: peerServices[index % peerServices.length], value };
    });
    await producer.send(topic, records);
  }
  await producer.close();
  await port.close();
  return Math.round(bytes / messages);
}

/** Notes the time of the first and of the last message. */
class Watch {
  #begun = 0;
  #cpu = process.cpuUsage();
  #count = 0;
  fires = 0;
  readonly done: Promise<Measured>;
  #resolve: (measured: Measured) => void = () => {};

  constructor() {
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  begin(): void {
    if (this.#begun !== 0) return;
    this.#begun = performance.now();
    this.#cpu = process.cpuUsage();
  }

  add(count: number): void {
    this.#count += count;
    if (this.#count < messages) return;
    const { user, system } = process.cpuUsage(this.#cpu);
    const seconds = (performance.now() - this.#begun) / 1000;
    this.#resolve({ messages, seconds, cpuSeconds: (user + system) / 1e6, fires: this.fires });
  }
}

async function bare(address: string): Promise<Measured> {
  const watch = new Watch();
  const kafka = new Kafka({ clientId: 'bare', brokers: [address], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `bare-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let sum = 0;
  await consumer.run({
    eachBatch: async ({ batch }) => {
      watch.begin();
      for (const { value } of batch.messages) sum += JSON.parse(String(value)).timestamp;
      watch.add(batch.messages.length);
    },
  });
  const measured = await watch.done;
  if (sum === 0) throw new Error('nothing was parsed');
  await consumer.disconnect();
  return measured;
}

async function engine(address: string): Promise<Measured> {
  const watch = new Watch();
  const evaluator = compileWorkload(thresholdPolicies(100), 'W2');
  const port = await connectKafka({ brokers: [address], clientId: 'engine' });
  const fail = (what: unknown): never => {
    throw new Error(`it went wrong: ${what}`);
  };
  const source = await KafkaSource.start({
    port,
    group: `engine-${process.pid}`,
    topics: [topic],
    encoding: 'auto',
    schema: null,
    deadLetterTopic: null,
    startFrom: 'beginning',
    lookBackMs: () => evaluator.meta.schemas[0]?.lookBackMs ?? 0,
    clock: systemClock,
    timers: systemTimers,
    sessions: {
      open: (wrap) =>
        new Session(
          evaluator,
          wrap({
            propose: () => {
              watch.fires++;
            },
            rearm() {},
            skip: fail,
            late: fail,
            deadLetter: ({ message }) => fail(message),
          }),
        ),
      hold() {},
      letGo() {},
      begin: () => watch.begin(),
      end() {},
    },
    accepting: () => true,
    settled: async () => {},
    onRows: (_session, _lane, count) => watch.add(count),
    onTrouble: fail,
    onFailure: fail,
  });
  const measured = await watch.done;
  await source.stop();
  await port.close();
  return measured;
}

function measure(kind: 'bare' | 'engine', address: string): Measured {
  const profile = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`];
  const args = [...profile, fileURLToPath(import.meta.url), kind, '--broker', address, '--messages', String(messages)];
  const child = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`${kind} failed: ${child.stderr}`);
  return JSON.parse(child.stdout) as Measured;
}

function best(all: readonly Measured[]): { readonly wall: number; readonly cpu: number } {
  return {
    wall: Math.max(...all.map(({ seconds }) => messages / seconds)),
    cpu: Math.max(...all.map(({ cpuSeconds }) => messages / cpuSeconds)),
  };
}

async function main(): Promise<void> {
  const broker = await startKafka();
  try {
    const bytes = await fill(broker.address);
    const results = { bare: [] as Measured[], engine: [] as Measured[] };
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const kind of ['bare', 'engine'] as const) results[kind].push(measure(kind, broker.address));
    }
    const [one, other] = [best(results.engine), best(results.bare)];
    const shown = (value: number): string => Math.round(value).toLocaleString('en-US');
    const row = (name: string, of: { wall: number; cpu: number }): string[] => [name, shown(of.wall), shown(of.cpu)];
    const percent = (a: number, b: number): string => `${Math.round((a / b) * 100)} %`;
    process.stdout.write(
      formatTable(
        `events per second from Kafka, ${shown(messages)} of ${bytes} bytes on ${options.partitions} partitions, best of ${options.rounds} (goal 60,000, or 80 % of the bare consumer)`,
        ['what', 'by the clock', 'per second of processor'],
        [
          row('decoded, judged by 100 policies, committed', one),
          row('bare kafkajs consumer, JSON.parse alone', other),
          ['the one of the other', percent(one.wall, other.wall), percent(one.cpu, other.cpu)],
        ],
      ),
    );
    process.stdout.write(`${JSON.stringify(results)}\n`);
  } finally {
    await broker.stop();
  }
}

const [kind] = positionals;
if (kind === undefined) await main();
else {
  const measured = await (kind === 'bare' ? bare(options.broker) : engine(options.broker));
  process.stdout.write(JSON.stringify(measured), () => process.exit(0));
}
