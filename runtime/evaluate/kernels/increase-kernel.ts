// The growth of a counter in a window, from its first sample to its last, stretched to the window, or in its last step.

import type { DerivedMeta, DerivedOutput } from '../../contract.ts';
import { extrapolate } from './extrapolate.ts';
import { finite } from './ring.ts';
import { SummedRing } from './summed-ring.ts';
import { WindowKernel } from './window-kernel.ts';

/** A counter that fell was restarted: all it shows has come since. */
function growth(before: number, after: number): number {
  return after >= before ? after - before : after;
}

/** Samples of a counter and the sum of what it grew from each to the next. */
class CounterRing extends SummedRing {
  override settleSum(): void {
    if (this.high - this.high === 0) return;
    this.resetSum();
    for (let k = 1; k < this.size; k++) this.add(growth(this.values[this.index(k - 1)], this.values[this.index(k)]));
  }
}

export class IncreaseKernel extends WindowKernel<CounterRing> {
  readonly #width: number;

  constructor(meta: DerivedMeta) {
    super(meta, () => new CounterRing());
    this.#width = meta.widthMs;
  }

  protected override drop(ring: CounterRing): void {
    const gone = ring.values[ring.head];
    ring.shift();
    if (ring.size === 0) ring.resetSum();
    else ring.add(-growth(gone, ring.values[ring.head]));
  }

  protected override take(ring: CounterRing, time: number, value: number): void {
    if (ring.size > 0) ring.add(growth(ring.values[ring.index(ring.size - 1)], value));
    ring.append(time, value);
  }

  protected override write(ring: CounterRing, time: number, out: Float64Array, at: number): void {
    const known = ring.size >= 2;
    if (known) ring.settleSum();
    for (let k = 0; k < this.outputs.length; k++) {
      out[at + k] = known ? finite(this.#output(ring, this.outputs[k], time)) : Number.NaN;
    }
  }

  #output(ring: CounterRing, output: DerivedOutput, endMs: number): number {
    const { times, values, high, size } = ring;
    const newest = ring.index(size - 1);
    const firstMs = times[ring.head];
    const lastMs = times[newest];
    switch (output) {
      case 'increase':
        return high;
      case 'latestRate': {
        const before = ring.index(size - 2);
        return (growth(values[before], values[newest]) * 1000) / (lastMs - times[before]);
      }
      case 'extrapolated':
      case 'extrapolatedRate': {
        const extent = { firstMs, lastMs, samples: size, endMs, widthMs: this.#width };
        const whole = extrapolate(high, values[ring.head], extent);
        return output === 'extrapolated' ? whole : (whole * 1000) / this.#width;
      }
      default:
        return (high * 1000) / (lastMs - firstMs);
    }
  }
}
