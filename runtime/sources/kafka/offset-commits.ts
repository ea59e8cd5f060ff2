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

interface SnapshotRound {
  readonly everyMs: number;
  left: number;
  readonly untilMs: number;
}

/** How long states are written down for a hand-over; whoever gets none is read again from the log. */
const snapshotWorkMs = 2_000;

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
    const round = this.#round(last);
    const marks = [...lanes()]
      .filter((lane) => lane.phase === 'live' && lane.epoch === current)
      .map((lane) => this.#mark(lane, round))
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

  /** Writing a state down keeps everybody waiting: one at a time or, at a hand-over, all for which there is time. */
  #round(last: boolean): SnapshotRound {
    const { clock, snapshotEveryMs } = this.#options;
    return last
      ? { everyMs: 0, left: Number.POSITIVE_INFINITY, untilMs: clock.monotonicMs() + snapshotWorkMs }
      : { everyMs: snapshotEveryMs, left: 1, untilMs: Number.POSITIVE_INFINITY };
  }

  #mark(lane: PartitionLane, round: SnapshotRound): Mark {
    const commit = { ...lane.partition, offset: lane.position, metadata: noteOf(lane.from) };
    return { lane, commit, state: this.#snapshot(lane, round) };
  }

  #snapshot(lane: PartitionLane, round: SnapshotRound): Uint8Array | null {
    const { snapshots, clock } = this.#options;
    if (snapshots === null || !lane.atRest || lane.position <= lane.snapshotOffset) return null;
    const now = clock.monotonicMs();
    if (round.left === 0 || now > round.untilMs || now - lane.snapshotAtMs < round.everyMs) return null;
    round.left--;
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
