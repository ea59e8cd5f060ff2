// A sum from which what was added can be taken away again, with the rounding error kept beside it.

import type { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { smallestHalved, upperHalf } from './exact-sum.ts';
import { loadSamples, Ring, saveSamples } from './ring.ts';

const largestHalved = 1e290;

/** Samples and the running sum of their values. */
export class SummedRing extends Ring {
  high = 0;
  #low = 0;

  /** Source: Knuth, TAOCP 4.2.2, Theorem B (two-sum). */
  add(x: number): void {
    const sum = this.high + x;
    const part = sum - this.high;
    const low = this.#low + (this.high - (sum - part) + (x - part));
    this.high = sum + low;
    this.#low = low - (this.high - sum);
  }

  /** The mean of the samples: that of equal values is that value, not one beside it. */
  mean(): number {
    const { high, size } = this;
    const quotient = high / size;
    const magnitude = Math.abs(quotient);
    // Beyond these the halves of a double leave its range.
    if (!(magnitude < largestHalved && magnitude >= smallestHalved)) return quotient;
    const upper = upperHalf(quotient);
    return quotient + (high - upper * size - (quotient - upper) * size + this.#low) / size;
  }

  resetSum(): void {
    this.high = 0;
    this.#low = 0;
  }

  /** A sum that overflowed can't be corrected by what leaves the window: it is made anew. */
  settleSum(): void {
    if (this.high - this.high === 0) return;
    this.sumUp();
  }

  protected sumUp(): void {
    this.resetSum();
    for (let k = 0; k < this.size; k++) this.add(this.data[this.index(k) + 1]);
  }

  save(to: StateWriter): void {
    saveSamples(this, to);
    to.number(this.high);
    to.number(this.#low);
  }

  /** The sum with the rounding that it had, as long as all its samples have room. */
  load(from: StateReader, capacity: number): void {
    const whole = loadSamples(this, from, capacity);
    this.high = from.number('a sum');
    this.#low = from.number('a sum');
    if (!whole) this.sumUp();
  }
}
