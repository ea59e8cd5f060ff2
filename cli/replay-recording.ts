// Recorded events into one replay or several at once, slice by slice: what `backtest` and `why` read through.

import { defaultIntakeLimits, type IntakeLimits } from '../runtime/evaluate/intake.ts';
import type { Replay } from '../runtime/replay.ts';
import { JsonEventDecoder } from '../runtime/sources/json-events.ts';

export interface RecordingOptions {
  /** Schema of events that name none; `null` for the program's only schema. */
  readonly schema: string | null;
  /** What messages call the source. */
  readonly where: string;
  /** The wall clock, epoch ms: recorded events may not lie more than a day ahead of it. */
  readonly now: () => number;
  /** Members of fleets at the beginning, by name; of others it is assumed that there are enough to act on. */
  readonly members?: ReadonlyMap<string, number>;
  /** Called and awaited between chunks: events so far. */
  readonly between?: (events: number) => Promise<void> | void;
}

/** For the replays of a recording. */
export const recordingLimits: IntakeLimits = { ...defaultIntakeLimits, aheadMs: 86_400_000 };

/** Lines judged between two looks at the rest of the world. */
const linesPerSlice = 4096;

/** Every replay sees every event. */
export async function replayRecording(
  replays: readonly Replay[],
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { schema, where, now, between }: RecordingOptions,
): Promise<void> {
  const readers = replays.map((replay) => ({
    replay,
    decoder: new JsonEventDecoder(replay.session.intake, { schema, where, now }),
  }));
  for await (const chunk of chunks) {
    for (const { replay, decoder } of readers) {
      for (let at = 0; at < chunk.length; ) {
        at = decoder.decode(chunk, linesPerSlice, at);
        replay.drain();
      }
    }
    await between?.(replays[0]?.counts.events ?? 0);
  }
  for (const { replay, decoder } of readers) {
    decoder.end();
    replay.end();
  }
}
