// Kafka as the doctor sees it: topics, keys, and how far the engines' group is behind.

import type { KafkaSurroundings, TopicFacts } from '../../runtime/observe/doctor/check.ts';
import { sampleKeys } from '../../runtime/observe/doctor/sample-keys.ts';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import type { KafkaPort, KafkaSettings } from '../../runtime/ports/kafka-port.ts';
import type { Random } from '../../runtime/ports/random.ts';
import type { Timers } from '../../runtime/ports/timers.ts';
import { type KafkaConfig, topicsOf } from '../../runtime/sources/kafka/kafka-config.ts';
import type { Opening } from './opening.ts';

/** Of each partition; enough to tell, little to carry. */
const messagesMax = 100;
const readMs = 2_500;

export interface KafkaSurroundingsOptions {
  readonly config: KafkaConfig;
  readonly kafka: KafkaSettings;
  readonly timers: Timers;
  readonly random: Random;
}

export function kafkaSurroundings(
  { config, kafka, timers, random }: KafkaSurroundingsOptions,
  keep: (open: () => Promise<KafkaPort>) => Opening<KafkaPort>,
): KafkaSurroundings {
  const { group, rekey } = config;
  const opening = keep(() => connectKafka(kafka));
  const topics = topicsOf(config);
  const all = rekey === null ? topics : [rekey.from, ...topics];
  return {
    address: config.brokers.join(', '),
    // The engines make the topic that they write themselves.
    wanted: all.filter((topic) => topic !== rekey?.to),
    group,
    async topics() {
      const port = await opening.get();
      const there = await present(port, all);
      return Promise.all(
        there.map(async (name): Promise<TopicFacts> => {
          const { length: partitions } = await port.ranges(name);
          return { name, partitions, rekeyed: name === rekey?.from };
        }),
      );
    },
    async keys(names) {
      const port = await opening.get();
      // Beside the engines' group: who may read with that name may mostly read with what begins like it.
      const own = `${group}-doctor-${random.next().toString(36).slice(2)}`;
      return sampleKeys({ port, timers, group: own, topics: names, messagesMax, readMs });
    },
    async lag() {
      const port = await opening.get();
      return lagOf(port, group, await present(port, topics));
    },
  };
}

async function present(port: KafkaPort, topics: readonly string[]): Promise<readonly string[]> {
  const there = new Set(await port.topics());
  return topics.filter((topic) => there.has(topic));
}

async function lagOf(port: KafkaPort, group: string, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const lag = new Map<string, number>();
  if (topics.length === 0) return lag;
  const committed = await port.committed(group, topics);
  for (const topic of topics) {
    for (const { partition, low, high } of await port.ranges(topic)) {
      const found = committed.find((each) => each.topic === topic && each.partition === partition);
      if (found === undefined || found.offset === null) continue;
      lag.set(topic, (lag.get(topic) ?? 0) + Math.max(0, high - Math.max(low, found.offset)));
    }
  }
  return lag;
}
