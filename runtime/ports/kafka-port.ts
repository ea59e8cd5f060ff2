// What the engine knows of Kafka: a member of a consumer group, a producer, questions about topics. Nothing of a client
// library shows here. Offsets are numbers: exact below 2^53.

export interface KafkaSettings {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** TLS; with an object, PEM texts: who is trusted, and this client's own certificate. */
  readonly ssl?: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  } | null;
}

export interface KafkaPartition {
  readonly topic: string;
  readonly partition: number;
}

export type KafkaHeaderValue = Uint8Array | string;

export interface KafkaMessage {
  readonly key: Uint8Array | null;
  /** `null` for a tombstone. */
  readonly value: Uint8Array | null;
  /** Decimal: made a number only where somebody asks. */
  readonly offset: string;
  /** When it was produced or appended, epoch ms, decimal. */
  readonly timestamp: string;
  readonly headers?: Readonly<Record<string, KafkaHeaderValue | KafkaHeaderValue[] | undefined>>;
}

/** Messages of one partition in order, as one fetch brought them. */
export interface KafkaBatch extends KafkaPartition {
  readonly messages: readonly KafkaMessage[];
  /** The offset behind all that the fetch brought, marks of transactions included. */
  readonly end: number;
  /** The offset that the next message to be written will have, as of the fetch. */
  readonly highWatermark: number;
}

/** What a handler of a batch must ask between two slices of its work, each of 50 ms at most. */
export interface KafkaTurn {
  /** Lets heartbeats and everybody else have their turn. False when the partition is to be given up: stop at once. */
  breathe(): Promise<boolean>;
}

export interface KafkaMemberHandlers {
  /**
   * The group has given this member exactly these partitions. None is read before `KafkaMember.begin` is called for it.
   */
  assigned(partitions: readonly KafkaPartition[], member: KafkaMember): void;
  /**
   * All partitions are about to be given up, or already are. The group waits for what this returns where the protocol's
   * client lets it, at most as long as `drainMs`; commits still count meanwhile.
   */
  revoked(): Promise<void>;
  /** Resolves to the offset to go on with: behind the batch's last message when all of it was handled. */
  batch(batch: KafkaBatch, turn: KafkaTurn): Promise<number>;
  /** What lies before `end` is for nobody: marks of transactions, and messages of those that were given up. */
  passed?(partition: KafkaPartition, end: number): void;
  /** Something is wrong and being tried again: one sentence. */
  trouble(message: string): void;
}

export interface KafkaGroupOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** How long a rebalance may be held up by work that is under way. */
  readonly drainMs: number;
  /** What this member has state of from an earlier time: it is given that again where that leaves the shares even. */
  readonly owned?: readonly KafkaPartition[];
  /** After so long without a sign of life the group gives this member's partitions to others. */
  readonly sessionTimeoutMs?: number;
  readonly heartbeatMs?: number;
  /** How long a fetch waits for something new; also how soon a paused member notices that it may go on. */
  readonly fetchWaitMs?: number;
  readonly partitionBytesMax?: number;
  readonly fetchBytesMax?: number;
}

export interface KafkaCommit extends KafkaPartition {
  /** The next message to be read. */
  readonly offset: number;
  /** Kept by the broker beside the offset. */
  readonly metadata: string;
}

export interface KafkaMember {
  /** Reads the partition from `offset` on; also goes back or forth in one that is being read, and ends a pause. */
  begin(partition: KafkaPartition, offset: number): void;
  pause(partition: KafkaPartition): void;
  resume(partition: KafkaPartition): void;
  /** Errors: `KafkaRefused` when the group no longer takes this member's commits, or can't be asked. */
  commit(offsets: readonly KafkaCommit[]): Promise<void>;
  /** Leaves the group; `revoked` is called first. */
  leave(): Promise<void>;
}

export interface KafkaRecord {
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | string | null;
  readonly headers?: Readonly<Record<string, KafkaHeaderValue>>;
  /** Chosen by the key's hash, as Kafka's own clients do, when it is left out. */
  readonly partition?: number;
  /** Epoch ms; now by default. */
  readonly timestampMs?: number;
}

export type KafkaCompression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface KafkaProducer {
  /** Resolves when all replicas in sync have it. Errors: `KafkaRefused`. */
  send(topic: string, records: readonly KafkaRecord[], compression?: KafkaCompression): Promise<void>;
  close(): Promise<void>;
}

export interface KafkaRange extends KafkaPartition {
  /** The first offset that is still there. */
  readonly low: number;
  /** The offset of the next message to be written, or of the first one of a transaction that is still open. */
  readonly high: number;
}

export interface KafkaCommitted extends KafkaPartition {
  /** `null`: the group has committed nothing here. */
  readonly offset: number | null;
  readonly metadata: string;
}

export interface KafkaPort {
  /** Errors: `KafkaUnreachable` when no broker answers, a topic is missing or access is denied. */
  join(options: KafkaGroupOptions, handlers: KafkaMemberHandlers): Promise<KafkaMember>;
  producer(): Promise<KafkaProducer>;
  ranges(topic: string): Promise<readonly KafkaRange[]>;
  committed(group: string, topics: readonly string[]): Promise<readonly KafkaCommitted[]>;
  /** For each partition the first offset whose message was written at or after `timeMs`; the end when there is none. */
  offsetsAt(topic: string, timeMs: number): Promise<readonly (KafkaPartition & { readonly offset: number })[]>;
  topics(): Promise<readonly string[]>;
  /** Creates the topic when it is not there. */
  ensureTopic(topic: string, partitions: number): Promise<void>;
  close(): Promise<void>;
}

/** Kafka could not be asked; the message says what was in the way and what to do. */
export class KafkaUnreachable extends Error {
  override readonly name = 'KafkaUnreachable';
}

/** Kafka did not take a commit or a message. */
export class KafkaRefused extends Error {
  override readonly name = 'KafkaRefused';
  /** Larger than the topic takes: sending it again is of no use. */
  readonly tooLarge: boolean;

  constructor(message: string, options: { readonly tooLarge?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.tooLarge = options.tooLarge ?? false;
  }
}
