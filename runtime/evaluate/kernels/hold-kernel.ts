// The last known value, for as long as it serves.

import type { Batch, DerivedMeta, RunKernel } from '../../contract.ts';

/** Per key: time of the last known value, and the value. */
const stride = 2;

export class HoldKernel implements RunKernel {
  #states = new Float64Array(0);
  readonly #widthMs: number;

  constructor(meta: DerivedMeta) {
    this.#widthMs = meta.widthMs;
  }

  push(key: number, time: number, value: number, out: Float64Array, at: number): void {
    this.#step(this.#state(key), time, value, out, at);
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
    const base = this.#state(key);
    for (let i = from; i < to; i++) {
      const row = order[i];
      this.#step(base, time[row], input[row * width + slot], derived, row * derivedWidth + place);
    }
  }

  #state(key: number): number {
    const base = key * stride;
    if (base < this.#states.length) return base;
    const old = this.#states;
    this.#states = new Float64Array(Math.max(base + stride, old.length * 2, 8 * stride));
    this.#states.fill(Number.NEGATIVE_INFINITY, old.length);
    this.#states.set(old);
    return base;
  }

  #step(base: number, time: number, value: number, out: Float64Array, at: number): void {
    const states = this.#states;
    if (!Number.isNaN(value)) {
      states[base] = time;
      states[base + 1] = value;
    }
    out[at] = time - states[base] <= this.#widthMs ? states[base + 1] : Number.NaN;
  }
}
