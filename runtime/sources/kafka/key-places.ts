// Whether a key comes on one partition only: state is kept by partition, so that a key on two has half of it in each.
// Looks at keys when they are new, a bounded number of them, and tells of a few.

import type { KafkaPartition } from '../../ports/kafka-port.ts';

const keysMax = 200_000;
const toldMax = 5;

export class KeyPlaces {
  readonly #places = new Map<string, KafkaPartition>();
  readonly #tell: (message: string) => void;
  /** Keys that were seen on a second partition. */
  split = 0;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** A key that `partition` has not had before. */
  see(schema: string, key: string, partition: KafkaPartition): void {
    const name = `${schema}\0${key}`;
    const known = this.#places.get(name);
    if (known === undefined) {
      if (this.#places.size < keysMax) this.#places.set(name, partition);
      return;
    }
    if (known.topic === partition.topic && known.partition === partition.partition) return;
    this.split++;
    if (this.split > toldMax) return;
    const places = `partition ${known.partition} of ${known.topic} and partition ${partition.partition} of ${partition.topic}`;
    const rest = this.split === toldMax ? '; further keys are counted and not told' : '';
    this.#tell(
      `the key \`${key}\` of schema \`${schema}\` comes on ${places}: each holds a part of its events, and policies see only one; let its senders use it as the message’s key, or set \`sources.kafka.rekey\`${rest}`,
    );
  }
}
