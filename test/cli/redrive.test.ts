// `ddlc redrive` on a real broker: dead letters back to their topic, counted before.

import { expect, test } from 'vitest';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { ownName, sharedKafka } from '../services/shared.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch } from '../support/scratch.ts';

test('letters go back to where they came from, once', async () => {
  const address = await sharedKafka();
  const [topic, dead, group] = [ownName('events'), ownName('dead'), ownName('group')];
  const port = await connectKafka({ brokers: address.split(','), clientId: 'test' });
  await port.ensureTopic(topic, 2);
  await port.ensureTopic(dead, 1);
  const producer = await port.producer();
  const letter = (offset: number, more: object) => ({
    key: 'k',
    value: `value ${offset}`,
    headers: {
      'ddl-topic': topic,
      'ddl-partition': '1',
      'ddl-offset': String(offset),
      'ddl-timestamp': '1700000000000',
      ...more,
    },
  });
  await producer.send(dead, [letter(1, {}), letter(2, {}), letter(3, { 'ddl-without-value': 'true' })]);
  await producer.close();
  const env = { DDL_KAFKA_BROKERS: address, DDL_KAFKA_GROUP: group, DDL_KAFKA_DEAD_LETTER_TOPIC: dead };
  const ask = (...args: string[]) => runDdlc(['redrive', ...args], { env, folder: scratch() });
  expect(ask('--dry-run').out).toBe(`3 messages wait in ${dead}\n`);
  const first = ask();
  expect(first.out).toBe(`2 messages of ${dead} sent back\n`);
  expect(first.note).toContain('1 were too large to be kept');
  expect(first.code).toBe(0);
  const ranges = await port.ranges(topic);
  expect(ranges.map(({ partition, high }) => [partition, high]).sort()).toEqual([
    [0, 0],
    [1, 2],
  ]);
  expect(JSON.parse(ask('--format', 'json').out)).toEqual({ sent: 0, withoutValue: 0, givenUp: 0 });
  expect(JSON.parse(ask('--dry-run', '--format', 'json').out)).toEqual({ waiting: 0 });
  await port.close();
});

test.each([
  [{}, 'no Kafka is set: name its brokers in `sources.kafka.brokers`'],
  [{ DDL_KAFKA_BROKERS: '127.0.0.1:1' }, 'Kafka at 127.0.0.1:1 can’t be used'],
  [{ DDL_KAFKA_BROKERS: 'kafka' }, 'DDL_KAFKA_BROKERS: `sources.kafka.brokers.0`: must be `host:port`'],
])('with %j it says what is missing', (env, message) => {
  const asked = runDdlc(['redrive'], { env, folder: scratch() });
  expect(asked.code).toBe(2);
  expect(asked.note).toContain(message);
});
