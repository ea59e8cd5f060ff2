// Whether the newest messages of Kafka's topics have keys: read in a group of its own that commits nothing, so that no
// engine is disturbed.

import type { KafkaPartition, KafkaPort, KafkaRange } from '../../ports/kafka-port.ts';
import type { Timers } from '../../ports/timers.ts';
import type { KeysSeen } from './check.ts';

export interface SampleKeysOptions {
  readonly port: KafkaPort;
  readonly timers: Timers;
  /** One that nobody else uses. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Messages of each partition at most. */
  readonly messagesMax: number;
  /** How long is read, once the group has been joined; what has come by then counts. */
  readonly readMs: number;
}

interface Stretch extends KafkaPartition {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** Errors: `KafkaUnreachable`. */
export async function sampleKeys(options: SampleKeysOptions): Promise<ReadonlyMap<string, KeysSeen>> {
  const { port, topics, messagesMax } = options;
  const counts = new Map(topics.map((topic) => [topic, { withoutKey: 0, seen: 0 }]));
  const ranges = (await Promise.all(topics.map((topic) => port.ranges(topic)))).flat();
  const open = new Map(
    ranges.filter(({ low, high }) => low < high).map((range) => [nameOf(range), newest(range, messagesMax)]),
  );
  if (open.size > 0) await read(options, open, counts);
  return counts;
}

/** Takes out of `open` what has been read to its end. */
async function read(
  { port, timers, group, topics, readMs }: SampleKeysOptions,
  open: Map<string, Stretch>,
  counts: ReadonlyMap<string, { withoutKey: number; seen: number }>,
): Promise<void> {
  const end = Promise.withResolvers<void>();
  let cancel: () => void = () => {};
  const done = (partition: KafkaPartition, upTo: number): void => {
    const name = nameOf(partition);
    if (upTo >= (open.get(name)?.to ?? 0)) open.delete(name);
    if (open.size === 0) end.resolve();
  };
  const member = await port.join(
    { group, topics, drainMs: 500 },
    {
      assigned(partitions, self) {
        cancel();
        cancel = timers.after(readMs, end.resolve);
        for (const partition of partitions) {
          const stretch = open.get(nameOf(partition));
          if (stretch !== undefined) self.begin(partition, stretch.from);
        }
      },
      revoked: async () => {},
      async batch(batch) {
        const stretch = open.get(nameOf(batch));
        const count = counts.get(batch.topic);
        if (stretch === undefined || count === undefined) return batch.end;
        for (const { key, offset } of batch.messages) {
          if (Number(offset) < stretch.from || Number(offset) >= stretch.to) continue;
          count.seen++;
          if (key === null) count.withoutKey++;
        }
        done(batch, batch.end);
        return batch.end;
      },
      passed: done,
      trouble: () => {},
    },
  );
  try {
    await end.promise;
  } finally {
    cancel();
    await member.leave();
  }
}

function nameOf({ topic, partition }: KafkaPartition): string {
  return `${topic} ${partition}`;
}

function newest({ topic, partition, low, high }: KafkaRange, messagesMax: number): Stretch {
  return { topic, partition, from: Math.max(low, high - messagesMax), to: high };
}
