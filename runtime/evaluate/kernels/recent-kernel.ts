// The sum of the last few samples, as far back as they come without a gap.

import type { DerivedMeta } from '../../contract.ts';
import { ListStore, type StoredKernel } from './kernel-store.ts';
import { loadSamples, Ring, saveSamples } from './ring.ts';
import { StepKernel } from './step-kernel.ts';

class RecentRing extends Ring {
  lastMs = Number.NEGATIVE_INFINITY;
  sum = 0;
}

export class RecentKernel extends StepKernel<RecentRing> implements StoredKernel {
  readonly store: ListStore<RecentRing>;
  readonly #capacity: number;
  readonly #gapMs: number;

  constructor(meta: DerivedMeta) {
    super();
    this.#capacity = meta.capacity;
    this.#gapMs = meta.gapMs;
    this.store = new ListStore(`recent of ${meta.capacity}`, null, {
      create: () => new RecentRing(),
      save(ring, to) {
        saveSamples(ring, to);
        to.number(ring.lastMs);
      },
      load(ring, from) {
        loadSamples(ring, from, meta.capacity);
        for (let k = 0; k < ring.size; k++) ring.sum += ring.data[ring.index(k) + 1];
        ring.lastMs = from.number('a window');
      },
    });
  }

  protected override state(key: number): RecentRing {
    return this.store.of(key);
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
