// The least or greatest value in a window. Keeps only samples that may still become it: values fall (or rise) from the
// oldest on.

import type { DerivedMeta, Kernel } from '../../contract.ts';
import { Ring, stateOf } from './ring.ts';

class ExtremeRing extends Ring {
  /** Which sample of its key each was, counted from 1. */
  ordinals: Float64Array = new Float64Array(8);
  pushed = 0;

  protected override grow(): void {
    this.ordinals = this.unrolled(this.ordinals, this.ordinals.length * 2);
    super.grow();
  }
}

export class ExtremeKernel implements Kernel {
  readonly #states: (ExtremeRing | null)[] = [];
  readonly #widthMs: number;
  readonly #capacity: number;
  readonly #sign: number;

  /** `sign`: 1 for the maximum, −1 for the minimum. */
  constructor(meta: DerivedMeta, sign: 1 | -1) {
    this.#widthMs = meta.widthMs;
    this.#capacity = meta.capacity;
    this.#sign = sign;
  }

  push(key: number, time: number, value: number, out: Float64Array, at: number): void {
    const ring = this.#states[key] ?? stateOf(this.#states, key, () => new ExtremeRing());
    const cut = time - this.#widthMs;
    while (ring.size > 0 && ring.times[ring.head] <= cut) ring.shift();
    if (!Number.isNaN(value)) {
      const signed = value * this.#sign;
      // A window that is over its capacity loses its oldest sample, whether that could still matter or not.
      if (ring.size > 0 && ring.ordinals[ring.head] <= ring.pushed + 1 - this.#capacity) ring.shift();
      while (ring.size > 0 && ring.values[ring.index(ring.size - 1)] * this.#sign <= signed) ring.size--;
      ring.append(time, value);
      ring.ordinals[ring.index(ring.size - 1)] = ++ring.pushed;
    }
    out[at] = ring.size === 0 ? Number.NaN : ring.values[ring.head];
  }
}
