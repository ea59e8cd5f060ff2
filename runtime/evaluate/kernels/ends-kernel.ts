// The oldest and the newest value in a window and what lies between them.

import type { DerivedMeta } from '../../contract.ts';
import { finite, Ring } from './ring.ts';
import { WindowKernel } from './window-kernel.ts';

export class EndsKernel extends WindowKernel<Ring> {
  constructor(meta: DerivedMeta) {
    super(meta, () => new Ring());
  }

  protected override drop(ring: Ring): void {
    ring.shift();
  }

  protected override take(ring: Ring, time: number, value: number): void {
    ring.append(time, value);
  }

  protected override write(ring: Ring, _time: number, out: Float64Array, at: number): void {
    const { size, values } = ring;
    const first = size === 0 ? Number.NaN : values[ring.head];
    const last = size === 0 ? Number.NaN : values[ring.index(size - 1)];
    for (let k = 0; k < this.outputs.length; k++) {
      const output = this.outputs[k];
      if (output === 'delta') out[at + k] = size < 2 ? Number.NaN : finite(last - first);
      else out[at + k] = output === 'first' ? first : last;
    }
  }
}
