// The last known value, for as long as it serves.

import type { Batch, DerivedMeta, RunKernel } from '../../contract.ts';
import { NumberStore, type StoredKernel } from './kernel-store.ts';

/** Per key: time of the last known value, and the value. */
const stride = 2;

export class HoldKernel implements RunKernel, StoredKernel {
  readonly store = new NumberStore('hold', stride);
  readonly #widthMs: number;

  constructor(meta: DerivedMeta) {
    this.#widthMs = meta.widthMs;
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
    const base = this.store.of(key);
    for (let i = from; i < to; i++) {
      const row = order[i];
      this.#step(base, time[row], input[row * width + slot], derived, row * derivedWidth + place);
    }
  }

  #step(base: number, time: number, value: number, out: Float64Array, at: number): void {
    const { states } = this.store;
    if (!Number.isNaN(value)) {
      states[base] = time;
      states[base + 1] = value;
    }
    out[at] = time - states[base] <= this.#widthMs ? states[base + 1] : Number.NaN;
  }
}
