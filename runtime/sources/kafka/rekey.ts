// Gives telemetry a key that came without one: reads a topic in a group of its own, cuts each message by key, and writes the
// parts to another topic, where a key's events then live on one partition. What was read is committed when its parts are
// written; after a failure some are written twice, which changes no decision.

import type { TagMeta } from '../../contract.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  type KafkaBatch,
  type KafkaMember,
  type KafkaMessage,
  type KafkaPartition,
  type KafkaPort,
  type KafkaProducer,
  type KafkaRecord,
  KafkaRefused,
  type KafkaTurn,
} from '../../ports/kafka-port.ts';
import type { Timers } from '../../ports/timers.ts';
import { DeadLetterTopic } from './dead-letters.ts';
import { limitTelling } from './limit-telling.ts';
import { splitTelemetry } from './split-telemetry.ts';

export interface RekeyOptions {
  readonly port: KafkaPort;
  readonly group: string;
  readonly from: string;
  readonly to: string;
  /** Of `to`, when it has to be created. */
  readonly partitions: number;
  /** Where a group that has never committed begins. */
  readonly startFrom: 'end' | 'beginning';
  /** The key of the schema that reads `to`; asked for each message, since another program may run. */
  readonly key: () => TagMeta;
  readonly deadLetterTopic: string | null;
  readonly clock: Clock;
  readonly timers: Timers;
  /** One sentence for people. */
  readonly onTrouble: (message: string) => void;
  readonly times?: {
    readonly drainMs?: number;
    readonly sessionTimeoutMs?: number;
    readonly heartbeatMs?: number;
    readonly fetchWaitMs?: number;
  };
}

/** Work before everybody else has a turn. */
const workMs = 8;
/** Parts that are sent at once, by their bytes. */
const bytesPerSend = 256 * 1024;
const breathMs = 200;
const retryMsMin = 250;
const retryMsMax = 10_000;
const prepareAgainMs = 1_000;

export class Rekey {
  readonly #options: RekeyOptions;
  readonly #producer: KafkaProducer;
  readonly #letters: DeadLetterTopic | null;
  /** By partition, the offset up to which everything is written. */
  readonly #written = new Map<string, KafkaPartition & { readonly offset: number }>();
  #member: KafkaMember | null = null;
  #epoch = 0;
  #stopping = false;
  #toldKeyless = false;
  /** Messages read, parts written, parts without a key, messages that are no telemetry. */
  readonly counts = { messages: 0, parts: 0, keyless: 0, poison: 0 };

  private constructor(options: RekeyOptions, producer: KafkaProducer) {
    this.#options = { ...options, onTrouble: limitTelling(options.onTrouble, options.clock) };
    this.#producer = producer;
    const { deadLetterTopic, timers, onTrouble } = this.#options;
    this.#letters =
      deadLetterTopic === null ? null : new DeadLetterTopic({ topic: deadLetterTopic, producer, timers, onTrouble });
  }

  /** Joins the group. Errors: `KafkaUnreachable`. */
  static async start(options: RekeyOptions): Promise<Rekey> {
    const { port, to, partitions, deadLetterTopic } = options;
    await port.ensureTopic(to, partitions);
    if (deadLetterTopic !== null) await port.ensureTopic(deadLetterTopic, 1);
    const rekey = new Rekey(options, await port.producer());
    await rekey.#join();
    return rekey;
  }

