// `ddlc run` on a real Kafka: two runs one after the other decide what a file with the same events gives, each thing once.

import { rmSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { ownName, sharedKafka } from '../services/shared.ts';
import { compileEvaluator, decisionsOfFile } from '../support/kafka-reader.ts';
import { shopEvents, shopProgram } from '../support/shop-events.ts';
import { until } from '../support/until.ts';
import { type EngineProcess, projectFolder, startEngine } from './engine-process.ts';

const started: EngineProcess[] = [];

afterEach(async () => {
  for (const engine of started.splice(0)) await engine.end('SIGKILL');
});

test('what the first run has decided, the second goes on from', async () => {
  // When a policy fires again depends on when it fired first, long before.
  const program = shopProgram.replaceAll('cooldown 1s', 'cooldown 45s');
  const events = shopEvents(6, 300, 41);
  const expected = [
    ...decisionsOfFile(
      compileEvaluator(program),
      events.map(({ line }) => line),
    ),
  ].sort();
  const address = await sharedKafka();
  const [topic, group, dead] = [ownName('events'), ownName('group'), ownName('dead')];
  const port = await connectKafka({ brokers: address.split(','), clientId: 'test' });
  await port.ensureTopic(topic, 3);
  const producer = await port.producer();
  const send = (some: typeof events) =>
    producer.send(
      topic,
      some.map(({ key, line }) => ({ key, value: line })),
    );
  const committed = async (): Promise<number> => {
    const commits = await port.committed(group, [topic]);
    return commits.reduce((sum, { offset }) => sum + (offset ?? 0), 0);
  };
  const folder = projectFolder({ 'shop.ddl': program });
  const run = (): EngineProcess => {
    const engine = startEngine(folder, ['.'], {
      DDL_KAFKA_BROKERS: address,
      DDL_KAFKA_TOPIC: topic,
      DDL_KAFKA_GROUP: group,
      DDL_KAFKA_START_FROM: 'beginning',
      DDL_KAFKA_DEAD_LETTER_TOPIC: dead,
      DDL_HOST_ENABLED: 'false',
      DDL_OTLP_ENABLED: 'false',
    });
    started.push(engine);
    return engine;
  };
  const half = events.length / 2;
  await send(events.slice(0, half));
  const first = run();
  await until(async () => (await committed()) === half, 'the first half', 60_000);
  expect(await first.end('SIGTERM')).toBe(0);
  await send(events.slice(half));
  const second = run();
  await until(async () => (await committed()) === events.length, 'the second half', 60_000);
  const all = () => [...first.decisions, ...second.decisions];
  const names = () => all().map(({ policy, key, at, cause }) => `${policy} ${key} ${at} ${cause}`);
  await until(() => new Set(names()).size >= expected.length, 'all decisions');
  expect(await second.end('SIGTERM')).toBe(0);
  expect(names().sort()).toEqual(expected);
  expect(new Set(all().map(({ id }) => id)).size).toBe(expected.length);
  expect(second.errors()).toContain(`Kafka ${topic} at ${address}, in the group ${group}`);
  await producer.close();
  await port.close();
  rmSync(folder, { recursive: true, force: true });
});
