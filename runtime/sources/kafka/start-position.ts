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
  readonly lookBackMs: number;
  readonly now: number;
  readonly snapshots: PartitionSnapshots | null;
}

export async function findStart(question: StartQuestion): Promise<StartPosition> {
  const { partition, range, committed, known, startFrom, snapshots } = question;
  const { low, high } = range;
  const noted = committed === null ? null : readNote(committed.metadata);
  // A group that is new decides on what comes from now on, or on all there is.
  const decided = committed?.offset ?? (startFrom === 'beginning' ? low : high);
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
  const wanted = noted ?? (liveFrom === low ? low : await byTime(question));
  const position = Math.min(liveFrom, Math.max(low, wanted));
  return { keep: false, position, from: position, liveFrom, snapshot: null };
}

/** The first message that was written within the look-back. */
async function byTime({ partition, port, lookBackMs, now }: StartQuestion): Promise<number> {
  const offsets = await port.offsetsAt(partition.topic, now - lookBackMs);
  return offsets.find((each) => each.partition === partition.partition)?.offset ?? 0;
}