  async #join(): Promise<void> {
    const { port, group, from, times, onTrouble } = this.#options;
    this.#member = await port.join(
      { group, topics: [from], drainMs: 10_000, ...times },
      {
        assigned: (partitions, member) => {
          this.#member = member;
          this.#written.clear();
          void this.#begin(partitions, member, ++this.#epoch);
        },
        revoked: () => this.#commit(),
        batch: (batch, turn) => this.#take(batch, turn),
        trouble: onTrouble,
      },
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#member?.leave();
    this.#letters?.close();
    await this.#producer.close().catch(() => {});
  }

  async #begin(partitions: readonly KafkaPartition[], member: KafkaMember, epoch: number): Promise<void> {
    const { port, group, from, startFrom, timers, onTrouble } = this.#options;
    while (epoch === this.#epoch && !this.#stopping) {
      try {
        const [ranges, commits] = await Promise.all([port.ranges(from), port.committed(group, [from])]);
        if (epoch !== this.#epoch) return;
        for (const each of partitions) {
          const same = ({ partition }: KafkaPartition): boolean => partition === each.partition;
          const { low = 0, high = 0 } = ranges.find(same) ?? {};
          const committed = commits.find(same)?.offset ?? (startFrom === 'end' ? high : low);
          member.begin(each, committed > high ? low : Math.max(low, committed));
        }
        return;
      } catch (error) {
        onTrouble(`${from} can’t be taken up to be given keys: ${reasonOf(error)}; it is tried again`);
        await new Promise<void>((resolve) => timers.after(prepareAgainMs, resolve));
      }
    }
  }

  async #take(batch: KafkaBatch, turn: KafkaTurn): Promise<number> {
    const { clock } = this.#options;
    const { messages, topic, partition } = batch;
    let records: KafkaRecord[] = [];
    let bytes = 0;
    let done = Number(messages[0]?.offset ?? 0);
    let begun = clock.monotonicMs();
    for (const [index, message] of messages.entries()) {
      for (const record of this.#split(batch, message)) {
        records.push(record);
        bytes += record.value?.length ?? 0;
      }
      const last = index === messages.length - 1;
      if (bytes >= bytesPerSend || last || clock.monotonicMs() - begun >= workMs) {
        if (!(await this.#send(records, turn))) return done;
        [records, bytes] = [[], 0];
        done = last ? batch.end : Number(message.offset) + 1;
        this.#written.set(`${topic} ${partition}`, { topic, partition, offset: done });
        if (!last && !(await turn.breathe())) return done;
        begun = clock.monotonicMs();
      }
    }
    await this.#commit();
    return done;
  }

  #split(place: KafkaPartition, message: KafkaMessage): readonly KafkaRecord[] {
    this.counts.messages++;
    if (message.value === null) return [];
    try {
      const timestampMs = Number(message.timestamp);
      return splitTelemetry(message.value, this.#options.key()).map(({ key, value }) => {
        if (key === null) this.#tellKeyless();
        this.counts.parts++;
        return { key, value, timestampMs };
      });
    } catch (error) {
      this.counts.poison++;
      const where = `${place.topic}/${place.partition}:${message.offset}`;
      const why = `the message is no telemetry that can be given a key: ${reasonOf(error)} (${where})`;
      this.#letters?.add(place, message, { reason: 'bad-otlp', message: why, where, excerpt: '' });
      return [];
    }
  }

  /** Tries until it is done. False when the partition was taken away meanwhile. */
  async #send(records: readonly KafkaRecord[], turn: KafkaTurn): Promise<boolean> {
    const { to, timers, onTrouble } = this.#options;
    for (let retryMs = retryMsMin; ; retryMs = Math.min(retryMsMax, retryMs * 2)) {
      try {
        if (records.length > 0) await this.#breathing(this.#producer.send(to, records), turn);
        if (this.#letters !== null) await this.#breathing(this.#letters.settled(), turn);
        return true;
      } catch (error) {
        if (error instanceof KafkaRefused && error.tooLarge && records.length > 1) {
          // One by one: the others shall not wait for the one that is too large.
          for (const record of records) if (!(await this.#send([record], turn))) return false;
          return true;
        }
        if (error instanceof KafkaRefused && error.tooLarge) {
          onTrouble(
            `a part of ${records[0]?.value?.length ?? 0} bytes is larger than ${to} takes and was left out: raise its \`max.message.bytes\``,
          );
          return true;
        }
        onTrouble(`${to} can’t be written: ${reasonOf(error)}; it is tried again`);
        await new Promise<void>((resolve) => timers.after(retryMs, resolve));
        if (!(await turn.breathe())) return false;
      }
    }
  }

  /** Heartbeats go on while something slow is waited for. */
  async #breathing(work: Promise<void>, turn: KafkaTurn): Promise<void> {
    let over = false;
    const end = work.finally(() => {
      over = true;
    });
    end.catch(() => {});
    while (!over) {
      const pause = new Promise<void>((resolve) => this.#options.timers.after(breathMs, resolve));
      await Promise.race([end, pause]);
      if (!over) await turn.breathe();
    }
    await end;
  }

  async #commit(): Promise<void> {
    const offsets = [...this.#written.values()].map((each) => ({ ...each, metadata: '' }));
    if (offsets.length === 0 || this.#member === null) return;
    try {
      await this.#member.commit(offsets);
      this.#written.clear();
    } catch {
      // Written twice at worst.
    }
  }

  #tellKeyless(): void {
    this.counts.keyless++;
    if (this.#toldKeyless) return;
    this.#toldKeyless = true;
    const { name, from } = this.#options.key();
    const words = name === from ? `\`${name}\`` : `\`${from}\``;
    this.#options.onTrouble(
      `resources in ${this.#options.from} come without ${words}, by which they should be told apart: they are passed on without a key; let their senders set it as a resource attribute`,
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
