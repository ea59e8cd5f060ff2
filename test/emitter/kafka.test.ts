// What a service sends arrives in a topic of Kafka as events that the engine reads; without a broker it only waits.

import { expect, it } from 'vitest';
import { createEmitter } from '../../runtime/emitter/create-emitter.ts';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { sampleTopic } from '../../runtime/ports/kafka-sample.ts';
import { ownName, sharedKafka } from '../services/shared.ts';

it('events under the service’s name, one JSON object each', async () => {
  const brokers = (await sharedKafka()).split(',');
  const topic = ownName('emitted');
  const kafka = await connectKafka({ brokers, clientId: 'test' });
  try {
    await kafka.ensureTopic(topic, 4);
    const emitter = createEmitter({ service: 'pay', schema: 'shop', target: { kind: 'kafka', brokers, topic } });
    for (let n = 0; n < 30; n++) emitter.emit({ n }, { instance: 'a' });
    expect(await emitter.close(20_000)).toMatchObject({ sent: 30, dropped: 0, problem: null });
    const filled = (await kafka.ranges(topic)).filter(({ low, high }) => high > low);
    expect(filled).toMatchObject([{ high: 30 }]);
    const values: unknown[] = [];
    await sampleTopic({ brokers, topic, messagesMax: 100, quietMs: 5_000 }, (value) => {
      values.push(JSON.parse(value.toString()));
    });
    expect(values).toHaveLength(30);
    expect(values[7]).toEqual({
      id: expect.any(String),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      schema: 'shop',
      metrics: { n: 7 },
      tags: { 'service.name': 'pay', instance: 'a' },
    });
  } finally {
    await kafka.close();
  }
});

it('without a broker nothing is thrown, and the end comes in time', async () => {
  const target = { kind: 'kafka', brokers: ['127.0.0.1:1'], topic: 'x' } as const;
  const emitter = createEmitter({ service: 'pay', target, flushMs: 10 });
  emitter.emit({ n: 1 });
  await expect
    .poll(() => emitter.counts().problem, { timeout: 20_000 })
    .toMatch(/^Kafka at 127\.0\.0\.1:1 can’t be used/);
  const begun = performance.now();
  expect(await emitter.close(500)).toMatchObject({ sent: 0, dropped: 1 });
  expect(performance.now() - begun).toBeLessThan(2_000);
});
