// The state of a partition as of an offset, so that the next engine need not read everything again: the newest per
// partition and bundle.

export interface SnapshotKey {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly bundleHash: string;
}

export interface PartitionSnapshot extends SnapshotKey {
  /** The next offset to read; whole and not negative, below 2^53. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** When it was taken, epoch ms. */
  readonly at: number;
}

export interface SnapshotStore {
  /** `older`: one of a higher offset is there and stays. Errors: `LedgerRejected` for one that is too large. */
  put(snapshot: Omit<PartitionSnapshot, 'at'>): Promise<'stored' | 'older'>;
  newest(key: SnapshotKey): Promise<PartitionSnapshot | null>;
  /** What there is of a partition, whatever the bundle, newest first, without bytes. */
  list(key: Omit<SnapshotKey, 'bundleHash'>): Promise<readonly Omit<PartitionSnapshot, 'bytes'>[]>;
  /** Deletes all of a group's that were taken before `at` (epoch ms); how many. */
  drop(group: string, at: number): Promise<number>;
}
