// A real Kafka of a test: what was acknowledged survives a kill; bad weather is felt.

import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaBroker, startKafka } from './services.ts';

let broker: KafkaBroker;
let kafka: Kafka;
beforeAll(async () => {
  broker = await startKafka({ behindProxy: true });
  const retry = { initialRetryTime: 50, retries: 20 };
  kafka = new Kafka({ clientId: 'test', brokers: [broker.address], logLevel: logLevel.NOTHING, retry });
});
afterAll(() => broker.stop());

async function withProducer(use: (producer: Producer) => Promise<void>): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  await use(producer).finally(() => producer.disconnect());
}

async function withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  return use(admin).finally(() => admin.disconnect());
}

const message = { topic: 'events', acks: -1, messages: [{ key: 'shop', value: '{}' }] };

const count = (): Promise<number> =>
  withAdmin(async (admin) => {
    const offsets = await admin.fetchTopicOffsets('events');
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  });

test('what was acknowledged survives a kill; a paused broker answers later; a cut one again; empty it knows nothing', async () => {
  await withAdmin((admin) => admin.createTopics({ topics: [{ topic: 'events', numPartitions: 12 }] }));
  await withProducer(async (producer) => {
    await producer.send(message);
    await broker.kill();
    const sent = producer.send(message);
    await broker.restart();
    await sent;
  });
  expect(await count()).toBe(2);

  await withProducer(async (producer) => {
    broker.pause();
    let answered = false;
    const sent = producer.send(message).then(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    broker.resume();
    await sent;
    expect(await count()).toBe(3);
    broker.proxy?.cutAll();
    await producer.send(message);
  });
  expect(await count()).toBe(4);

  await broker.restart({ empty: true });
  expect(await withAdmin((admin) => admin.listTopics())).toEqual([]);
});
