// A window that ended some time ago: samples wait until they are old enough and go into a kernel of the present then.

import type { DerivedMeta } from '../../contract.ts';
import type { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { type KernelStore, ListStore, type Renumbering, type StoredKernel } from './kernel-store.ts';
import { loadSamples, Ring, saveSamples } from './ring.ts';
import { StepKernel } from './step-kernel.ts';

class Waiting extends Ring {
  key: number;

  constructor(key: number) {
    super();
    this.key = key;
  }
}

/** The samples that wait, and the states of the kernel behind them. */
class DelayedStore implements KernelStore {
  readonly shape: string;
  readonly waiting: ListStore<Waiting>;
  readonly #inner: KernelStore;

  constructor(capacity: number, inner: KernelStore) {
    this.shape = `${capacity} before ${inner.shape}`;
    this.waiting = new ListStore<Waiting>(`${capacity} that wait`, null, {
      create: (key) => new Waiting(key),
      save: saveSamples,
      load: (ring, from) => loadSamples(ring, from, capacity),
      move(ring, key) {
        ring.key = key;
      },
    });
    this.#inner = inner;
  }

  get owners(): number {
    return this.waiting.owners;
  }

  save(owner: number, to: StateWriter): void {
    this.waiting.save(owner, to);
    this.#inner.save(owner, to);
  }

  load(owner: number, from: StateReader): void {
    this.waiting.load(owner, from);
    this.#inner.load(owner, from);
  }

  forget(owner: number): void {
    this.waiting.forget(owner);
    this.#inner.forget(owner);
  }

  renumber(change: Renumbering): void {
    this.waiting.renumber(change);
    this.#inner.renumber(change);
  }

  adopt(other: KernelStore): void {
    if (!(other instanceof DelayedStore)) throw new Error(`${this.shape} is no ${other.shape}`);
    this.waiting.adopt(other.waiting);
    this.#inner.adopt(other.#inner);
  }
}

export class DelayedKernel extends StepKernel<Waiting> implements StoredKernel {
  readonly store: DelayedStore;
  readonly #inner: StoredKernel;
  readonly #agoMs: number;
  readonly #capacity: number;
  readonly #lost: () => void;
  /** Takes results that nobody reads. */
  readonly #ignored: Float64Array;

  /** `lost` is called when a sample has no room to wait. */
  constructor(meta: DerivedMeta, lost: () => void, inner: StoredKernel) {
    super();
    this.#lost = lost;
    this.#inner = inner;
    this.#agoMs = meta.agoMs;
    this.#capacity = meta.agoCapacity;
    this.#ignored = new Float64Array(meta.outputs.length);
    this.store = new DelayedStore(meta.agoCapacity, inner.store);
  }

  protected override state(key: number): Waiting {
    return this.store.waiting.of(key);
  }

  protected override step(ring: Waiting, time: number, value: number, out: Float64Array, at: number): void {
    const { key } = ring;
    const end = time - this.#agoMs;
    while (ring.size > 0 && ring.oldestTime <= end) {
      this.#inner.push(key, ring.oldestTime, ring.oldest, this.#ignored, 0);
      ring.shift();
    }
    if (!Number.isNaN(value)) {
      if (ring.size === this.#capacity) {
        ring.shift();
        this.#lost();
      }
      ring.append(time, value);
    }
    this.#inner.push(key, end, Number.NaN, out, at);
  }
}
