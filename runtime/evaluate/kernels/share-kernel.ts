// The mean of the samples in a window, and whether samples have come without a gap for as long as it is wide.

import type { DerivedMeta } from '../../contract.ts';
import type { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { loadSamples, Ring, saveSamples } from './ring.ts';
import { WindowKernel } from './window-kernel.ts';

class ShareRing extends Ring {
  /** Since when samples have come without a gap, and when the last one came. */
  sinceMs = Number.NEGATIVE_INFINITY;
  lastMs = Number.NEGATIVE_INFINITY;
  sum = 0;
}

export class ShareKernel extends WindowKernel<ShareRing> {
  readonly #gapMs: number;
  readonly #wholeMs: number;

  constructor(meta: DerivedMeta, lost: () => void) {
    super('share', meta, lost, () => new ShareRing());
    this.#gapMs = meta.gapMs;
    this.#wholeMs = meta.widthMs;
  }

  protected override save(ring: ShareRing, to: StateWriter): void {
    saveSamples(ring, to);
    to.number(ring.sinceMs);
    to.number(ring.lastMs);
  }

  protected override load(ring: ShareRing, from: StateReader, capacity: number): void {
    loadSamples(ring, from, capacity);
    for (let k = 0; k < ring.size; k++) ring.sum += ring.data[ring.index(k) + 1];
    ring.sinceMs = from.number('a window');
    ring.lastMs = from.number('a window');
  }

  protected override drop(ring: ShareRing): void {
    ring.sum -= ring.oldest;
    ring.shift();
  }

  protected override take(ring: ShareRing, time: number, value: number): void {
    if (time - ring.lastMs > this.#gapMs) {
      ring.clear();
      ring.sum = 0;
      ring.sinceMs = time;
    }
    ring.append(time, value);
    ring.sum += value;
    ring.lastMs = time;
  }

  protected override write(ring: ShareRing, time: number, out: Float64Array, at: number): void {
    const broken = time - ring.lastMs > this.#gapMs;
    const whole = time - ring.sinceMs >= this.#wholeMs;
    for (let k = 0; k < this.outputs.length; k++) {
      if (broken || ring.size === 0) out[at + k] = Number.NaN;
      else out[at + k] = whole || this.outputs[k] === 'avg' ? ring.sum / ring.size : 0;
    }
  }
}
