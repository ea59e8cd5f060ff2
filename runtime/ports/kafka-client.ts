// Kafka through kafkajs: settings to a port that shows nothing of the client. All four codecs are there; every send
// waits for all replicas in sync and is idempotent; topics are made only where that is asked for.

import {
  type Admin,
  CompressionTypes,
  Kafka,
  type KafkaConfig,
  logLevel,
  type Producer,
  type SASLOptions,
} from 'kafkajs';
import { registerKafkaCodecs } from './kafka-codecs.ts';
import { mendKafkaConnections } from './kafka-connection.ts';
import { joinGroup, typeOf } from './kafka-member.ts';
import {
  type KafkaCompression,
  type KafkaGroupOptions,
  type KafkaMember,
  type KafkaMemberHandlers,
  type KafkaPort,
  type KafkaProducer,
  type KafkaRange,
  type KafkaRecord,
  KafkaRefused,
  type KafkaSettings,
  KafkaUnreachable,
} from './kafka-port.ts';

const compressionTypes: Readonly<Record<KafkaCompression, CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

const coordinatorMoves = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]);
/** For what is over in a moment: a group that moves, a topic that is being made. */
const momentTries = 20;
const momentMs = 250;

function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, momentMs));
}

/** Connects. Errors: `KafkaUnreachable`. */
export async function connectClient(settings: KafkaSettings): Promise<KafkaPort> {
  registerKafkaCodecs();
  mendKafkaConnections();
  quietTimerWarnings();
  const config: KafkaConfig = {
    clientId: settings.clientId,
    brokers: [...settings.brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5_000,
    requestTimeout: 20_000,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 },
    ...(settings.ssl === undefined || settings.ssl === false
      ? {}
      : { ssl: settings.ssl === true ? true : { ...settings.ssl } }),
    ...(settings.sasl === undefined || settings.sasl === null ? {} : { sasl: saslOptions(settings.sasl) }),
  };
  const kafka = new Kafka(config);
  const where = settings.brokers.join(', ');
  const admin = kafka.admin({ retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 } });
  try {
    await admin.connect();
  } catch (error) {
    await admin.disconnect().catch(() => {});
    throw unreachable(where, error);
  }
  return new KafkaJsPort(kafka, admin, where);
}

function saslOptions({ mechanism, username, password }: NonNullable<KafkaSettings['sasl']>): SASLOptions {
  if (mechanism === 'plain') return { mechanism, username, password };
  if (mechanism === 'scram-sha-256') return { mechanism, username, password };
  return { mechanism, username, password };
}

class KafkaJsPort implements KafkaPort {
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #where: string;

  constructor(kafka: Kafka, admin: Admin, where: string) {
    this.#kafka = kafka;
    this.#admin = admin;
    this.#where = where;
  }

