// Sum, mean, number and spread of the values in a window: a sum kernel of which `stddev` is read too.

import type { DerivedMeta } from '../../contract.ts';
import type { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { ExactSum, largestExact } from './exact-sum.ts';
import { finite } from './ring.ts';
import { SummedRing } from './summed-ring.ts';
import { WindowKernel } from './window-kernel.ts';

class SpreadRing extends SummedRing {
  readonly exact = new ExactSum();
  readonly squares = new ExactSum();
  /** Samples too large to be squared. */
  huge = 0;

  count(value: number, sign: 1 | -1): void {
    if (Math.abs(value) > largestExact) {
      this.huge += sign;
      return;
    }
    this.exact.add(sign * value);
    this.squares.addProduct(sign * value, value);
  }
}

export class SpreadKernel extends WindowKernel<SpreadRing> {
  readonly #scratch = new ExactSum();

  constructor(meta: DerivedMeta, lost: () => void) {
    super('spread', meta, lost, () => new SpreadRing());
  }

  protected override save(ring: SpreadRing, to: StateWriter): void {
    ring.save(to);
  }

  protected override load(ring: SpreadRing, from: StateReader, capacity: number): void {
    ring.load(from, capacity);
    for (let k = 0; k < ring.size; k++) ring.count(ring.data[ring.index(k) + 1], 1);
  }

  protected override drop(ring: SpreadRing): void {
    const value = ring.oldest;
    ring.add(-value);
    ring.shift();
    if (ring.size === 0) ring.resetSum();
    ring.count(value, -1);
  }

  protected override take(ring: SpreadRing, time: number, value: number): void {
    ring.append(time, value);
    ring.add(value);
    ring.count(value, 1);
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
