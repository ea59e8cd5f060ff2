// Takes events in microseconds and sends them behind the service's back: bounded, in batches, again and again while
// nobody takes them. Whatever happens to a transport, the service hears nothing of it.

import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { pause, type Timers } from '../ports/timers.ts';
import {
  EmitRejected,
  type EmittedEvent,
  type EmittedMetrics,
  type EmittedTags,
  type Emitter,
  type EmitterCounts,
  type EmitterOptions,
  type EmitterTransport,
} from './emitter-options.ts';
import { EventRing } from './event-ring.ts';

export interface BackgroundEmitterOptions extends Omit<EmitterOptions, 'target'> {
  readonly transport: EmitterTransport;
  readonly clock: Clock;
  /** That keep no process alive. */
  readonly timers: Timers;
  /** That do: for the end alone, which is waited for. */
  readonly keepAlive: Timers;
  readonly random: Random;
}

const backoffMinMs = 500;
const backoffMaxMs = 30_000;
/** A sending that takes longer is given up and made again. */
const sendMsMax = 30_000;
/** More of them in one event are left out: it stands for one moment of one service. */
const namesMax = 256;
const textMax = 1_024;

export class BackgroundEmitter implements Emitter {
  readonly #options: BackgroundEmitterOptions;
  readonly #ring: EventRing;
  readonly #batch: number;
  readonly #tags: Readonly<Record<string, string>>;
  readonly #idPrefix: string;
  readonly #stop = new AbortController();
  readonly #stopTicking: () => void;
  #emitted = 0;
  #sent = 0;
  #dropped = 0;
  #invalid = 0;
  #rejected = 0;
  #problem: string | null = null;
  /** Being sent, or to be sent again. */
  #held = 0;
  #sending: Promise<void> | null = null;
  #woken = false;
  #closed = false;

  constructor(options: BackgroundEmitterOptions) {
    const { capacity = 10_000, batch = 100, flushMs = 1_000, service, tags = {}, timers, random } = options;
    this.#options = options;
    this.#ring = new EventRing(capacity);
    this.#batch = batch;
    this.#tags = { ...tags, 'service.name': service };
    this.#idPrefix = Array.from({ length: 3 }, () => Math.floor(random.next() * 2 ** 32).toString(36)).join('');
    this.#stopTicking = timers.every(flushMs, () => this.#wake());
  }

  emit(metrics: EmittedMetrics, tags?: EmittedTags): void {
    this.#emitted++;
    if (this.#closed) {
      this.#dropped++;
      return;
    }
    try {
      const event = this.#eventOf(metrics, tags);
      if (event === null) this.#invalid++;
      else if (!this.#ring.push(event)) this.#dropped++;
      if (this.#ring.size < this.#batch || this.#woken || this.#sending !== null) return;
      this.#woken = true;
      this.#options.timers.after(0, () => this.#wake());
    } catch {
      // A value that throws when it is read is the service's own fault, and no reason to fail.
      this.#invalid++;
    }
  }

  counts(): EmitterCounts {
    return {
      emitted: this.#emitted,
      sent: this.#sent,
      dropped: this.#dropped,
      invalid: this.#invalid,
      rejected: this.#rejected,
      waiting: this.#ring.size + this.#held,
      problem: this.#problem,
    };
  }

  async close(deadlineMs = 2_000): Promise<EmitterCounts> {
    if (this.#closed) return this.counts();
    this.#closed = true;
    this.#stopTicking();
    const { keepAlive, transport } = this.#options;
    const ended = new AbortController();
    const atMost = pause(keepAlive, deadlineMs, ended.signal).then(() =>
      this.#stop.abort(new Error('the service ends')),
    );
    while (!this.#stop.signal.aborted && (this.#sending !== null || this.#ring.size > 0)) {
      this.#wake();
      await Promise.race([this.#sending, atMost]);
    }
    this.#dropped += this.#ring.take(this.#ring.size).length + this.#held;
    this.#held = 0;
    const closing = Promise.resolve()
      .then(() => transport.close?.())
      .catch(() => {});
    await Promise.race([closing, atMost]);
    ended.abort();
    await atMost;
    return this.counts();
  }

  #eventOf(metrics: EmittedMetrics, tags: EmittedTags | undefined): EmittedEvent | null {
    const numbers: Record<string, number> = {};
    let count = 0;
    for (const name in metrics) {
      const value = metrics[name];
      const number = typeof value === 'boolean' ? (value ? 1 : 0) : value;
      if (typeof number !== 'number' || !Number.isFinite(number) || name === '__proto__' || count === namesMax)
        continue;
      numbers[name] = number;
      count++;
    }
    if (count === 0) return null;
    const { schema, clock } = this.#options;
    const id = `${this.#idPrefix}-${this.#emitted}`;
    const texts = tags === undefined ? this.#tags : this.#textsOf(tags);
    const timestamp = clock.now();
    return schema === undefined
      ? { id, timestamp, metrics: numbers, tags: texts }
      : { id, timestamp, schema, metrics: numbers, tags: texts };
  }

  #textsOf(tags: EmittedTags): Readonly<Record<string, string>> {
    const texts: Record<string, string> = { ...this.#tags };
    let count = 0;
    for (const name in tags) {
      const value = tags[name];
      if (name === '__proto__' || count === namesMax) continue;
      if (typeof value === 'string') texts[name] = value.length > textMax ? value.slice(0, textMax) : value;
      else if (typeof value === 'number' || typeof value === 'boolean') texts[name] = String(value);
      else continue;
      count++;
    }
    return texts;
  }

  #wake(): void {
    this.#woken = false;
    if (this.#sending !== null || this.#stop.signal.aborted || this.#ring.size === 0) return;
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = null;
    });
  }

  async #sendAll(): Promise<void> {
    for (let full = true; full && !this.#stop.signal.aborted; ) {
      const events = this.#ring.take(this.#batch);
      if (events.length === 0) return;
      this.#held = events.length;
      await this.#sendUntilTaken(events);
      if (this.#stop.signal.aborted) return;
      this.#held = 0;
      // What is less than a batch waits for the next time, unless there is none.
      full = this.#closed || this.#ring.size >= this.#batch;
    }
  }

  async #sendUntilTaken(events: readonly EmittedEvent[]): Promise<void> {
    const { timers, random } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#send(events);
        this.#sent += events.length;
        this.#problem = null;
        return;
      } catch (error) {
        this.#problem = error instanceof Error ? error.message : String(error);
        if (error instanceof EmitRejected) {
          this.#rejected += events.length;
          return;
        }
      }
      const fullMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(attempt, 20));
      await pause(timers, fullMs / 2 + (fullMs / 2) * random.next(), this.#stop.signal);
      if (this.#stop.signal.aborted) return;
    }
  }

  async #send(events: readonly EmittedEvent[]): Promise<void> {
    const { timers, transport } = this.#options;
    const timeout = new AbortController();
    const cancel = timers.after(sendMsMax, () => timeout.abort(new Error(`no answer within ${sendMsMax} ms`)));
    const signal = AbortSignal.any([timeout.signal, this.#stop.signal]);
    try {
      // A transport that does not heed its signal holds nobody up.
      await Promise.race([
        transport.send(events, signal),
        new Promise<never>((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
        ),
      ]);
    } finally {
      cancel();
    }
  }
}
