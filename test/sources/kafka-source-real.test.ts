// Kafka as a source on a real broker: the same decisions as from a file, in all encodings and codecs, while engines join
// and leave, while the broker is away, and with a message that is as large as messages may be.

import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { lz4Codec, snappyCodec, zstdCodec } from '../../runtime/ports/kafka-codecs.ts';
import type { KafkaPort, KafkaProducer } from '../../runtime/ports/kafka-port.ts';
import type { KafkaSourceOptions } from '../../runtime/sources/kafka/kafka-source.ts';
import { Chance } from '../fuzz/chance.ts';
import { startKafka } from '../services/kafka-broker.ts';
import { ownName, sharedKafka } from '../services/shared.ts';
import { compileEvaluator, decisionsOfFile, KafkaReader, TestLedger } from '../support/kafka-reader.ts';
import { type OtlpRequest, otlpProtobuf } from '../support/otlp-protobuf.ts';
import { type ShopEvent, shopEvents, shopProgram } from '../support/shop-events.ts';
import { until } from '../support/until.ts';

const evaluator = compileEvaluator(shopProgram);
let address = '';
let port: KafkaPort;
let producer: KafkaProducer;
const running: KafkaReader[] = [];
const ports: KafkaPort[] = [];

beforeAll(async () => {
  address = await sharedKafka();
  port = await connect(address);
  producer = await port.producer();
});
afterEach(async () => {
  for (const reader of running.splice(0)) await reader.source.stop();
});
afterAll(async () => {
  await producer?.close();
  for (const each of ports) await each.close();
});

async function connect(brokers: string): Promise<KafkaPort> {
  const connected = await connectKafka({ brokers: brokers.split(','), clientId: 'test' });
  ports.push(connected);
  return connected;
}

async function createTopic(partitions: number): Promise<string> {
  const topic = ownName('events');
  await port.ensureTopic(topic, partitions);
  return topic;
}

async function start(topic: string, ledger = new TestLedger(), more: Partial<KafkaSourceOptions> = {}) {
  const own = more.port ?? (await connect(address));
  const reader = await new KafkaReader(ledger).start(evaluator, own, {
    group: `group-${topic}`,
    topics: [topic],
    ...more,
  });
  running.push(reader);
  return reader;
}

async function stop(reader: KafkaReader): Promise<void> {
  running.splice(running.indexOf(reader), 1);
  await reader.source.stop();
}

const records = (events: readonly ShopEvent[]) => events.map(({ key, line }) => ({ key, value: line }));
const lines = (events: readonly ShopEvent[]): string[] => events.map(({ line }) => line);

async function committed(topic: string, asked = port): Promise<number> {
  const commits = await asked.committed(`group-${topic}`, [topic]);
  return commits.reduce((sum, { offset }) => sum + (offset ?? 0), 0);
}

/** The event as a Collector's exporter writes it. */
function otlpOf({ line }: ShopEvent): OtlpRequest {
  const { timestamp, metrics, tags } = JSON.parse(line);
  const timeUnixNano = `${timestamp}000000`;
  const sum = {
    dataPoints: [{ timeUnixNano, asInt: String(metrics.requests) }],
    aggregationTemporality: 2,
    isMonotonic: true,
  };
  return {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: tags['service.name'] } }] },
        scopeMetrics: [
          {
            metrics: [
              { name: 'errors', gauge: { dataPoints: [{ timeUnixNano, asDouble: metrics.errors }] } },
              { name: 'requests', sum },
            ],
          },
        ],
      },
    ],
  };
}

describe('the same decisions as from a file', () => {
  const events = shopEvents(10, 200, 11);
  const expected = [...decisionsOfFile(evaluator, lines(events))].sort();

  test('from plain events, OTLP in protobuf and OTLP in JSON, mixed in one topic', async () => {
    const topic = await createTopic(3);
    const encodings = [
      ({ line }: ShopEvent) => line,
      (event: ShopEvent) => otlpProtobuf(otlpOf(event)),
      (event: ShopEvent) => `${JSON.stringify(otlpOf(event), null, 2)}\n`,
    ];
    await producer.send(
      topic,
      events.map((event, index) => ({ key: event.key, value: encodings[index % 3](event) })),
    );
    const reader = await start(topic);
    await until(async () => (await committed(topic)) === events.length, 'all offsets');
    await until(() => reader.ledger.names.size >= expected.length, 'all decisions');
    expect([...reader.ledger.names].sort()).toEqual(expected);
    expect(reader.letters).toEqual([]);
    expect(reader.troubles).toEqual([]);
  });

  test.each([
    ['gzip', null],
    ['snappy', snappyCodec],
    ['lz4', lz4Codec],
    ['zstd', zstdCodec],
  ] as const)('from batches that Kafka itself has packed with %s', async (codec, ours) => {
    const topic = ownName(`packed-${codec}`);
    const admin = new Kafka({ brokers: address.split(','), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    // The broker packs what it keeps anew, with the codecs of Kafka's Java clients.
    const configEntries = [{ name: 'compression.type', value: codec }];
    await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] });
    await admin.disconnect();
    await producer.send(topic, records(events));
    const unpacked = ours === null ? null : vi.spyOn(ours, 'decompress');
    const reader = await start(topic);
    await until(() => reader.ledger.names.size >= expected.length, 'all decisions');
    expect([...reader.ledger.names].sort()).toEqual(expected);
    if (unpacked !== null) expect(unpacked).toHaveBeenCalled();
    unpacked?.mockRestore();
  });

  test('over ten joins and leaves, without a decision lost', async () => {
    const chance = new Chance(7);
    const topic = await createTopic(12);
    const many = shopEvents(24, 200, 12);
    const wanted = [...decisionsOfFile(evaluator, lines(many))].sort();
    const ledger = new TestLedger();
    const readers = [await start(topic, ledger)];
    const each = Math.ceil(many.length / 10);
    for (let change = 0; change < 10; change++) {
      await producer.send(topic, records(many.slice(change * each, (change + 1) * each)));
      await new Promise((resolve) => setTimeout(resolve, chance.below(150)));
      const leaves = readers.length > 3 || (readers.length > 1 && chance.below(2) === 0);
      if (leaves) await stop(readers.splice(chance.below(readers.length), 1)[0]);
      else readers.push(await start(topic, ledger));
    }
    await until(async () => (await committed(topic)) === many.length, 'all offsets');
    await until(() => ledger.names.size >= wanted.length, 'all decisions');
    expect([...ledger.names].sort()).toEqual(wanted);
    for (const { troubles } of readers) expect(troubles).toEqual([]);
  });
});

