// A whole topic as it lies in the broker: the texts of each partition in order.

import { Kafka, logLevel } from 'kafkajs';

export async function readTopic(brokers: string, topic: string): Promise<readonly (readonly string[])[]> {
  const kafka = new Kafka({ clientId: 'test', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const left = new Map(offsets.map(({ partition, low, high }) => [partition, Number(high) - Number(low)]));
  const texts: string[][] = offsets.map(() => []);
  const consumer = kafka.consumer({ groupId: `read-${topic}-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const check = (): void => {
      if ([...left.values()].every((count) => count <= 0)) resolve();
    };
    consumer
      .run({
        autoCommit: false,
        async eachBatch({ batch: { partition, messages } }) {
          for (const { value } of messages) texts[partition].push(String(value));
          left.set(partition, (left.get(partition) ?? 0) - messages.length);
          check();
        },
      })
      .catch(reject);
    check();
  });
  await consumer.disconnect();
  return texts;
}
