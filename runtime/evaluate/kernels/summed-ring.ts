// A sum from which what was added can be taken away again, with the rounding error kept beside it.

import { Ring } from './ring.ts';

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

  resetSum(): void {
    this.high = 0;
    this.#low = 0;
  }

  /** A sum that overflowed can't be corrected by what leaves the window: it is made anew. */
  settleSum(): void {
    if (this.high - this.high === 0) return;
    this.resetSum();
    for (let k = 0; k < this.size; k++) this.add(this.data[this.index(k) + 1]);
  }
}
