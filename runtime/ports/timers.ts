// Calling something later. The only file that sets timers; a test moves them by hand.

/** Stops a timer; calling it again, or after the timer has run, does nothing. */
export type Cancel = () => void;

export interface Timers {
  /** Calls `run` once, `ms` milliseconds from now. */
  after(ms: number, run: () => void): Cancel;
  /** Calls `run` every `ms` milliseconds, first after `ms`. */
  every(ms: number, run: () => void): Cancel;
}

export interface ManualTimers extends Timers {
  /** Lets `ms` milliseconds pass and runs what is due, in order of time, then of setting. */
  advance(ms: number): void;
  /** Timers that have not run or been cancelled. */
  readonly pending: number;
}

export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
};

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = timers.after(ms, done);
    signal.addEventListener('abort', done);
  });
}

/** The same for what runs in somebody else's process: they keep it alive no longer than it wants to be. */
export const backgroundTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
};

interface ManualTimer {
  dueMs: number;
  readonly order: number;
  readonly everyMs: number | null;
  readonly run: () => void;
}

/** `onAdvance` is told of each step of time before what is due then runs, so that a manual clock can follow. */
export function manualTimers(onAdvance: (ms: number) => void = () => {}): ManualTimers {
  const waiting = new Set<ManualTimer>();
  let nowMs = 0;
  let order = 0;

  function add(ms: number, everyMs: number | null, run: () => void): Cancel {
    const timer: ManualTimer = { dueMs: nowMs + ms, order: order++, everyMs, run };
    waiting.add(timer);
    return () => waiting.delete(timer);
  }

  function nextUpTo(limitMs: number): ManualTimer | null {
    let next: ManualTimer | null = null;
    for (const timer of waiting) {
      if (timer.dueMs > limitMs) continue;
      if (next === null || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) {
        next = timer;
      }
    }
    return next;
  }

  function moveTo(ms: number): void {
    if (ms > nowMs) onAdvance(ms - nowMs);
    nowMs = Math.max(nowMs, ms);
  }

  return {
    after: (ms, run) => add(ms, null, run),
    // An interval of nothing would keep `advance` from ending.
    every: (ms, run) => add(Math.max(1, ms), Math.max(1, ms), run),
    advance(ms) {
      const limitMs = nowMs + ms;
      for (let timer = nextUpTo(limitMs); timer !== null; timer = nextUpTo(limitMs)) {
        moveTo(timer.dueMs);
        if (timer.everyMs === null) waiting.delete(timer);
        else timer.dueMs += timer.everyMs;
        timer.run();
      }
      moveTo(limitMs);
    },
    get pending() {
      return waiting.size;
    },
  };
}
