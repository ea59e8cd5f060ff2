// The newest messages of a Kafka topic, for a look at what comes: nothing is committed, no consumer is disturbed.

import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';

export interface KafkaSampleOptions {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Messages of each partition at most. */
  readonly messagesMax: number;
  /** Nothing new for so long ends the reading, ms. */
  readonly quietMs: number;
}

/** Kafka could not be asked; the message says what was in the way. */
export class KafkaUnreachable extends Error {}

/**
 * Hands the values of the newest messages of every partition to `take`, in order within a partition. Resolves with
 * their number.
 * @throws KafkaUnreachable
 */
export async function sampleTopic(options: KafkaSampleOptions, take: (value: Buffer) => void): Promise<number> {
  const { brokers, topic, messagesMax, quietMs } = options;
  // Loaded when it is asked for: most commands never speak to Kafka.
  const { Kafka, KafkaJSError, logLevel } = (await import('kafkajs')).default;
  const [{ registerKafkaCodecs }, { quietTimerWarnings }] = await Promise.all([
    import('./kafka-codecs.ts'),
    import('./kafka-client.ts'),
  ]);
  quietTimerWarnings();
  registerKafkaCodecs();
  const retry = { retries: 2, initialRetryTime: 200, maxRetryTime: 1_000 };
  const kafka = new Kafka({
    clientId: 'ddlc',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    requestTimeout: 10_000,
    retry,
  });
  // A group of its own: what it reads, others read too.
  const groupId = `ddlc-sample-${randomUUID()}`;
  const admin = kafka.admin();
  try {
    await admin.connect();
    const topics = await admin.listTopics();
    if (!topics.includes(topic)) throw new KafkaUnreachable(`it has no topic ${topic}; ${known(topics)}`);
    const ranges = (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => {
      const from = [BigInt(low), BigInt(high) - BigInt(messagesMax)].reduce((one, other) =>
        one > other ? one : other,
      );
      return { partition, from, to: BigInt(high) };
    });
    const wanted = ranges.filter(({ from, to }) => from < to);
    if (wanted.length === 0) return 0;
    return await read(kafka, groupId, topic, wanted, quietMs, take);
  } catch (error) {
    if (error instanceof KafkaJSError) throw new KafkaUnreachable(error.message, { cause: error });
    throw error;
  } finally {
    // The group was ours alone.
    await admin.deleteGroups([groupId]).catch(() => {});
    await admin.disconnect().catch(() => {});
  }
}

interface Range {
  readonly partition: number;
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
}

async function read(
  kafka: Kafka,
  groupId: string,
  topic: string,
  ranges: readonly Range[],
  quietMs: number,
  take: (value: Buffer) => void,
): Promise<number> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 500, retry: { retries: 2 } });
  const open = new Map(ranges.map((range) => [range.partition, range]));
  let count = 0;
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      let quiet = setTimeout(resolve, quietMs);
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer
        .run({
          autoCommit: false,
          eachBatchAutoResolve: true,
          eachBatch: async ({ batch }) => {
            const range = open.get(batch.partition);
            clearTimeout(quiet);
            quiet = setTimeout(resolve, quietMs);
            if (range === undefined) return;
            for (const { offset, value } of batch.messages) {
              if (BigInt(offset) < range.from || BigInt(offset) >= range.to) continue;
              count++;
              if (value !== null) take(value);
            }
            if (BigInt(batch.lastOffset()) + 1n >= range.to) open.delete(batch.partition);
            if (open.size === 0) {
              clearTimeout(quiet);
              resolve();
            }
          },
        })
        .catch(reject);
      for (const { partition, from } of ranges) consumer.seek({ topic, partition, offset: String(from) });
    });
  } finally {
    await consumer.disconnect().catch(() => {});
  }
  return count;
}

function known(topics: readonly string[]): string {
  const own = topics.filter((name) => !name.startsWith('__')).sort();
  return own.length === 0 ? 'it has none' : `it has ${own.slice(0, 10).join(', ')}${own.length > 10 ? ' …' : ''}`;
}
