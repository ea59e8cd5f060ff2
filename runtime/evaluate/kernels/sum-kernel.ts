// Sum, mean and number of the values in a window.

import type { Batch, DerivedMeta, RunKernel } from '../../contract.ts';
import { ListStore, type StoredKernel } from './kernel-store.ts';
import { finite } from './ring.ts';
import { SummedRing } from './summed-ring.ts';

export class SumKernel implements RunKernel, StoredKernel {
  readonly store: ListStore<SummedRing>;
  readonly #widthMs: number;
  readonly #capacity: number;
  readonly #lost: () => void;
  /** Places of the outputs; −1 for what is not read. */
  readonly #sum: number;
  readonly #avg: number;
  readonly #count: number;

  /** `lost` is called when a sample leaves because the window is full. */
  constructor(meta: DerivedMeta, lost: () => void) {
    this.#lost = lost;
    this.#widthMs = meta.widthMs;
    this.#capacity = meta.capacity;
    this.#sum = meta.outputs.indexOf('sum');
    this.#avg = meta.outputs.indexOf('avg');
    this.#count = meta.outputs.indexOf('count');
    this.store = new ListStore(`sum of ${meta.capacity}`, null, {
      create: () => new SummedRing(),
      save: (ring, to) => ring.save(to),
      load: (ring, from) => ring.load(from, meta.capacity),
    });
  }

  push(key: number, time: number, value: number, out: Float64Array, at: number): void {
    this.#step(this.store.of(key), time, value, out, at);
  }

  feed(
    key: number,
    { order, time, derived, derivedWidth }: Batch,
    from: number,
    to: number,
    input: Float64Array,
    width: number,
    slot: number,
    place: number,
  ): void {
    const ring = this.store.of(key);
    for (let i = from; i < to; i++) {
      const row = order[i];
      this.#step(ring, time[row], input[row * width + slot], derived, row * derivedWidth + place);
    }
  }

  #step(ring: SummedRing, time: number, value: number, out: Float64Array, at: number): void {
    const cut = time - this.#widthMs;
    while (ring.size > 0 && ring.oldestTime <= cut) drop(ring);
    if (!Number.isNaN(value)) {
      if (ring.size === this.#capacity) {
        drop(ring);
        this.#lost();
      }
      ring.append(time, value);
      ring.add(value);
    }
    ring.settleSum();
    const { size, high } = ring;
    if (this.#sum >= 0) out[at + this.#sum] = size === 0 ? Number.NaN : finite(high);
    if (this.#avg >= 0) out[at + this.#avg] = finite(ring.mean());
    if (this.#count >= 0) out[at + this.#count] = size;
  }
}

function drop(ring: SummedRing): void {
  ring.add(-ring.oldest);
  ring.shift();
  if (ring.size === 0) ring.resetSum();
}
