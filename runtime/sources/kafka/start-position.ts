// Where a partition is taken up: from a snapshot, else from as far back as its predecessor noted beside the committed
// offset, else by the time of messages. What lies before the committed offset was decided and is only read again.

import type { KafkaPartition, KafkaPort } from '../../ports/kafka-port.ts';
import { readNote } from './look-back-marks.ts';
import type { PartitionLane } from './partition-lane.ts';
import type { LoadedSnapshot, PartitionSnapshots } from './partition-snapshots.ts';

/** `end`: what is in the topic already is read for its state alone. `beginning`: all of it is judged. */
export type StartFrom = 'end' | 'beginning';

export interface StartPosition {
  /** The state at hand is right as of `position`: it goes on from there. */
  readonly keep: boolean;
  readonly position: number;
  /** From where the state at `position` was or is read. */
  readonly from: number;
  readonly liveFrom: number;
  readonly snapshot: LoadedSnapshot | null;
}

export interface StartQuestion {
  readonly partition: KafkaPartition;
  readonly range: { readonly low: number; readonly high: number };
  readonly committed: { readonly offset: number | null; readonly metadata: string } | null;
  /** The lane that is there from before the group was shared out anew. */
  readonly known: PartitionLane | null;
  readonly port: KafkaPort;
  readonly startFrom: StartFrom;
  /** The group has committed nothing of this topic. */
  readonly newGroup: boolean;
  readonly lookBackMs: number;
  readonly now: number;
  readonly snapshots: PartitionSnapshots | null;
}

/** A partition that is added to a topic is found and given to somebody within a fraction of this. */
const addedWithinMs = 600_000;

export async function findStart(question: StartQuestion): Promise<StartPosition> {
  const { partition, range, committed, known, lookBackMs, snapshots } = question;
  const { low, high } = range;
  const noted = committed === null ? null : readNote(committed.metadata);
  const decided = committed?.offset ?? (await firstDecided(question));
  // An offset behind the end is of a topic that was made anew.
  const liveFrom = decided > high ? low : Math.max(low, decided);
  if (known !== null && known.position >= low && known.position <= high && known.position >= (noted ?? 0)) {
    return { keep: true, position: known.position, from: known.from, liveFrom, snapshot: null };
  }
  const snapshot = (await snapshots?.load(partition)) ?? null;
  // One from behind the committed offset holds what may not have been recorded.
  if (snapshot !== null && snapshot.offset <= liveFrom && snapshot.offset >= Math.max(low, noted ?? 0)) {
    return { keep: false, position: snapshot.offset, from: snapshot.from, liveFrom, snapshot };
  }
  const wanted = noted ?? (liveFrom === low ? low : await offsetBefore(question, lookBackMs));
  const position = Math.min(liveFrom, Math.max(low, wanted));
  return { keep: false, position, from: position, liveFrom, snapshot: null };
}

/** From where on a partition is decided on of which nothing is committed. */
async function firstDecided(question: StartQuestion): Promise<number> {
  const { range, startFrom, newGroup } = question;
  if (startFrom === 'beginning') return range.low;
  // Where the group has committed others of the topic, this one was added lately, and what came meanwhile counts.
  return newGroup ? range.high : offsetBefore(question, addedWithinMs);
}

/** Of the first message that was written so long ago or later. */
async function offsetBefore({ partition, port, now }: StartQuestion, ms: number): Promise<number> {
  const offsets = await port.offsetsAt(partition.topic, now - ms);
  return offsets.find((each) => each.partition === partition.partition)?.offset ?? 0;
}
