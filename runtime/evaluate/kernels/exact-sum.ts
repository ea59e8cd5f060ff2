// Sums without any rounding: what was added and is taken away again leaves no trace, however large it was. So a result
// depends on the samples in the window alone, bit for bit, not on what has passed through it before.

/** Values beyond this are not summed up exactly with their squares: those would leave the range of doubles. */
export const largestExact = 1e100;

/** The halves of a double nearer to zero than this are not exact. */
export const smallestHalved = 1e-290;

/**
 * A sum as the exact sum of few doubles that do not overlap, smallest first.
 * Source: Shewchuk (1997), Adaptive Precision Floating-Point Arithmetic, Grow-Expansion.
 */
export class ExactSum {
  #parts = new Float64Array(4);
  #count = 0;

  reset(): void {
    this.#count = 0;
  }

  add(x: number): void {
    const parts = this.#parts;
    let carried = x;
    let kept = 0;
    for (let k = 0; k < this.#count; k++) {
      const part = parts[k];
      const sum = carried + part;
      const virtual = sum - carried;
      const lost = carried - (sum - virtual) + (part - virtual);
      if (lost !== 0) parts[kept++] = lost;
      carried = sum;
    }
    this.#count = kept;
    if (carried === 0) return;
    if (kept === parts.length) {
      this.#parts = new Float64Array(kept * 2);
      this.#parts.set(parts);
    }
    this.#parts[this.#count++] = carried;
  }

  /** Adds `x * y` without rounding. Source: Dekker (1971), two-product with Veltkamp's splitting. */
  addProduct(x: number, y: number): void {
    const product = x * y;
    const xHigh = upperHalf(x);
    const xLow = x - xHigh;
    const yHigh = upperHalf(y);
    const yLow = y - yHigh;
    const lost = xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow);
    if (lost !== 0) this.add(lost);
    this.add(product);
  }

  /** Adds `factor` times `other`. */
  addMultiple(factor: number, other: ExactSum): void {
    for (let k = 0; k < other.#count; k++) this.addProduct(factor, other.#parts[k]);
  }

  /** Takes `left * right` away. */
  subtractProduct(left: ExactSum, right: ExactSum): void {
    for (let k = 0; k < left.#count; k++) this.addMultiple(-left.#parts[k], right);
  }

  /** The sum divided by `count`, near to the last bit; `scratch` is overwritten. */
  mean(count: number, scratch: ExactSum): number {
    const quotient = this.value() / count;
    if (Math.abs(quotient) < smallestHalved) return quotient;
    scratch.reset();
    scratch.addMultiple(1, this);
    scratch.addProduct(-quotient, count);
    return quotient + scratch.value() / count;
  }

  /** The double nearest to the sum, of two equally near the even one. */
  value(): number {
    const parts = this.#parts;
    let k = this.#count - 1;
    if (k < 0) return 0;
    let sum = parts[k];
    let lost = 0;
    while (k > 0 && lost === 0) {
      const part = parts[--k];
      const next = sum + part;
      lost = part - (next - sum);
      sum = next;
    }
    // What lies below a tie decides it.
    if (k > 0 && ((lost < 0 && parts[k - 1] < 0) || (lost > 0 && parts[k - 1] > 0))) {
      const twice = lost * 2;
      const next = sum + twice;
      if (next - sum === twice) sum = next;
    }
    return sum;
  }
}

/** The upper 26 bits of a double's 53. */
export function upperHalf(x: number): number {
  const scaled = 134_217_729 * x;
  return scaled - (scaled - x);
}
