// The sum of the last few samples, as far back as they come without a gap.

import type { DerivedMeta } from '../../contract.ts';
import { Ring, stateOf } from './ring.ts';
import { StepKernel } from './step-kernel.ts';

class RecentRing extends Ring {
  lastMs = Number.NEGATIVE_INFINITY;
  sum = 0;
}

export class RecentKernel extends StepKernel<RecentRing> {
  readonly #states: (RecentRing | null)[] = [];
  readonly #capacity: number;
  readonly #gapMs: number;

  constructor(meta: DerivedMeta) {
    super();
    this.#capacity = meta.capacity;
    this.#gapMs = meta.gapMs;
  }

  protected override state(key: number): RecentRing {
    return this.#states[key] ?? stateOf(this.#states, key, () => new RecentRing());
  }

  protected override step(ring: RecentRing, time: number, value: number, out: Float64Array, at: number): void {
    if (time - ring.lastMs > this.#gapMs) {
      ring.clear();
      ring.sum = 0;
    }
    if (!Number.isNaN(value)) {
      if (ring.size === this.#capacity) {
        ring.sum -= ring.oldest;
        ring.shift();
      }
      ring.append(time, value);
      ring.sum += value;
      ring.lastMs = time;
    }
    out[at] = ring.size === 0 ? Number.NaN : ring.sum;
  }
}
