// Kafka in bad weather, at the port: lines cut, the broker frozen, killed and started again, while somebody writes and
// somebody reads. Each message is read once, in order, by who goes on where it stopped.

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { type KafkaPort, type KafkaProducer, KafkaRefused } from '../../runtime/ports/kafka-port.ts';
import { type KafkaBroker, startKafka } from '../services/services.ts';
import { until } from '../support/until.ts';

let broker: KafkaBroker;
let port: KafkaPort;
beforeAll(async () => {
  broker = await startKafka({ behindProxy: true });
  port = await connectKafka({ brokers: [broker.address], clientId: 'weather' });
});
afterAll(async () => {
  await port.close();
  await broker.stop();
});

const partitions = 3;

/** Writes numbered messages without a break until it is stopped; what was refused is sent again. */
function keepWriting(producer: KafkaProducer, topic: string): { readonly sent: number[]; stop(): Promise<number> } {
  let stopped = false;
  const sent = Array.from({ length: partitions }, () => 0);
  const writing = (async () => {
    for (let number = 0; !stopped; number++) {
      const partition = number % partitions;
      const record = { key: `key-${partition}`, value: String(sent[partition]), partition };
      for (;;) {
        try {
          await producer.send(topic, [record]);
          break;
        } catch (error) {
          if (!(error instanceof KafkaRefused)) throw error;
        }
      }
      sent[partition]++;
      await pause(5);
    }
  })();
  return {
    sent,
    async stop() {
      stopped = true;
      await writing;
      return sent.reduce((sum, count) => sum + count, 0);
    },
  };
}

test('cut lines, a frozen broker, a killed one: nothing is lost, nothing is read twice', async () => {
  await port.ensureTopic('weather', partitions);
  const read: { readonly offset: number; readonly value: number }[][] = Array.from({ length: partitions }, () => []);
  let assignments = 0;
  const member = await port.join(
    {
      group: 'weather',
      topics: ['weather'],
      drainMs: 1_000,
      heartbeatMs: 200,
      sessionTimeoutMs: 2_000,
      fetchWaitMs: 50,
    },
    {
      assigned(given, member) {
        assignments++;
        for (const each of given) member.begin(each, read[each.partition].length);
      },
      revoked: async () => {},
      async batch({ partition, messages }, turn) {
        for (const { offset, value } of messages)
          read[partition].push({ offset: Number(offset), value: Number(Buffer.from(value ?? []).toString()) });
        await turn.breathe();
        return Number(messages[messages.length - 1].offset) + 1;
      },
      trouble: () => {},
    },
  );
  onTestFinished(() => member.leave());
  const producer = await port.producer();
  onTestFinished(() => producer.close());
  const writing = keepWriting(producer, 'weather');
  const total = (): number => read.reduce((sum, { length }) => sum + length, 0);
  const goesOn = async (what: string): Promise<void> => {
    const before = total();
    await until(() => total() > before + 20, what, 30_000);
  };
  await goesOn('messages at first');

  for (let times = 0; times < 3; times++) {
    broker.proxy?.cutAll();
    await pause(200);
  }
  await goesOn('messages after lines were cut');

  await broker.proxy?.cutAt({ on: 'reply', passBytes: 30 });
  await goesOn('messages after an answer was cut in its middle');

  broker.pause();
  await pause(4_000);
  broker.resume();
  await goesOn('messages after the broker was frozen for longer than a session');

  await broker.kill();
  await pause(500);
  await broker.restart();
  await goesOn('messages after the broker was killed');

  const sent = await writing.stop();
  await until(() => total() >= sent, 'all messages', 20_000);
  for (const [partition, messages] of read.entries()) {
    // Consecutive: none missing, none twice, in order.
    expect(messages.map(({ offset }) => offset)).toEqual(messages.map((_, index) => index));
    const values = new Set(messages.map(({ value }) => value));
    expect(values.size).toBe(writing.sent[partition]);
  }
  expect(assignments).toBeGreaterThan(1);
}, 120_000);
