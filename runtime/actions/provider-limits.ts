// One provider at a time gets only so many calls side by side, and none while it fails: after some failures in a row
// nobody calls it for a while, then one call tries, and its outcome decides for all.

import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';

export interface ProviderLimitsOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Calls side by side. */
  readonly concurrency?: number;
  /** Failures in a row after which the provider is left alone. */
  readonly failuresMax?: number;
  /** For so long at first; twice as long after each try that fails, up to `openMsMax`. */
  readonly openMs?: number;
  readonly openMsMax?: number;
}

/** What came of a call, as far as the provider is concerned: `failed` when it did not answer or said that it can't. */
export type CallOutcome = 'answered' | 'failed';

export type Entry =
  /** To be given back with the outcome; `null` when nothing was called after all. A second time does nothing. */
  | { readonly admitted: true; readonly leave: (outcome: CallOutcome | null) => void }
  | { readonly admitted: false; readonly reason: string; readonly retryAfterMs: number };

export interface ProviderState {
  readonly provider: string;
  readonly circuit: 'closed' | 'open' | 'half-open';
  readonly running: number;
  readonly waiting: number;
  readonly failures: number;
}

interface Provider {
  readonly name: string;
  running: number;
  failures: number;
  /** Monotonic; `null` while calls go through. */
  openUntilMs: number | null;
  openMs: number;
  probing: boolean;
  readonly waiting: (() => void)[];
}

/** How soon those may ask again who came while a single call tries. */
const probeMs = 1_000;

export class ProviderLimits {
  readonly #providers = new Map<string, Provider>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #concurrency: number;
  readonly #failuresMax: number;
  readonly #openMs: number;
  readonly #openMsMax: number;

  constructor({
    clock,
    random,
    concurrency = 4,
    failuresMax = 5,
    openMs = 5_000,
    openMsMax = 60_000,
  }: ProviderLimitsOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#concurrency = concurrency;
    this.#failuresMax = failuresMax;
    this.#openMs = openMs;
    this.#openMsMax = openMsMax;
  }

  /** For metrics and people: providers that are called, or were left alone, at this moment. */
  states(): readonly ProviderState[] {
    return [...this.#providers.values()].map(({ name, running, waiting, failures, openUntilMs, probing }) => ({
      provider: name,
      circuit: openUntilMs === null ? 'closed' : probing || this.#remainingMs(openUntilMs) <= 0 ? 'half-open' : 'open',
      running,
      waiting: waiting.length,
      failures,
    }));
  }

  /** Waits for its turn; `signal` ends the waiting, as a refusal. `null` stands for a provider that nobody calls. */
  async enter(name: string | null, signal: AbortSignal): Promise<Entry> {
    if (name === null) return { admitted: true, leave: () => {} };
    const provider = this.#provider(name);
    while (!signal.aborted) {
      const refusal = this.#refusal(provider);
      if (refusal !== null) return refusal;
      if (provider.running < this.#concurrency) return this.#admit(provider);
      await turn(provider.waiting, signal);
    }
    this.#drop(provider);
    return { admitted: false, reason: `${name} was not called: the engine stops`, retryAfterMs: 0 };
  }

  #admit(provider: Provider): Entry {
    provider.running++;
    const probe = provider.openUntilMs !== null;
    if (probe) provider.probing = true;
    let left = false;
    const leave = (outcome: CallOutcome | null): void => {
      if (left) return;
      left = true;
      provider.running--;
      this.#learn(provider, outcome, probe);
      // All are woken: a circuit that opened or closed concerns each of them.
      for (const wake of provider.waiting.splice(0)) wake();
      this.#drop(provider);
    };
    return { admitted: true, leave };
  }

  #refusal(provider: Provider): Entry | null {
    const { name, openUntilMs, failures, probing } = provider;
    if (openUntilMs === null) return null;
    const remainingMs = Math.ceil(this.#remainingMs(openUntilMs));
    if (remainingMs <= 0 && !probing) return null;
    const retryAfterMs = probing ? probeMs : remainingMs;
    const reason = `${name} was not called: it failed ${failures} times in a row and is tried again in ${retryAfterMs} ms`;
    return { admitted: false, reason, retryAfterMs };
  }

  #learn(provider: Provider, outcome: CallOutcome | null, probe: boolean): void {
    if (probe) provider.probing = false;
    if (outcome === null) return;
    if (outcome === 'answered') {
      provider.failures = 0;
      provider.openUntilMs = null;
      provider.openMs = this.#openMs;
      return;
    }
    provider.failures++;
    if (provider.failures < this.#failuresMax) return;
    // Those that were under way when it opened say nothing new.
    if (provider.openUntilMs !== null && !probe) return;
    if (probe) provider.openMs = Math.min(this.#openMsMax, provider.openMs * 2);
    const spread = 0.8 + 0.4 * this.#random.next();
    provider.openUntilMs = this.#clock.monotonicMs() + provider.openMs * spread;
  }

  #remainingMs(untilMs: number): number {
    return untilMs - this.#clock.monotonicMs();
  }

  #provider(name: string): Provider {
    const known = this.#providers.get(name);
    if (known !== undefined) return known;
    const openMs = this.#openMs;
    const provider = { name, running: 0, failures: 0, openUntilMs: null, openMs, probing: false, waiting: [] };
    this.#providers.set(name, provider);
    return provider;
  }

  /** Nothing is remembered of providers that are well and at rest. */
  #drop(provider: Provider): void {
    if (provider.running + provider.waiting.length + provider.failures === 0) this.#providers.delete(provider.name);
  }
}

function turn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      const at = waiting.indexOf(done);
      if (at >= 0) waiting.splice(at, 1);
      resolve();
    };
    waiting.push(done);
    signal.addEventListener('abort', done);
  });
}
