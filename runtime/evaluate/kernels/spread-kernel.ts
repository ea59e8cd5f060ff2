// Sum, mean, number and spread of the values in a window: a sum kernel of which `stddev` is read too.

import type { DerivedMeta } from '../../contract.ts';
import { ExactSum, largestExact } from './exact-sum.ts';
import { finite } from './ring.ts';
import { SummedRing } from './summed-ring.ts';
import { WindowKernel } from './window-kernel.ts';

class SpreadRing extends SummedRing {
  readonly exact = new ExactSum();
  readonly squares = new ExactSum();
  /** Samples too large to be squared. */
  huge = 0;
}

export class SpreadKernel extends WindowKernel<SpreadRing> {
  readonly #scratch = new ExactSum();

  constructor(meta: DerivedMeta) {
    super(meta, () => new SpreadRing());
  }

  protected override drop(ring: SpreadRing): void {
    const value = ring.oldest;
    ring.add(-value);
    ring.shift();
    if (ring.size === 0) ring.resetSum();
    if (Math.abs(value) > largestExact) {
      ring.huge--;
      return;
    }
    ring.exact.add(-value);
    ring.squares.addProduct(-value, value);
  }

  protected override take(ring: SpreadRing, time: number, value: number): void {
    ring.append(time, value);
    ring.add(value);
    if (Math.abs(value) > largestExact) {
      ring.huge++;
      return;
    }
    ring.exact.add(value);
    ring.squares.addProduct(value, value);
  }

  protected override write(ring: SpreadRing, _time: number, out: Float64Array, at: number): void {
    ring.settleSum();
    const { size } = ring;
    for (let k = 0; k < this.outputs.length; k++) {
      const output = this.outputs[k];
      if (output === 'count') out[at + k] = size;
      else if (size === 0) out[at + k] = Number.NaN;
      else if (output === 'stddev') out[at + k] = this.#deviation(ring);
      else out[at + k] = finite(output === 'avg' ? ring.mean() : ring.high);
    }
  }

  /** √(n·Σx² − (Σx)²) / n, the difference without rounding: equal values have no spread at all. */
  #deviation(ring: SpreadRing): number {
    if (ring.huge > 0) return Number.NaN;
    const { size } = ring;
    const scratch = this.#scratch;
    scratch.reset();
    scratch.addMultiple(size, ring.squares);
    scratch.subtractProduct(ring.exact, ring.exact);
    return Math.sqrt(scratch.value()) / size;
  }
}
