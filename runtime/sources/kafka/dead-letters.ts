// Messages of which nothing could be used, on their way to a topic of their own with the reason beside them. In order,
// bounded, tried again until they are there: an offset is committed only when what was poisonous before it is.

import type { DeadLetter } from '../../evaluate/intake.ts';
import {
  type KafkaHeaderValue,
  type KafkaMessage,
  type KafkaPartition,
  type KafkaProducer,
  type KafkaRecord,
  KafkaRefused,
} from '../../ports/kafka-port.ts';
import type { Timers } from '../../ports/timers.ts';

/** Letters that wait from which on nothing more is read. */
const waitingMax = 1_000;
const letterBytesPerSend = 512 * 1024;
const retryMsMin = 500;
const retryMsMax = 30_000;

/** What a letter's headers are called; what the message itself had stays beside them. */
export const letterHeaders = {
  reason: 'ddl-reason',
  message: 'ddl-message',
  topic: 'ddl-topic',
  partition: 'ddl-partition',
  offset: 'ddl-offset',
  /** When the message itself was written, epoch ms: the letter's own time is that of its writing, by which it is kept. */
  timestamp: 'ddl-timestamp',
  /** The value was too large for the topic and was left out. */
  withoutValue: 'ddl-without-value',
} as const;

export interface DeadLetterOptions {
  readonly topic: string;
  readonly producer: KafkaProducer;
  readonly timers: Timers;
  /** A sentence for people, told once for each trouble. */
  readonly onTrouble: (message: string) => void;
}

export class DeadLetterTopic {
  readonly #options: DeadLetterOptions;
  #waiting: KafkaRecord[] = [];
  #working: Promise<void> | null = null;
  #added = 0;
  #sent = 0;
  #waiters: { readonly upTo: number; readonly resolve: () => void }[] = [];
  #troubled = false;
  #closed = false;
  #wake: () => void = () => {};

  constructor(options: DeadLetterOptions) {
    this.#options = options;
  }

  /** Letters that are in the topic. */
  get sent(): number {
    return this.#sent;
  }

  get accepting(): boolean {
    return this.#waiting.length < waitingMax;
  }

  add(partition: KafkaPartition, message: KafkaMessage, { reason, message: why }: DeadLetter): void {
    const own = Object.entries(message.headers ?? {}).flatMap(([name, value]): [string, KafkaHeaderValue][] => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name, first]];
    });
    const { topic, partition: number } = partition;
    this.#waiting.push({
      // A copy: the message lies in the memory of a whole fetch.
      key: message.key === null ? null : Buffer.from(message.key),
      value: message.value === null ? null : Buffer.from(message.value),
      headers: {
        ...Object.fromEntries(own),
        [letterHeaders.reason]: reason,
        [letterHeaders.message]: why.slice(0, 1_000),
        [letterHeaders.topic]: topic,
        [letterHeaders.partition]: String(number),
        [letterHeaders.offset]: message.offset,
        [letterHeaders.timestamp]: message.timestamp,
      },
    });
    this.#added++;
    this.#working ??= this.#work();
  }

  /** Resolves when every letter added so far is in the topic. */
  settled(): Promise<void> {
    if (this.#sent >= this.#added) return Promise.resolve();
    const upTo = this.#added;
    return new Promise((resolve) => this.#waiters.push({ upTo, resolve }));
  }

  /** What waits is no longer sent: its offsets are not committed, so that another engine finds it again. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async #work(): Promise<void> {
    let retryMs = retryMsMin;
    while (this.#waiting.length > 0 && !this.#closed) {
      const count = this.#sendable();
      try {
        await this.#options.producer.send(this.#options.topic, this.#waiting.slice(0, count));
      } catch (error) {
        if (error instanceof KafkaRefused && error.tooLarge) this.#shrink(count);
        else {
          this.#tell(error);
          await this.#pause(retryMs);
          retryMs = Math.min(retryMsMax, retryMs * 2);
        }
        continue;
      }
      retryMs = retryMsMin;
      this.#troubled = false;
      this.#waiting.splice(0, count);
      this.#sent += count;
      for (const { resolve } of this.#waiters.filter(({ upTo }) => upTo <= this.#sent)) resolve();
      this.#waiters = this.#waiters.filter(({ upTo }) => upTo > this.#sent);
    }
    this.#working = null;
  }

  #sendable(): number {
    let bytes = 0;
    let count = 0;
    for (const { value } of this.#waiting) {
      bytes += value?.length ?? 0;
      if (count > 0 && bytes > letterBytesPerSend) break;
      count++;
    }
    return count;
  }

  /** The topic takes no message so large: the letter goes without what it is about, which is still in its own topic. */
  #shrink(count: number): void {
    const sending = this.#waiting.slice(0, count);
    const largest = sending.reduce(
      (most, { value }, at) => (sizeOf(value) > sizeOf(sending[most].value) ? at : most),
      0,
    );
    const letter = sending[largest];
    // With its reason alone it was refused too: there is nothing left to leave out.
    if (letter.value === null) {
      this.#waiting.splice(largest, 1);
      this.#added--;
      return;
    }
    this.#waiting[largest] = {
      ...letter,
      value: null,
      headers: { ...letter.headers, [letterHeaders.withoutValue]: 'true' },
    };
  }

  #tell(error: unknown): void {
    if (this.#troubled) return;
    this.#troubled = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.onTrouble(
      `dead letters can’t be written: ${reason}; they are kept and tried again, and no offset behind them is committed`,
    );
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.timers.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

function sizeOf(value: Uint8Array | string | null): number {
  return value?.length ?? 0;
}
