// Looks after partitions that are assigned, have more to read, and bring nothing: clients have been seen to stay like that
// for hours without a word. Also tells true lag, and of messages that were deleted before they were read.

import type { Clock } from '../../ports/clock.ts';
import type { KafkaMember, KafkaPort } from '../../ports/kafka-port.ts';
import type { PartitionLane } from './partition-lane.ts';

export interface StallWatchOptions {
  readonly port: KafkaPort;
  readonly topics: readonly string[];
  readonly clock: Clock;
  readonly lanes: () => Iterable<PartitionLane>;
  readonly member: () => KafkaMember | null;
  readonly stallMs: number;
  readonly tell: (message: string) => void;
  /** Makes the connection anew. */
  readonly reconnect: () => void;
}

/** When a new connection has not helped, the next one waits twice as long, up to this. */
const stallMsMax = 600_000;
const namesShown = 5;

export class StallWatch {
  readonly #options: StallWatchOptions;
  #stallMs: number;
  #looking = false;

  constructor(options: StallWatchOptions) {
    this.#options = options;
    this.#stallMs = options.stallMs;
  }

  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      await this.#readRanges();
      this.#findStalled();
    } catch (error) {
      // Nobody who can't be asked can be said to have more to read.
      this.#options.tell(error instanceof Error ? error.message : String(error));
    } finally {
      this.#looking = false;
    }
  }

  async #readRanges(): Promise<void> {
    const { port, topics, clock, lanes, member, tell } = this.#options;
    const askedAtMs = clock.monotonicMs();
    const ranges = (await Promise.all(topics.map((topic) => port.ranges(topic)))).flat();
    for (const lane of lanes()) {
      const { topic, partition } = lane.partition;
      const range = ranges.find((each) => each.topic === topic && each.partition === partition);
      if (range === undefined) continue;
      lane.told(range.high, askedAtMs);
      if (lane.held || !lane.atRest || lane.position < 0 || lane.position >= range.low) continue;
      tell(
        `${range.low - lane.position} messages of ${topic}/${partition} were deleted before they were read, from offset ${lane.position} on: they are missing to policies; keep messages longer (\`retention.ms\`, \`retention.bytes\`), or add engines`,
      );
      lane.pass(range.low);
      member()?.begin(lane.partition, range.low);
    }
  }

  #findStalled(): void {
    const { clock, lanes, stallMs, tell, reconnect } = this.#options;
    const now = clock.monotonicMs();
    const all = [...lanes()];
    const stalled = all.filter(
      ({ held, lag, heardAtMs, heldAtMs }) => now - (held ? heldAtMs : heardAtMs) > this.#stallMs && (held || lag > 0),
    );
    if (stalled.length === 0) {
      if (all.some(({ held, heardAtMs }) => !held && now - heardAtMs < stallMs)) this.#stallMs = stallMs;
      return;
    }
    const names = stalled
      .slice(0, namesShown)
      .map(({ partition, lag }) => `${partition.topic}/${partition.partition} (${lag})`);
    tell(
      `${stalled.length} of ${all.length} partitions bring nothing for ${this.#stallMs} ms though they have more to read: ${names.join(', ')}${stalled.length > namesShown ? ' …' : ''}; the connection is made anew`,
    );
    this.#stallMs = Math.min(stallMsMax, this.#stallMs * 2);
    reconnect();
  }
}
