// Snapshots of partitions for whoever takes them up next: the state as of an offset, and from where on the log would have
// to be read to have the same without it.

import type { KafkaPartition } from '../../ports/kafka-port.ts';

/** What the ledger keeps; the newest by offset counts. */
export interface SnapshotShelf {
  put(snapshot: {
    readonly group: string;
    readonly topic: string;
    readonly partition: number;
    readonly bundleHash: string;
    readonly offset: number;
    readonly bytes: Uint8Array;
  }): Promise<unknown>;
  newest(key: {
    readonly group: string;
    readonly topic: string;
    readonly partition: number;
    readonly bundleHash: string;
  }): Promise<{ readonly offset: number; readonly bytes: Uint8Array } | null>;
}

export interface LoadedSnapshot {
  readonly offset: number;
  readonly from: number;
  readonly state: Uint8Array;
}

export interface PartitionSnapshotsOptions {
  readonly shelf: SnapshotShelf;
  readonly group: string;
  /** Of the program at hand: another one's state means nothing to it. */
  readonly bundleHash: () => string;
}

const headBytes = 8;

export class PartitionSnapshots {
  readonly #options: PartitionSnapshotsOptions;

  constructor(options: PartitionSnapshotsOptions) {
    this.#options = options;
  }

  async load({ topic, partition }: KafkaPartition): Promise<LoadedSnapshot | null> {
    const { shelf, group, bundleHash } = this.#options;
    const found = await shelf.newest({ group, topic, partition, bundleHash: bundleHash() });
    if (found === null || found.bytes.length < headBytes) return null;
    const { buffer, byteOffset } = found.bytes;
    const from = new DataView(buffer, byteOffset).getFloat64(0, true);
    return { offset: found.offset, from, state: found.bytes.subarray(headBytes) };
  }

  async save({ topic, partition }: KafkaPartition, offset: number, from: number, state: Uint8Array): Promise<void> {
    const { shelf, group, bundleHash } = this.#options;
    const bytes = new Uint8Array(headBytes + state.length);
    new DataView(bytes.buffer).setFloat64(0, from, true);
    bytes.set(state, headBytes);
    await shelf.put({ group, topic, partition, bundleHash: bundleHash(), offset, bytes });
  }
}
