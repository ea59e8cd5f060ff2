// From which offset on a partition must be read again so that its state is what it is now: remembered as events pass,
// because an offset's event time is known to nobody else, and kept by the broker beside the committed offset.

import { z } from 'zod';
import type { ProgramMeta } from '../../contract.ts';

/** Marks over one look-back at most; what is read again is longer than needed by one part of so many. */
const marksPerLookBack = 64;
const spacingMsMin = 1_000;

const noteSchema = z.object({ ddl: z.literal(1), from: z.int().min(0) });

/** What stands beside a committed offset. */
export function noteOf(from: number): string {
  return JSON.stringify({ ddl: 1, from });
}

/** Where to read from, as an engine has noted it; `null` when the note is somebody else's. */
export function readNote(metadata: string): number | null {
  try {
    const read = noteSchema.safeParse(JSON.parse(metadata));
    return read.success ? read.data.from : null;
  } catch {
    return null;
  }
}

/** How far back in event time the state of a program goes, lateness included. */
export function lookBackMsOf({ schemas }: ProgramMeta): number {
  return Math.max(0, ...schemas.map(({ lookBackMs, latenessMs }) => lookBackMs + latenessMs));
}

export class LookBackMarks {
  readonly #lookBackMs: () => number;
  /** Ascending in both: every event before `offset` has a time of at most `time`. */
  #marks: { readonly time: number; readonly offset: number }[];

  /**
   * `lookBackMs`: of the program at hand, windows, timers and lateness together. `start`: where this state itself was
   * read from.
   */
  constructor(lookBackMs: () => number, start: number) {
    this.#lookBackMs = lookBackMs;
    this.#marks = [{ time: Number.NEGATIVE_INFINITY, offset: start }];
  }

  /** All events before `offset` have been handled; the greatest time among them is `timeMax`. */
  pass(offset: number, timeMax: number): void {
    const last = this.#marks[this.#marks.length - 1];
    if (timeMax === Number.NEGATIVE_INFINITY) return;
    const lookBackMs = this.#lookBackMs();
    if (timeMax < last.time + Math.max(spacingMsMin, lookBackMs / marksPerLookBack)) return;
    this.#marks.push({ time: timeMax, offset });
    // The newest one from which on all that still counts is read; what lies before it is of no use any more.
    const target = timeMax - lookBackMs;
    let first = 0;
    while (first + 1 < this.#marks.length && this.#marks[first + 1].time < target) first++;
    if (first > 0) this.#marks = this.#marks.slice(first);
  }

  /** The offset to read from to have the state of now. */
  get from(): number {
    return this.#marks[0].offset;
  }
}
