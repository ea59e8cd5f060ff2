// Sum, mean and number of the values in a window.

import type { DerivedMeta } from '../../contract.ts';
import { finite } from './ring.ts';
import { SummedRing } from './summed-ring.ts';
import { WindowKernel } from './window-kernel.ts';

export class SumKernel extends WindowKernel<SummedRing> {
  constructor(meta: DerivedMeta) {
    super(meta, () => new SummedRing());
  }

  protected override drop(ring: SummedRing): void {
    ring.add(-ring.values[ring.head]);
    ring.shift();
    if (ring.size === 0) ring.resetSum();
  }

  protected override take(ring: SummedRing, time: number, value: number): void {
    ring.append(time, value);
    ring.add(value);
  }

  protected override write(ring: SummedRing, _time: number, out: Float64Array, at: number): void {
    ring.settleSum();
    for (let k = 0; k < this.outputs.length; k++) out[at + k] = this.#output(ring, k);
  }

  #output(ring: SummedRing, output: number): number {
    const { size } = ring;
    switch (this.outputs[output]) {
      case 'count':
        return size;
      case 'avg':
        return size === 0 ? Number.NaN : finite(ring.high / size);
      default:
        return size === 0 ? Number.NaN : finite(ring.high);
    }
  }
}
