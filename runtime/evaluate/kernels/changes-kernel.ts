// How often a value differs from the one before it, both in the window. Values of the ring are 1 where one does.

import type { DerivedMeta } from '../../contract.ts';
import type { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { loadSamples, Ring, saveSamples } from './ring.ts';
import { WindowKernel } from './window-kernel.ts';

class ChangesRing extends Ring {
  last = Number.NaN;
  changes = 0;
}

export class ChangesKernel extends WindowKernel<ChangesRing> {
  constructor(meta: DerivedMeta, lost: () => void) {
    super('changes', meta, lost, () => new ChangesRing());
  }

  protected override save(ring: ChangesRing, to: StateWriter): void {
    saveSamples(ring, to);
    to.number(ring.last);
  }

  protected override load(ring: ChangesRing, from: StateReader, capacity: number): void {
    loadSamples(ring, from, capacity);
    if (ring.size > 0) ring.oldest = 0;
    for (let k = 0; k < ring.size; k++) ring.changes += ring.data[ring.index(k) + 1];
    ring.last = from.number('a window');
  }

  protected override drop(ring: ChangesRing): void {
    ring.shift();
    if (ring.size === 0) return;
    // What the new first sample differs from has left the window.
    ring.changes -= ring.oldest;
    ring.oldest = 0;
  }

  protected override take(ring: ChangesRing, time: number, value: number): void {
    const changed = ring.size > 0 && value !== ring.last ? 1 : 0;
    ring.append(time, changed);
    ring.changes += changed;
    ring.last = value;
  }

  protected override write(ring: ChangesRing, _time: number, out: Float64Array, at: number): void {
    out[at] = ring.size === 0 ? Number.NaN : ring.changes;
  }
}
