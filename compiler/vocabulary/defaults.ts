// What holds when an author wrote nothing: safe by default.

export const defaults = {
  cooldownMs: 300_000,
  /** Only for policies that change infrastructure. */
  limit: { count: 3, perMs: 3_600_000 },
  settleMs: 60_000,
  maxAgeMs: 300_000,
  priority: 0,
  change: { share: 0.2, perMs: 300_000 },
  timeoutMs: 10_000,
  retry: 2,
  staleMs: 300_000,
  /** `stale after` is so many times `every` when only `every` is written. */
  staleCadences: 5,
  latenessMs: 0,
  /** Cadence taken for the size of a window when the schema has no `every`. */
  everyMs: 1000,
} as const;

export const windowLimits = {
  leastCapacity: 16,
  mostCapacity: 65_536,
  /** Samples that may wait until they are as old as an `ago` asks. */
  mostWaiting: 2_097_152,
  /** Events that `for M of N` may look back on. */
  mostEvents: 1000,
} as const;

/** Samples per key that a window holds room for; above `windowLimits.mostCapacity` it does not compile. */
export function windowCapacity(widthMs: number, everyMs: number | null): number {
  return Math.max(windowLimits.leastCapacity, Math.ceil(widthMs / (everyMs ?? defaults.everyMs)) + 2);
}

/** Samples per key that have room to wait for an `ago`: a source that is a little too fast loses none of them. */
export function waitingCapacity(agoMs: number, everyMs: number | null): number {
  return 2 * Math.ceil(agoMs / (everyMs ?? defaults.everyMs)) + windowLimits.leastCapacity;
}

/** Members of a key by one tag that a schema may ask for at most. */
export const memberLimits = { most: 10_000 } as const;

/** Bounds on what one policy's conditions may grow to once every `let` is put in its place. */
export const expansionLimits = { nodes: 10_000, depth: 400 } as const;

/** Parts and levels stay within the bounds. */
export function fits(size: number, depth: number): boolean {
  return size <= expansionLimits.nodes && depth <= expansionLimits.depth;
}

/** Events that the `given` rows of one test may make. */
export const testLimits = { events: 1_000_000 } as const;

/** Keys of a schema and values of a tag: as many as an engine keeps, and from how many on nearly all being new tells. */
export const driftLimits = { values: 100_000, unboundedFrom: 1_000 } as const;
