// The growth of a counter in a window, from its first sample to its last, stretched to the window, or in its last step.

import type { Batch, DerivedMeta, DerivedOutput, RunKernel } from '../../contract.ts';
import { extrapolate } from './extrapolate.ts';
import { ListStore, type StoredKernel } from './kernel-store.ts';
import { finite } from './ring.ts';
import { SummedRing } from './summed-ring.ts';

/** A counter that fell was restarted: all it shows has come since. */
function growth(before: number, after: number): number {
  return after >= before ? after - before : after;
}

/** Samples of a counter and the sum of what it grew from each to the next. */
class CounterRing extends SummedRing {
  protected override sumUp(): void {
    this.resetSum();
    for (let k = 1; k < this.size; k++)
      this.add(growth(this.data[this.index(k - 1) + 1], this.data[this.index(k) + 1]));
  }
}

export class IncreaseKernel implements RunKernel, StoredKernel {
  readonly store: ListStore<CounterRing>;
  readonly #widthMs: number;
  readonly #capacity: number;
  readonly #lost: () => void;
  readonly #outputs: readonly DerivedOutput[];

  /** `lost` is called when a sample leaves because the window is full. */
  constructor(meta: DerivedMeta, lost: () => void) {
    this.#lost = lost;
    this.#widthMs = meta.widthMs;
    this.#capacity = meta.capacity;
    this.#outputs = meta.outputs;
    this.store = new ListStore(`increase of ${meta.capacity}`, null, {
      create: () => new CounterRing(),
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

  #step(ring: CounterRing, time: number, value: number, out: Float64Array, at: number): void {
    const cut = time - this.#widthMs;
    while (ring.size > 0 && ring.oldestTime <= cut) drop(ring);
    if (!Number.isNaN(value)) {
      if (ring.size === this.#capacity) {
        drop(ring);
        this.#lost();
      }
      if (ring.size > 0) ring.add(growth(ring.newest, value));
      ring.append(time, value);
    }
    const known = ring.size >= 2;
    if (known) ring.settleSum();
    for (let k = 0; k < this.#outputs.length; k++) {
      out[at + k] = known ? finite(this.#output(ring, this.#outputs[k], time)) : Number.NaN;
    }
  }

  #output(ring: CounterRing, output: DerivedOutput, endMs: number): number {
    const { data, high, size, oldestTime: firstMs, newestTime: lastMs } = ring;
    switch (output) {
      case 'increase':
        return high;
      case 'latestRate': {
        const before = ring.index(size - 2);
        return (growth(data[before + 1], ring.newest) * 1000) / (lastMs - data[before]);
      }
      case 'extrapolated':
      case 'extrapolatedRate': {
        const extent = { firstMs, lastMs, samples: size, endMs, widthMs: this.#widthMs };
        const whole = extrapolate(high, ring.oldest, extent);
        return output === 'extrapolated' ? whole : (whole * 1000) / this.#widthMs;
      }
      default:
        return (high * 1000) / (lastMs - firstMs);
    }
  }
}

function drop(ring: CounterRing): void {
  const gone = ring.oldest;
  ring.shift();
  if (ring.size === 0) ring.resetSum();
  else ring.add(-growth(gone, ring.oldest));
}