  async join(options: KafkaGroupOptions, handlers: KafkaMemberHandlers): Promise<KafkaMember> {
    const there = await this.topics();
    const missing = options.topics.filter((topic) => !there.includes(topic));
    if (missing.length > 0) throw missingTopics(this.#where, missing, there);
    return this.#asked(() => joinGroup(this.#kafka, options, handlers));
  }

  async producer(): Promise<KafkaProducer> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 5_000 },
    });
    await this.#asked(() => producer.connect());
    return {
      send: (topic, records, compression) => send(producer, topic, records, compression),
      close: () => producer.disconnect(),
    };
  }

  ranges(topic: string): Promise<readonly KafkaRange[]> {
    return this.#asked(async () => {
      const offsets = await this.#admin.fetchTopicOffsets(topic);
      return offsets.map(({ partition, low, high }) => ({ topic, partition, low: Number(low), high: Number(high) }));
    });
  }

  committed(group: string, topics: readonly string[]) {
    return this.#asked(async () => {
      const found = await this.#admin.fetchOffsets({ groupId: group, topics: [...topics] });
      return found.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset, metadata }) => ({
          topic,
          partition,
          // −1: none. The client itself commits −2, "the beginning", when what it was to read has been deleted.
          offset: Number(offset) === -1 ? null : Math.max(0, Number(offset)),
          metadata: metadata ?? '',
        })),
      );
    });
  }

  offsetsAt(topic: string, timeMs: number) {
    return this.#asked(async () => {
      const offsets = await this.#admin.fetchTopicOffsetsByTimestamp(topic, timeMs);
      return offsets.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }));
    });
  }

  topics(): Promise<readonly string[]> {
    return this.#asked(() => this.#admin.listTopics());
  }

  async ensureTopic(topic: string, partitions: number): Promise<void> {
    if ((await this.topics()).includes(topic)) return;
    // Another engine may make it at the same moment: then this says so, and all is well.
    await this.#asked(() =>
      this.#admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: false }),
    );
    for (let left = momentTries; ; left--) {
      const led = await this.#leaders(topic).catch(() => 0);
      if (led > 0) return;
      if (left === 0) throw unreachable(this.#where, new Error(`the topic ${topic} was made and has no leader`));
      await moment();
    }
  }

  /** Partitions that have one; 0 while one has none. Errors: nobody knows the topic yet. */
  async #leaders(topic: string): Promise<number> {
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics.flatMap((each) => each.partitions);
    return partitions.every(({ leader }) => leader >= 0) ? partitions.length : 0;
  }

  async close(): Promise<void> {
    await this.#admin.disconnect().catch(() => {});
  }

  async #asked<Result>(ask: () => Promise<Result>): Promise<Result> {
    for (let left = momentTries; ; left--) {
      try {
        return await ask();
      } catch (error) {
        // A group is being given to another broker, or a broker has just come up: over in a moment.
        if (left === 0 || !coordinatorMoves.has(typeOf(error))) throw unreachable(this.#where, error);
        await moment();
      }
    }
  }
}

async function send(
  producer: Producer,
  topic: string,
  records: readonly KafkaRecord[],
  compression: KafkaCompression = 'none',
): Promise<void> {
  try {
    await producer.send({
      topic,
      acks: -1,
      compression: compressionTypes[compression],
      messages: records.map(({ key, value, headers, partition, timestampMs }) => ({
        key: bytesOf(key),
        value: bytesOf(value),
        ...(headers === undefined
          ? {}
          : {
              headers: Object.fromEntries(Object.entries(headers).map(([name, each]) => [name, bytesOf(each) ?? ''])),
            }),
        ...(partition === undefined ? {} : { partition }),
        ...(timestampMs === undefined ? {} : { timestamp: String(timestampMs) }),
      })),
    });
  } catch (error) {
    const type = typeOf(error);
    throw new KafkaRefused(`${topic} did not take ${records.length} messages: ${messageOf(error)}`, {
      tooLarge: type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE',
      cause: error,
    });
  }
}

function bytesOf(value: Uint8Array | string | null): Buffer | string | null {
  if (value === null || typeof value === 'string' || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function unreachable(where: string, error: unknown): KafkaUnreachable {
  if (error instanceof KafkaUnreachable) return error;
  const type = typeOf(error);
  const advice = /AUTHENTICATION|SASL/i.test(`${type} ${messageOf(error)}`)
    ? 'check the user name, the password and the mechanism'
    : type.endsWith('AUTHORIZATION_FAILED')
      ? 'give this user the right to read the topics and to use the group'
      : 'check the address, that the broker is up, and whether it wants TLS or a login';
  return new KafkaUnreachable(`Kafka at ${where} can’t be used: ${messageOf(error)}; ${advice}`, { cause: error });
}

function missingTopics(where: string, missing: readonly string[], there: readonly string[]): KafkaUnreachable {
  const own = there.filter((name) => !name.startsWith('__')).sort();
  const known =
    own.length === 0 ? 'it has none' : `it has ${own.slice(0, 10).join(', ')}${own.length > 10 ? ' …' : ''}`;
  return new KafkaUnreachable(
    `Kafka at ${where} has no topic ${missing.join(', ')}; ${known}: create it or correct the setting`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

let quiet = false;

/** kafkajs 2.2.4 sets timers to times long past, of which Node tells people who can't do anything about it. */
export function quietTimerWarnings(): void {
  if (quiet) return;
  quiet = true;
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] !== 'TimeoutNegativeWarning') Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
}
