// The oldest and the newest value in a window and what lies between them.

import type { DerivedMeta } from '../../contract.ts';
import { extrapolate } from './extrapolate.ts';
import { finite, Ring } from './ring.ts';
import { WindowKernel } from './window-kernel.ts';

export class EndsKernel extends WindowKernel<Ring> {
  readonly #width: number;

  constructor(meta: DerivedMeta, lost: () => void) {
    super('ends', meta, lost, () => new Ring());
    this.#width = meta.widthMs;
  }

  protected override drop(ring: Ring): void {
    ring.shift();
  }

  protected override take(ring: Ring, time: number, value: number): void {
    ring.append(time, value);
  }

  protected override write(ring: Ring, time: number, out: Float64Array, at: number): void {
    const { size } = ring;
    const first = size === 0 ? Number.NaN : ring.oldest;
    const last = size === 0 ? Number.NaN : ring.newest;
    for (let k = 0; k < this.outputs.length; k++) {
      const output = this.outputs[k];
      if (output === 'delta') out[at + k] = size < 2 ? Number.NaN : finite(last - first);
      else if (output === 'extrapolatedDelta')
        out[at + k] = size < 2 ? Number.NaN : finite(this.#whole(ring, last - first, time));
      else out[at + k] = output === 'first' ? first : last;
    }
  }

  #whole(ring: Ring, change: number, endMs: number): number {
    return extrapolate(change, Number.NaN, {
      firstMs: ring.oldestTime,
      lastMs: ring.newestTime,
      samples: ring.size,
      endMs,
      widthMs: this.#width,
    });
  }
}
