// Sizes of fleets that have a webhook: `GET` of its address answers `{"members": 4, "inTransition": false}`. Remembered
// for a while and read again behind it; one call at a time for a fleet; whatever goes wrong is `null` and a reason.

import { z } from 'zod';
import type { Clock } from '../ports/clock.ts';
import { type Fetch, FetchFailed } from '../ports/fetch.ts';
import type { Timers } from '../ports/timers.ts';
import { type FleetSize, type Inventory, sizeAgeMaxMs } from './inventory.ts';

export interface WebhookInventoryOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly timers: Timers;
  /** The address of the fleet's webhook; `null` when it has none. */
  readonly addressOf: (fleet: string) => string | null;
  /** As `HostGuard`: why an address is not called, and which addresses of its host may be connected to. */
  readonly guard: {
    readonly refuse: (url: string) => string | null;
    readonly admit: (url: string) => (address: string) => string | null;
  };
  readonly timeoutMs?: number;
}

/** A size older than this is told once more while a new one is read. */
const refreshMs = 5_000;
/** After a failure it is not asked again for so long: whoever waits for an answer waits for nothing. */
const failedMs = 1_000;
const answerBytesMax = 16 * 1_024;

const answer = z.object({ members: z.int().min(0).max(1_000_000), inTransition: z.boolean().default(false) });

interface Known {
  size: FleetSize | null;
  problem: string | null;
  /** When it could not be read; monotonic. */
  failedAtMs: number;
  /** Sizes whose reading began before do not count any more. */
  epoch: number;
  reading: Promise<FleetSize | null> | null;
}

export class WebhookInventory implements Inventory {
  readonly #options: WebhookInventoryOptions;
  readonly #fleets = new Map<string, Known>();

  constructor(options: WebhookInventoryOptions) {
    this.#options = options;
  }

  async sizeOf(fleet: string, ageMaxMs = sizeAgeMaxMs): Promise<FleetSize | null> {
    const url = this.#options.addressOf(fleet);
    if (url === null) return null;
    const known = this.#known(fleet);
    if (ageMaxMs <= 0) return await this.#read(known, url, true);
    const { clock } = this.#options;
    const { size } = known;
    const ageMs = size === null ? Number.POSITIVE_INFINITY : clock.now() - size.at;
    // A clock that was set back makes nothing young.
    const serves = ageMs >= 0 && ageMs <= ageMaxMs;
    if (serves && ageMs <= refreshMs) return size;
    const failedBefore = clock.monotonicMs() - known.failedAtMs < failedMs;
    const reading = failedBefore ? Promise.resolve(null) : this.#read(known, url, false);
    return serves ? size : await reading;
  }

  problemOf(fleet: string): string | null {
    if (this.#options.addressOf(fleet) === null) return 'it has no webhook to ask';
    return this.#fleets.get(fleet)?.problem ?? null;
  }

  forget(fleet: string): void {
    const known = this.#fleets.get(fleet);
    if (known === undefined) return;
    known.size = null;
    known.epoch++;
    known.reading = null;
  }

  #known(fleet: string): Known {
    const known = this.#fleets.get(fleet) ?? {
      size: null,
      problem: null,
      failedAtMs: Number.NEGATIVE_INFINITY,
      epoch: 0,
      reading: null,
    };
    this.#fleets.set(fleet, known);
    return known;
  }

  /** `anew`: not what a call that is under way will bring, which may have been answered already. */
  #read(known: Known, url: string, anew: boolean): Promise<FleetSize | null> {
    if (known.reading !== null && !anew) return known.reading;
    const epoch = ++known.epoch;
    const reading = this.#ask(url).then(({ size, problem }) => {
      if (known.epoch === epoch) {
        // A size that was read stays what it was, and grows old, while its webhook does not answer.
        known.size = size ?? known.size;
        known.problem = problem;
        if (size === null) known.failedAtMs = this.#options.clock.monotonicMs();
        known.reading = null;
      }
      return size;
    });
    known.reading = reading;
    return reading;
  }

  async #ask(url: string): Promise<{ readonly size: FleetSize | null; readonly problem: string | null }> {
    const { fetch, clock, timers, guard, timeoutMs = 2_000 } = this.#options;
    const nothing = (problem: string) => ({ size: null, problem });
    const refusal = guard.refuse(url);
    if (refusal !== null) return nothing(`not asked: ${refusal}`);
    const timeout = new AbortController();
    const cancel = timers.after(timeoutMs, () => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)));
    // What was true when it was asked may not be when the answer comes.
    const at = clock.now();
    try {
      const request = { method: 'GET', url, headers: { accept: 'application/json' }, body: null } as const;
      const { status, body, cut } = await fetch({
        ...request,
        signal: timeout.signal,
        answerBytesMax,
        admit: guard.admit(url),
      });
      if (status !== 200) return nothing(`its webhook answered ${status}`);
      const parsed = cut ? null : answer.safeParse(jsonOf(body));
      if (parsed?.success !== true) return nothing('its webhook answered no `{"members": 4, "inTransition": false}`');
      return { size: { ...parsed.data, at }, problem: null };
    } catch (error) {
      if (error instanceof FetchFailed) return nothing(error.message);
      return nothing(timeout.signal.aborted ? `no answer within ${timeoutMs} ms` : 'its webhook can’t be asked');
    } finally {
      cancel();
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
