// What must hold of Kafka, where events come from.

import { type DoctorCheck, type Finding, fine, trouble, warning } from './check.ts';

/** Messages behind the end from which an engine is not live any more. */
const lagMost = 100_000;

export const kafkaChecks: readonly DoctorCheck<'kafka'>[] = [
  {
    name: 'kafka-topics',
    part: 'kafka',
    law: 'Every topic that is configured exists, with more than one partition.',
    symptom: 'No events come; or a second engine stands idle.',
    remedy: 'Make the topic, with as many partitions as there may ever be engines: 12 serve most.',
    async examine(kafka) {
      const found = new Map((await kafka.topics()).map((topic) => [topic.name, topic]));
      return [...new Set([...kafka.wanted, ...found.keys()])].map((name): Finding => {
        const topic = found.get(name);
        if (topic === undefined) return trouble(`the topic \`${name}\` does not exist`);
        if (topic.partitions === 1) return warning(`the topic \`${name}\` has one partition: one engine can read it`);
        return fine(`the topic \`${name}\` has ${topic.partitions} partitions`);
      });
    },
  },
  {
    name: 'kafka-keys',
    part: 'kafka',
    law: 'Messages carry a key, the one of their schema, so that a key’s events lie on one partition.',
    symptom: 'The log says that a key comes on several partitions; `for` and windows see only a part of its events.',
    remedy: 'Let the producer set the key; for a Collector that can’t, turn on `sources.kafka.rekey`.',
    async examine(kafka) {
      const keyed = (await kafka.topics()).filter(({ rekeyed }) => !rekeyed).map(({ name }) => name);
      if (keyed.length === 0) return [];
      return [...(await kafka.keys(keyed))].map(([name, { withoutKey, seen }]): Finding => {
        if (seen === 0) return warning(`no message of \`${name}\` was seen: whether they have keys can’t be told`);
        if (withoutKey > 0) return trouble(`${withoutKey} of ${seen} messages of \`${name}\` have no key`);
        return fine(`the ${seen} newest messages of \`${name}\` have a key`);
      });
    },
  },
  {
    name: 'kafka-lag',
    part: 'kafka',
    law: `The engines of the group are less than ${lagMost.toLocaleString('en')} messages behind.`,
    symptom: 'Decisions come late, or are refused as stale.',
    remedy:
      'Start an engine in the group, or one more beside those that run, up to the number of partitions; look at `ddl_kafka_lag`.',
    async examine(kafka) {
      const lag = await kafka.lag();
      if (lag.size === 0) return [warning(`the group \`${kafka.group}\` has committed nothing yet`)];
      return [...lag].map(([topic, messages]): Finding => {
        const text = `the group \`${kafka.group}\` is ${messages} messages behind on \`${topic}\``;
        return messages > lagMost ? trouble(text) : fine(text);
      });
    },
  },
];
