// One member of a consumer group on kafkajs, which has no hook before partitions are taken away: the group's wish is
// heard at our own heartbeats between slices, and the handlers' drain then runs before the client joins anew. Whatever
// ends the client is begun anew, with a sentence that says why.

import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { stickyAssigner } from './kafka-assigner.ts';
import {
  type KafkaCommit,
  type KafkaGroupOptions,
  type KafkaMember,
  type KafkaMemberHandlers,
  type KafkaPartition,
  KafkaRefused,
  type KafkaTurn,
} from './kafka-port.ts';

/** What tells a member that the group is being shared out anew, or was without it. */
const rebalancing = new Set([
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
]);
/** Between an end of the client that it doesn't recover from itself and a new start. */
const restartMs = 2_000;

export async function joinGroup(
  kafka: Kafka,
  options: KafkaGroupOptions,
  handlers: KafkaMemberHandlers,
): Promise<KafkaMember> {
  const member = new GroupMember(kafka, options, handlers);
  await member.start();
  return member;
}

class GroupMember implements KafkaMember {
  readonly #consumer: Consumer;
  readonly #options: KafkaGroupOptions;
  readonly #handlers: KafkaMemberHandlers;
  /** What this member has state of, told to the group at each join. */
  #owned: readonly KafkaPartition[];
  /** Under way from the first sign of a rebalance until the group has been joined. */
  #revoking: Promise<void> | null = null;
  #leaving = false;
  #restart: NodeJS.Timeout | null = null;