test('marks of transactions and messages of those given up are passed over, to the very end', async () => {
  const topic = await createTopic(1);
  const kafka = new Kafka({ brokers: address.split(','), logLevel: logLevel.NOTHING });
  const transactional = kafka.producer({ transactionalId: ownName('tx'), idempotent: true, maxInFlightRequests: 1 });
  await transactional.connect();
  const events = shopEvents(1, 40, 14);
  const reader = await start(topic);
  for (const [index, messages] of [
    records(events.slice(0, 20)),
    records(events),
    records(events.slice(20)),
  ].entries()) {
    const transaction = await transactional.transaction();
    await transaction.send({ topic, messages });
    // The one in the middle never was.
    await (index === 1 ? transaction.abort() : transaction.commit());
  }
  const given = await transactional.transaction();
  await given.send({ topic, messages: records(events) });
  await given.abort();
  await transactional.disconnect();
  const high = 40 + 80 + 4;
  // The broker writes the last mark a moment after it has answered.
  await until(async () => (await port.ranges(topic))[0].high === high, 'the last mark');
  await until(async () => (await committed(topic)) === high, 'the end of the log');
  expect(reader.source.metrics()).toMatchObject({ lag: 0, messages: 40, poison: 0 });
  // The last event is judged when it has been quiet for a moment.
  const expected = [...decisionsOfFile(evaluator, lines(events))].sort();
  await until(async () => reader.ledger.names.size >= expected.length, 'the last decision');
  expect([...reader.ledger.names].sort()).toEqual(expected);
});

describe('a message of 900 KB', () => {
  /** One resource, 2 metrics, as many points as fit. */
  function largeRequest(bytes: number): OtlpRequest {
    const begin = 1_767_225_600_000;
    const points = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        timeUnixNano: `${begin + index * 100}000000`,
        asDouble: index % 3000 > 2000 ? 70 : 10,
        attributes: [{ key: 'what', value: { stringValue: 'an attribute that nobody reads' } }],
      }));
    const count = Math.floor(bytes / 2 / 71);
    const gauge = (name: string) => ({ name, gauge: { dataPoints: points(count) } });
    return {
      resourceMetrics: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'large' } }] },
          scopeMetrics: [{ metrics: [gauge('errors'), gauge('requests')] }],
        },
      ],
    };
  }

  test('gives its decisions', async () => {
    const topic = await createTopic(1);
    const value = otlpProtobuf(largeRequest(900_000));
    expect(value.length).toBeGreaterThan(850_000);
    const reader = await start(topic);
    await producer.send(topic, [{ key: 'large', value }]);
    await until(async () => (await committed(topic)) === 1, 'its offset');
    await until(() => reader.ledger.names.size > 0, 'its decisions');
    expect(reader.letters).toEqual([]);
    expect(reader.troubles).toEqual([]);
  });
});

test('the broker is killed and comes back: nothing is lost, and what was in the way is told', async () => {
  const broker = await startKafka();
  try {
    const own = await connect(broker.address);
    const topic = ownName('events');
    await own.ensureTopic(topic, 4);
    const sender = await own.producer();
    const events = shopEvents(8, 240, 13);
    const expected = [...decisionsOfFile(evaluator, lines(events))].sort();
    const half = events.length / 2;
    const reader = await start(topic, new TestLedger(), {
      port: own,
      times: { watchEveryMs: 500, sessionTimeoutMs: 2_000, heartbeatMs: 300 },
    });
    await sender.send(topic, records(events.slice(0, half)));
    await until(async () => (await committed(topic, own)) === half, 'the first half');
    await broker.kill();
    await until(() => reader.troubles.length > 0, 'a word about it');
    await broker.restart();
    await sender.send(topic, records(events.slice(half)));
    await until(async () => (await committed(topic, own).catch(() => 0)) === events.length, 'the second half', 60_000);
    await until(() => reader.ledger.names.size >= expected.length, 'all decisions');
    expect([...reader.ledger.names].sort()).toEqual(expected);
    await sender.close();
    await stop(reader);
  } finally {
    await broker.stop();
  }
});
