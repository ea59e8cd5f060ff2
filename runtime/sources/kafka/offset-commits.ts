// Commits beside the way of events: an offset is remembered with all that arose before it, and committed when that is
// durable. Never blocks the judging of what comes meanwhile. Snapshots are taken with the mark and kept once it counts.

import type { Clock } from '../../ports/clock.ts';
import type { KafkaCommit, KafkaMember } from '../../ports/kafka-port.ts';
import { noteOf } from './look-back-marks.ts';
import type { PartitionLane } from './partition-lane.ts';
import type { PartitionSnapshots } from './partition-snapshots.ts';

export interface OffsetCommitsOptions {
  readonly clock: Clock;
  /** The lanes of now, and the number of the assignment that gave them. */
  readonly lanes: () => Iterable<PartitionLane>;
  readonly epoch: () => number;
  readonly member: () => KafkaMember | null;
  /** Resolves when everything that arose before the call is durable. */
  readonly settled: () => Promise<unknown>;
  readonly snapshots: PartitionSnapshots | null;
  readonly snapshotEveryMs: number;
  readonly onTrouble: (message: string) => void;
  readonly onFailure: (error: unknown) => void;
}

interface Mark {
  readonly lane: PartitionLane;
  readonly commit: KafkaCommit;
  readonly state: Uint8Array | null;
}

export class OffsetCommits {
  readonly #options: OffsetCommitsOptions;
  #working: Promise<void> | null = null;
  commits = 0;
  refused = 0;

  constructor(options: OffsetCommitsOptions) {
    this.#options = options;
  }

  /** One after the other. A `last` one waits for the one under way, and takes a snapshot of everything. */
  async commit(last: boolean): Promise<void> {
    while (this.#working !== null) {
      if (!last) return;
      await this.#working;
    }
    this.#working = this.#once(last).catch((error) => this.#options.onFailure(error));
    try {
      await this.#working;
    } finally {
      this.#working = null;
    }
  }

  async #once(last: boolean): Promise<void> {
    const { member, epoch, lanes, settled } = this.#options;
    const current = epoch();
    const group = member();
    const marks = [...lanes()]
      .filter((lane) => lane.phase === 'live' && lane.epoch === current)
      .map((lane) => this.#mark(lane, last))
      .filter(({ lane, state }) => state !== null || lane.position > lane.committed);
    if (group === null || marks.length === 0) return;
    await settled();
    if (current !== epoch()) return;
    try {
      await group.commit(marks.map(({ commit }) => commit));
    } catch {
      // The group knows better, or will be asked again: nothing is lost, a little is read twice.
      this.refused++;
      return;
    }
    this.commits++;
    for (const { lane, commit } of marks) lane.committed = commit.offset;
    const saving = Promise.all(marks.map((mark) => this.#save(mark)));
    if (last) await saving;
  }

  #mark(lane: PartitionLane, last: boolean): Mark {
    const commit = { ...lane.partition, offset: lane.position, metadata: noteOf(lane.from) };
    return { lane, commit, state: this.#snapshot(lane, last) };
  }

  #snapshot(lane: PartitionLane, last: boolean): Uint8Array | null {
    const { snapshots, snapshotEveryMs, clock } = this.#options;
    if (snapshots === null || !lane.atRest || lane.position <= lane.snapshotOffset) return null;
    const now = clock.monotonicMs();
    if (!last && now - lane.snapshotAtMs < snapshotEveryMs) return null;
    lane.snapshotAtMs = now;
    return lane.session.snapshot();
  }

  async #save({ lane, commit, state }: Mark): Promise<void> {
    if (state === null) return;
    try {
      await this.#options.snapshots?.save(lane.partition, commit.offset, lane.from, state);
      lane.snapshotOffset = commit.offset;
    } catch (error) {
      const { topic, partition } = lane.partition;
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.onTrouble(
        `the state of partition ${partition} of ${topic} could not be saved: ${reason}; whoever takes it up reads further back`,
      );
    }
  }
}
