// The growth of a counter in a window. Values of the ring are the growth since the sample before; the first one's does
// not count.

import type { DerivedMeta } from '../../contract.ts';
import { finite } from './ring.ts';
import { SummedRing } from './summed-ring.ts';
import { WindowKernel } from './window-kernel.ts';

class CounterRing extends SummedRing {
  last = Number.NaN;
}

export class IncreaseKernel extends WindowKernel<CounterRing> {
  constructor(meta: DerivedMeta) {
    super(meta, () => new CounterRing());
  }

  protected override drop(ring: CounterRing): void {
    ring.shift();
    if (ring.size === 0) {
      ring.resetSum();
      return;
    }
    // The new first sample's growth lies before the window.
    ring.add(-ring.values[ring.head]);
    ring.values[ring.head] = 0;
  }

  protected override take(ring: CounterRing, time: number, value: number): void {
    const { last } = ring;
    // A counter that fell was restarted: all it shows has come since.
    const growth = ring.size === 0 ? 0 : value >= last ? value - last : value;
    ring.append(time, growth);
    ring.add(growth);
    ring.last = value;
  }

  protected override write(ring: CounterRing, _time: number, out: Float64Array, at: number): void {
    const known = ring.size >= 2;
    if (known) ring.settleSum();
    for (let k = 0; k < this.outputs.length; k++) {
      if (!known) out[at + k] = Number.NaN;
      else if (this.outputs[k] === 'increase') out[at + k] = finite(ring.high);
      else {
        const elapsedMs = ring.times[ring.index(ring.size - 1)] - ring.times[ring.head];
        out[at + k] = finite((ring.high * 1000) / elapsedMs);
      }
    }
  }
}
