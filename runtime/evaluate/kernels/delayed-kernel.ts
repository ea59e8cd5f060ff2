// A window that ended some time ago: samples wait until they are old enough and go into a kernel of the present then.

import type { DerivedMeta, Kernel } from '../../contract.ts';
import { Ring, stateOf } from './ring.ts';

export class DelayedKernel implements Kernel {
  readonly #waiting: (Ring | null)[] = [];
  readonly #inner: Kernel;
  readonly #agoMs: number;
  readonly #capacity: number;
  /** Takes results that nobody reads. */
  readonly #ignored: Float64Array;

  constructor(meta: DerivedMeta, inner: Kernel) {
    this.#inner = inner;
    this.#agoMs = meta.agoMs;
    this.#capacity = meta.agoCapacity;
    this.#ignored = new Float64Array(meta.outputs.length);
  }

  push(key: number, time: number, value: number, out: Float64Array, at: number): void {
    const ring = this.#waiting[key] ?? stateOf(this.#waiting, key, () => new Ring());
    const end = time - this.#agoMs;
    while (ring.size > 0 && ring.times[ring.head] <= end) {
      this.#inner.push(key, ring.times[ring.head], ring.values[ring.head], this.#ignored, 0);
      ring.shift();
    }
    if (!Number.isNaN(value)) {
      if (ring.size === this.#capacity) ring.shift();
      ring.append(time, value);
    }
    this.#inner.push(key, end, Number.NaN, out, at);
  }
}
