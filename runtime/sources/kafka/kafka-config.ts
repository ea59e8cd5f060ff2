// The settings under `sources.kafka`, and what they come to for client, source and re-keying.

import { z } from 'zod';
import type { KafkaSettings } from '../../ports/kafka-port.ts';

const name = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be 1 to 249 letters, digits, dots, underscores or dashes');
const broker = z.string().regex(/^.+:\d{1,5}$/, 'must be `host:port`');
const file = z.string().min(1);

export const kafkaConfigSchema = z
  .strictObject({
    /** `host:port`, at least one; without any, Kafka is not used. */
    brokers: z.array(broker).default([]),
    /** What is read; every engine of a group reads the same. By default `otlp_metrics`, or what `rekey` writes. */
    topics: z.array(name).min(1).nullable().default(null),
    /** Engines of one group share the partitions among themselves. */
    group: name.default('ddl'),
    clientId: name.default('ddl'),
    /** `auto` tells plain events, OTLP in protobuf and OTLP in JSON apart by how a message begins. */
    encoding: z.enum(['auto', 'json', 'otlp-protobuf', 'otlp-json']).default('auto'),
    /** Schema of plain events that don't name one. */
    schema: z.string().min(1).nullable().default(null),
    /** Where a group that has never committed begins: what is there already is read for its state alone, or judged. */
    startFrom: z.enum(['end', 'beginning']).default('end'),
    /** Where messages go of which nothing can be used; created when it is not there. `null`: nowhere. */
    deadLetterTopic: name.nullable().default('ddl_dead_letters'),
    /** Gives a key to telemetry that comes without one: reads `from`, cuts it by key, writes `to`. */
    rekey: z
      .strictObject({
        from: name,
        to: name,
        /** Of `to`, when it has to be created. */
        partitions: z.int().min(1).max(10_000).default(12),
        /** The schema whose key it is; may be left out when there is one alone. */
        schema: z.string().min(1).nullable().default(null),
      })
      .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must be another topic than `from`' })
      .nullable()
      .default(null),
    /** TLS: `true`, or with files of its own. */
    ssl: z
      .union([
        z.boolean(),
        z.strictObject({
          /** PEM files: who is trusted, and this client's own certificate and key. */
          ca: file.optional(),
          cert: file.optional(),
          key: file.optional(),
        }),
      ])
      .default(false),
    sasl: z
      .strictObject({
        mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).default('scram-sha-512'),
        username: z.string().min(1),
        password: z.string().min(1),
      })
      .nullable()
      .default(null),
  })
  .refine(({ topics, rekey }) => rekey === null || topics === null || !topics.includes(rekey.from), {
    path: ['topics'],
    error: 'must not name the topic that is to be given keys: name the one that `rekey` writes',
  })
  .refine(({ topics, deadLetterTopic }) => deadLetterTopic === null || !(topics ?? []).includes(deadLetterTopic), {
    path: ['deadLetterTopic'],
    error: 'must not be one of the topics that are read',
  });

export type KafkaConfig = z.infer<typeof kafkaConfigSchema>;

/** What the engine reads. */
export function topicsOf({ topics, rekey }: KafkaConfig): readonly string[] {
  return topics ?? [rekey?.to ?? 'otlp_metrics'];
}

/** Errors: those of `readText`, for a file that is not there. */
export function clientSettings(config: KafkaConfig, readText: (path: string) => string): KafkaSettings {
  const { brokers, clientId, ssl, sasl } = config;
  if (typeof ssl === 'boolean') return { brokers, clientId, ssl, sasl };
  const texts = Object.entries(ssl).map(([part, path]) => [part, readText(path)] as const);
  return { brokers, clientId, ssl: Object.fromEntries(texts), sasl };
}
