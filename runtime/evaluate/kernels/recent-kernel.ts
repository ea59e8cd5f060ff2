// The sum of the last few samples, as far back as they come without a gap.

import type { DerivedMeta, Kernel } from '../../contract.ts';
import { Ring, stateOf } from './ring.ts';

class RecentRing extends Ring {
  lastMs = Number.NEGATIVE_INFINITY;
  sum = 0;
}

export class RecentKernel implements Kernel {
  readonly #states: (RecentRing | null)[] = [];
  readonly #capacity: number;
  readonly #gapMs: number;

  constructor(meta: DerivedMeta) {
    this.#capacity = meta.capacity;
    this.#gapMs = meta.gapMs;
  }

  push(key: number, time: number, value: number, out: Float64Array, at: number): void {
    const ring = this.#states[key] ?? stateOf(this.#states, key, () => new RecentRing());
    if (time - ring.lastMs > this.#gapMs) {
      ring.clear();
      ring.sum = 0;
    }
    if (!Number.isNaN(value)) {
      if (ring.size === this.#capacity) {
        ring.sum -= ring.values[ring.head];
        ring.shift();
      }
      ring.append(time, value);
      ring.sum += value;
      ring.lastMs = time;
    }
    out[at] = ring.size === 0 ? Number.NaN : ring.sum;
  }
}
