// The rule tester was given the k-th event of a recording's key at tick k, evenly spaced, while the recording itself
// jitters by a second: between ticks 1 and 3 lie 120 s there and 119 s in the recording. This gives a case's events the
// times that the tester saw, and firings back the times of the recording.

import { type Firing, keyOf, type OracleCase, type OracleEvent } from './cases.ts';

export interface NominalRecording {
  readonly events: readonly OracleEvent[];
  /** The same firings at the recorded times of their events. */
  recorded(firings: readonly Firing[]): readonly Firing[];
}

const known = new Map<string, NominalRecording>();

/** Of a case on a recording; computed once for each recording. */
export function nominalTicks(oracle: OracleCase, events: readonly OracleEvent[]): NominalRecording {
  const name = `${oracle.events_file}/${oracle.eval_interval_s}`;
  const nominal = known.get(name) ?? spaceEvenly(oracle, events);
  known.set(name, nominal);
  return nominal;
}

function spaceEvenly(oracle: OracleCase, events: readonly OracleEvent[]): NominalRecording {
  const tag = keyOf(oracle);
  const intervalMs = oracle.eval_interval_s * 1000;
  const start = Math.min(...events.map((event) => Date.parse(event.timestamp)));
  const times = new Map<string, number[]>();
  const moved = events.map((event) => {
    const key = event.tags[tag];
    const own = times.get(key) ?? [];
    times.set(key, own);
    own.push(Date.parse(event.timestamp));
    return { ...event, timestamp: new Date(start + (own.length - 1) * intervalMs).toISOString() };
  });
  const recordedAt = (key: string, at: number): number => times.get(key)?.[(at - start) / intervalMs] ?? Number.NaN;
  return {
    events: moved.sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp)),
    recorded: (firings) =>
      firings.map(({ key, firedAt, resolvedAt }) => ({
        key,
        firedAt: recordedAt(key, firedAt),
        resolvedAt: resolvedAt === null ? null : recordedAt(key, resolvedAt),
      })),
  };
}
