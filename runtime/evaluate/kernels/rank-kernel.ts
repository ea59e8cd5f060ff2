// Exact quantiles of a window: the samples in order of time, and their values in order of size.

import type { DerivedMeta } from '../../contract.ts';
import type { StateReader } from '../state/state-reader.ts';
import { loadSamples, Ring } from './ring.ts';
import { quantile, SortedValues } from './sorted-values.ts';
import { WindowKernel } from './window-kernel.ts';

class RankRing extends Ring {
  readonly sorted = new SortedValues();
}

export class RankKernel extends WindowKernel<RankRing> {
  readonly #shares: Float64Array;

  constructor(meta: DerivedMeta, lost: () => void) {
    super('rank', meta, lost, () => new RankRing());
    this.#shares = Float64Array.from(meta.outputs, (output) => Number(output.slice('quantile '.length)));
  }

  protected override load(ring: RankRing, from: StateReader, capacity: number): void {
    loadSamples(ring, from, capacity);
    for (let k = 0; k < ring.size; k++) ring.sorted.insert(ring.data[ring.index(k) + 1]);
  }

  protected override drop(ring: RankRing): void {
    ring.sorted.remove(ring.oldest);
    ring.shift();
  }

  protected override take(ring: RankRing, time: number, value: number): void {
    ring.append(time, value);
    ring.sorted.insert(value);
  }

  protected override write(ring: RankRing, _time: number, out: Float64Array, at: number): void {
    for (let k = 0; k < this.#shares.length; k++) {
      out[at + k] = ring.size === 0 ? Number.NaN : quantile(ring.sorted, ring.size, this.#shares[k]);
    }
  }
}