  constructor(kafka: Kafka, options: KafkaGroupOptions, handlers: KafkaMemberHandlers) {
    this.#options = options;
    this.#owned = options.owned ?? [];
    this.#handlers = handlers;
    this.#consumer = kafka.consumer({
      groupId: options.group,
      partitionAssigners: [stickyAssigner(() => this.#owned)],
      sessionTimeout: options.sessionTimeoutMs ?? 10_000,
      // Members that are slow to come back are waited for: longer than a drain may take.
      rebalanceTimeout: Math.max(60_000, options.drainMs * 3),
      heartbeatInterval: options.heartbeatMs ?? 2_000,
      maxWaitTimeInMs: options.fetchWaitMs ?? 100,
      maxBytesPerPartition: options.partitionBytesMax ?? 1 << 20,
      maxBytes: options.fetchBytesMax ?? 4 << 20,
      minBytes: 1,
      metadataMaxAge: 60_000,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        // About a minute of a broker's absence: a client that ends is another member when it comes back.
        retries: 30,
        restartOnFailure: async () => !this.#leaving,
      },
    });
  }

  async start(): Promise<void> {
    const { events } = this.#consumer;
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment));
    this.#consumer.on(events.REBALANCING, () => void this.#revoke());
    this.#consumer.on(events.START_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset } }) => {
      // Of what nobody is shown, the client calls no handler.
      if (batchSize === 0 && this.#revoking === null)
        this.#handlers.passed?.({ topic, partition }, Number(lastOffset) + 1);
    });
    this.#consumer.on(events.CRASH, ({ payload }) => {
      void this.#revoke();
      if (this.#leaving) return;
      // A broker that has just come up says so for a moment.
      if (payload.restart && typeOf(payload.error) === 'GROUP_LOAD_IN_PROGRESS') return;
      this.#handlers.trouble(`the Kafka consumer stopped: ${payload.error.message}; it is started again`);
      if (!payload.restart) this.#restart = setTimeout(() => void this.#startAnew(), restartMs);
    });
    await this.#consumer.connect();
    await this.#run();
  }

  async #run(): Promise<void> {
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#batch(payload),
    });
  }

  async #startAnew(): Promise<void> {
    try {
      await this.#consumer.connect();
      await this.#run();
    } catch (error) {
      if (this.#leaving) return;
      this.#handlers.trouble(`the Kafka consumer can’t be started: ${messageOf(error)}; it is tried again`);
      this.#restart = setTimeout(() => void this.#startAnew(), restartMs);
    }
  }

  #joined(assignment: Readonly<Record<string, readonly number[]>>): void {
    const partitions = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    );
    // Before the first fetch, which follows when this has returned.
    this.#consumer.pause(Object.entries(assignment).map(([topic, numbers]) => ({ topic, partitions: [...numbers] })));
    this.#revoking = null;
    this.#owned = partitions;
    this.#handlers.assigned(partitions, this);
  }

  /** Once for each rebalance, whoever hears of it first. */
  #revoke(): Promise<void> {
    this.#revoking ??= this.#drain();
    return this.#revoking;
  }

  #drain(): Promise<void> {
    return this.#atMost(this.#handlers.revoked().catch(() => {}));
  }

  async #atMost(work: Promise<void>): Promise<void> {
    let late: NodeJS.Timeout | null = null;
    const bound = new Promise<void>((resolve) => {
      late = setTimeout(resolve, this.#options.drainMs);
    });
    await Promise.race([work, bound]);
    if (late !== null) clearTimeout(late);
  }

  async #batch({ batch, heartbeat, resolveOffset, isRunning, isStale }: EachBatchPayload): Promise<void> {
    // Of a fetch that was under way when the group was shared out anew, or somebody went elsewhere.
    if (this.#revoking !== null || !isRunning() || isStale() || batch.messages.length === 0) return;
    let ended: unknown = null;
    const turn: KafkaTurn = {
      breathe: async () => {
        if (ended !== null || this.#revoking !== null || !isRunning() || isStale()) return false;
        await new Promise((resolve) => setImmediate(resolve));
        ended = await beat(heartbeat);
        if (ended === null) return this.#revoking === null && isRunning() && !isStale();
        return false;
      },
    };
    const { topic, partition, messages } = batch;
    const next = await this.#handlers.batch(
      { topic, partition, messages, end: Number(batch.lastOffset()) + 1, highWatermark: Number(batch.highWatermark) },
      turn,
    );
    if (!isStale() && this.#revoking === null) {
      // What follows the last message may be the mark of a transaction, which nobody is shown.
      const handledAll = next > Number(messages[messages.length - 1].offset);
      if (handledAll) resolveOffset(messages[messages.length - 1].offset);
      else if (next > Number(messages[0].offset)) resolveOffset(String(next - 1));
    }
    // The client's own heartbeat would not tell us in time.
    ended ??= await beat(heartbeat);
    if (ended === null) return;
    if (isRebalancing(ended)) await this.#revoke();
    throw ended;
  }

  begin({ topic, partition }: KafkaPartition, offset: number): void {
    this.#consumer.seek({ topic, partition, offset: String(offset) });
    this.#consumer.resume([{ topic, partitions: [partition] }]);
  }

  pause({ topic, partition }: KafkaPartition): void {
    this.#consumer.pause([{ topic, partitions: [partition] }]);
  }

  resume({ topic, partition }: KafkaPartition): void {
    this.#consumer.resume([{ topic, partitions: [partition] }]);
  }

  async commit(offsets: readonly KafkaCommit[]): Promise<void> {
    try {
      await this.#consumer.commitOffsets(
        offsets.map(({ topic, partition, offset, metadata }) => ({
          topic,
          partition,
          offset: String(offset),
          metadata,
        })),
      );
    } catch (error) {
      throw new KafkaRefused(`the offsets were not committed: ${messageOf(error)}`, { cause: error });
    }
  }

  async leave(): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    await this.#revoke();
    // A broker that does not answer must not keep anybody from ending.
    await this.#atMost(this.#consumer.disconnect().catch(() => {}));
  }
}

/** The error of the heartbeat, `null` when all is well. */
async function beat(heartbeat: () => Promise<void>): Promise<unknown> {
  try {
    await heartbeat();
    return null;
  } catch (error) {
    return error ?? new Error('the heartbeat failed');
  }
}

function isRebalancing(error: unknown): boolean {
  return rebalancing.has(typeOf(error));
}

/** Kafka's name of what went wrong, or of its cause; empty for anything else. */
export function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'type' in error ? String(error.type) : typeOf(error.cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
