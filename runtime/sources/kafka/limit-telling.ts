// The same sentence again and again helps nobody: it is told once in a while.

import type { Clock } from '../../ports/clock.ts';

const againMs = 60_000;
const sentencesMax = 100;

/** Passes each sentence on, unless it was told within the last minute. */
export function limitTelling(tell: (message: string) => void, clock: Clock): (message: string) => void {
  const told = new Map<string, number>();
  return (message) => {
    const now = clock.monotonicMs();
    const before = told.get(message);
    if (before !== undefined && now - before < againMs) return;
    if (told.size >= sentencesMax) told.clear();
    told.set(message, now);
    tell(message);
  };
}
