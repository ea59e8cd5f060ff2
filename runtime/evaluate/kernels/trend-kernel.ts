// The straight line of least squares through the samples of a window. Its sums are exact, so times of 13 digits cost it
// no precision, and a flat line has no slope at all.

import type { DerivedMeta } from '../../contract.ts';
import type { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { ExactSum, largestExact } from './exact-sum.ts';
import { finite, loadSamples, Ring, saveSamples } from './ring.ts';
import { WindowKernel } from './window-kernel.ts';

class TrendRing extends Ring {
  /** Times are summed up as ms from here: small numbers make short sums. */
  baseMs = 0;
  readonly times1 = new ExactSum();
  readonly times2 = new ExactSum();
  readonly sum = new ExactSum();
  readonly products = new ExactSum();
  /** Samples too large for the sums. */
  huge = 0;

  count(ms: number, value: number, sign: number): void {
    if (Math.abs(value) > largestExact) {
      this.huge += sign;
      return;
    }
    this.times1.add(sign * ms);
    this.times2.addProduct(sign * ms, ms);
    this.sum.add(sign * value);
    this.products.addProduct(sign * ms, value);
  }
}

export class TrendKernel extends WindowKernel<TrendRing> {
  readonly #scratch = new ExactSum();

  constructor(meta: DerivedMeta, lost: () => void) {
    super('trend', meta, lost, () => new TrendRing());
  }

  protected override save(ring: TrendRing, to: StateWriter): void {
    saveSamples(ring, to);
    to.number(ring.baseMs);
  }

  protected override load(ring: TrendRing, from: StateReader, capacity: number): void {
    loadSamples(ring, from, capacity);
    ring.baseMs = from.finite('a window');
    for (let k = 0; k < ring.size; k++) {
      const at = ring.index(k);
      ring.count(ring.data[at] - ring.baseMs, ring.data[at + 1], 1);
    }
  }

  protected override drop(ring: TrendRing): void {
    ring.count(ring.oldestTime - ring.baseMs, ring.oldest, -1);
    ring.shift();
  }

  protected override take(ring: TrendRing, time: number, value: number): void {
    if (ring.size === 0) ring.baseMs = time;
    ring.append(time, value);
    ring.count(time - ring.baseMs, value, 1);
  }

  protected override write(ring: TrendRing, time: number, out: Float64Array, at: number): void {
    const slopePerMs = ring.size < 2 || ring.huge > 0 ? Number.NaN : this.#slopePerMs(ring);
    for (let k = 0; k < this.outputs.length; k++) {
      out[at + k] = finite(
        this.outputs[k] === 'slope' ? slopePerMs * 1000 : this.#fitted(ring, slopePerMs, time - ring.baseMs),
      );
    }
  }

  /** (n·Σtx − Σt·Σx) / (n·Σt² − (Σt)²) */
  #slopePerMs(ring: TrendRing): number {
    const scratch = this.#scratch;
    scratch.reset();
    scratch.addMultiple(ring.size, ring.products);
    scratch.subtractProduct(ring.times1, ring.sum);
    const above = scratch.value();
    scratch.reset();
    scratch.addMultiple(ring.size, ring.times2);
    scratch.subtractProduct(ring.times1, ring.times1);
    return above / scratch.value();
  }

  /** Mean value + slope × mean distance to the window's end. */
  #fitted(ring: TrendRing, slopePerMs: number, endMs: number): number {
    const { size } = ring;
    const scratch = this.#scratch;
    scratch.reset();
    scratch.addProduct(size, endMs);
    scratch.addMultiple(-1, ring.times1);
    return ring.sum.value() / size + slopePerMs * (scratch.value() / size);
  }
}
