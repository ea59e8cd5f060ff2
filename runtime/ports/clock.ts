// The wall clock and the monotonic clock. The only file that reads the time.

export interface Clock {
  /** Epoch milliseconds, an integer. May jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds since an arbitrary start, with a fraction; never goes back. For measuring how long something took. */
  monotonicMs(): number;
}

export interface ManualClock extends Clock {
  /** Moves both clocks forward by `ms`. */
  advance(ms: number): void;
  /** Sets the wall clock alone, as when a machine's clock is corrected. */
  set(now: number): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A clock that stands still until it is told to move. `start` is in epoch milliseconds. */
export function manualClock(start: number): ManualClock {
  let now = start;
  let monotonic = 0;
  return {
    now: () => now,
    monotonicMs: () => monotonic,
    advance(ms) {
      now += ms;
      monotonic += ms;
    },
    set(to) {
      now = to;
    },
  };
}
