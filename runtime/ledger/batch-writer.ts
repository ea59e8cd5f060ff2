// Collects what is to be written and writes it in batches, one at a time, in order. A batch that can't be written is
// kept and tried again until it can: nothing is dropped. Data that can never be written is found and refused alone.

import type { Cancel, Timers } from '../ports/timers.ts';
import { LedgerClosed, LedgerRejected, messageOf } from './problem.ts';

export interface BatchWriterOptions<Item, Result> {
  readonly timers: Timers;
  /** Writes all items or none, and gives a result for each, in order. */
  readonly write: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Whether an error of `write` blames the data, so that trying again can't help. */
  readonly isDataFault: (error: unknown) => boolean;
  /** Items of one identity never share a batch. */
  readonly identityOf: (item: Item) => string;
  /** Items in a batch at most. */
  readonly batchMax?: number;
  /** How long the first item waits for others; 0: for those of the same turn. */
  readonly waitMs?: number;
  /** Items waiting from which `accepting` says no. */
  readonly waitingMax?: number;
  /** Told when writing begins to fail, and when it works again. */
  readonly onHealth?: (problem: string | null) => void;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

const backoffMinMs = 100;
const backoffMaxMs = 5_000;

export class BatchWriter<Item, Result> {
  readonly #options: BatchWriterOptions<Item, Result>;
  readonly #batchMax: number;
  #queue: Waiting<Item, Result>[] = [];
  /** Taken from the queue and not yet settled. */
  readonly #inFlight = new Set<Waiting<Item, Result>>();
  #running = false;
  #closing = false;
  #closed = false;
  #problem: string | null = null;
  #cancelWait: Cancel | null = null;
  #wakeBackoff: (() => void) | null = null;
  #onIdle: (() => void)[] = [];
  #onAccepting: (() => void)[] = [];

  constructor(options: BatchWriterOptions<Item, Result>) {
    this.#options = options;
    this.#batchMax = options.batchMax ?? 200;
  }

  /** What the last failed attempt said; `null` when the last attempt succeeded. */
  get problem(): string | null {
    return this.#problem;
  }

  get waiting(): number {
    return this.#queue.length + this.#inFlight.size;
  }

  get accepting(): boolean {
    return !this.#closing && this.#problem === null && this.waiting < (this.#options.waitingMax ?? 5_000);
  }

  /** Resolves with the item's result once its batch is written. Errors: `LedgerRejected`, `LedgerClosed`. */
  add(item: Item): Promise<Result> {
    if (this.#closing) return Promise.reject(new LedgerClosed('the ledger is closed'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves as soon as `accepting` is true, and when the writer is closed. */
  waitAccepting(): Promise<void> {
    if (this.accepting || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#onAccepting.push(resolve));
  }

  /** Writes what waits, for at most `deadlineMs`; rejects the rest with `LedgerClosed` and returns its number. */
  async close(deadlineMs: number): Promise<number> {
    this.#closing = true;
    this.#wakeBackoff?.();
    if (this.waiting > 0) {
      let cancel: Cancel = () => {};
      await new Promise<void>((resolve) => {
        this.#onIdle.push(resolve);
        cancel = this.#options.timers.after(deadlineMs, resolve);
        this.#start();
      });
      cancel();
    }
    this.#closed = true;
    this.#wakeBackoff?.();
    const left = [...this.#inFlight, ...this.#queue];
    this.#queue = [];
    this.#inFlight.clear();
    for (const entry of left) entry.reject(new LedgerClosed('the ledger was closed before this could be written'));
    this.#notify();
    return left.length;
  }

  #schedule(): void {
    if (this.#running) return;
    if (this.#queue.length >= this.#batchMax) this.#start();
    else if (this.#options.waitMs === 0) this.#startSoon();
    else this.#cancelWait ??= this.#options.timers.after(this.#options.waitMs ?? 5, () => this.#start());
  }

  /** What is added in the same turn goes along. */
  #startSoon(): void {
    let cancelled = false;
    this.#cancelWait ??= () => {
      cancelled = true;
    };
    queueMicrotask(() => {
      if (!cancelled) this.#start();
    });
  }

  #start(): void {
    this.#cancelWait?.();
    this.#cancelWait = null;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0) {
      const batch = this.#take();
      for (const entry of batch) this.#inFlight.add(entry);
      await this.#write(batch);
      this.#notify();
    }
    this.#running = false;
    if (this.waiting === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** The oldest items, up to the first that would be twice in the batch. */
  #take(): Waiting<Item, Result>[] {
    const seen = new Set<string>();
    let count = 0;
    for (const { item } of this.#queue) {
      const identity = this.#options.identityOf(item);
      if (count === this.#batchMax || seen.has(identity)) break;
      seen.add(identity);
      count++;
    }
    return this.#queue.splice(0, count);
  }

  async #write(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    for (let backoffMs = backoffMinMs; !this.#closed; backoffMs = Math.min(backoffMaxMs, backoffMs * 2)) {
      try {
        const results = await this.#options.write(batch.map((entry) => entry.item));
        this.#setProblem(null);
        batch.forEach((entry, index) => {
          this.#inFlight.delete(entry);
          entry.resolve(results[index] as Result);
        });
        return;
      } catch (error) {
        if (this.#options.isDataFault(error)) return this.#isolate(batch, error);
        this.#setProblem(messageOf(error));
      }
      await this.#backOff(backoffMs);
    }
  }

  /** Halves the batch until the guilty item is alone, and refuses that one. */
  async #isolate(batch: readonly Waiting<Item, Result>[], error: unknown): Promise<void> {
    // What was written to did answer.
    this.#setProblem(null);
    if (batch.length > 1) {
      const middle = batch.length >> 1;
      await this.#write(batch.slice(0, middle));
      await this.#write(batch.slice(middle));
      return;
    }
    for (const entry of batch) {
      this.#inFlight.delete(entry);
      entry.reject(new LedgerRejected(`the ledger does not take this: ${messageOf(error)}`, { cause: error }));
    }
  }

  #backOff(ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.timers.after(ms, resolve);
      this.#wakeBackoff = () => {
        cancel();
        resolve();
      };
    });
  }

  #setProblem(problem: string | null): void {
    const changed = (problem === null) !== (this.#problem === null);
    this.#problem = problem;
    if (changed) this.#options.onHealth?.(problem);
  }

  #notify(): void {
    if (this.accepting || this.#closed) for (const resolve of this.#onAccepting.splice(0)) resolve();
  }
}
