// The least or greatest value in a window. Keeps only samples that may still become it: values fall (or rise) from the
// oldest on.

import type { Batch, DerivedMeta, RunKernel } from '../../contract.ts';
import { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { ListStore, type StoredKernel } from './kernel-store.ts';
import { samplesMost } from './ring.ts';

/** Numbers per sample. */
const stride = 3;

/** Samples that may still become the extreme, one behind the other: time, value, and which of its key it was. */
class ExtremeRing {
  data: Float64Array = new Float64Array(8 * stride);
  head = 0;
  size = 0;
  /** Room for samples, less one. */
  mask = 7;
  pushed = 0;

  grow(): void {
    const old = this.data;
    const first = this.head * stride;
    this.data = new Float64Array(old.length * 2);
    this.data.set(old.subarray(first));
    this.data.set(old.subarray(0, first), old.length - first);
    this.head = 0;
    this.mask = this.mask * 2 + 1;
  }

  save(to: StateWriter): void {
    to.number(this.pushed);
    to.count(this.size);
    for (let position = 0; position < this.size; position++) {
      const at = ((this.head + position) & this.mask) * stride;
      for (let k = 0; k < stride; k++) to.number(this.data[at + k]);
    }
  }

  load(from: StateReader, capacity: number): void {
    this.pushed = from.finite('an extreme');
    let before = Number.NEGATIVE_INFINITY;
    for (let left = from.count(samplesMost, 'an extreme'); left > 0; left--) {
      const [time, value, ordinal] = [from.finite('an extreme'), from.finite('an extreme'), from.finite('an extreme')];
      if (time < before || ordinal > this.pushed) throw StateReader.damaged('an extreme');
      before = time;
      if (ordinal <= this.pushed - capacity) continue;
      if (this.size > this.mask) this.grow();
      this.data.set([time, value, ordinal], ((this.head + this.size++) & this.mask) * stride);
    }
  }
}

export class ExtremeKernel implements RunKernel, StoredKernel {
  readonly store: ListStore<ExtremeRing>;
  readonly #widthMs: number;
  readonly #capacity: number;
  readonly #sign: number;
  readonly #lost: () => void;

  /** `sign`: 1 for the maximum, −1 for the minimum. `lost` is called when what still counts leaves a full window. */
  constructor(meta: DerivedMeta, lost: () => void, sign: 1 | -1) {
    this.#lost = lost;
    this.#widthMs = meta.widthMs;
    this.#capacity = meta.capacity;
    this.#sign = sign;
    this.store = new ListStore(`${meta.kernel} of ${meta.capacity}`, null, {
      create: () => new ExtremeRing(),
      save: (ring, to) => ring.save(to),
      load: (ring, from) => ring.load(from, meta.capacity),
    });
  }

  push(key: number, time: number, value: number, out: Float64Array, at: number): void {
    this.#step(this.store.of(key), time, value, out, at);
  }

  feed(
    key: number,
    { order, time, derived, derivedWidth }: Batch,
    from: number,
    to: number,
    input: Float64Array,
    width: number,
    slot: number,
    place: number,
  ): void {
    const ring = this.store.of(key);
    for (let i = from; i < to; i++) {
      const row = order[i];
      this.#step(ring, time[row], input[row * width + slot], derived, row * derivedWidth + place);
    }
  }

  #step(ring: ExtremeRing, time: number, value: number, out: Float64Array, at: number): void {
    const { mask } = ring;
    let { data, head, size } = ring;
    const cut = time - this.#widthMs;
    while (size > 0 && data[head * stride] <= cut) {
      head = (head + 1) & mask;
      size--;
    }
    if (!Number.isNaN(value)) {
      const sign = this.#sign;
      const signed = value * sign;
      const ordinal = ++ring.pushed;
      // A window that is over its capacity loses its oldest sample, whether that could still matter or not.
      if (size > 0 && data[head * stride + 2] <= ordinal - this.#capacity) {
        head = (head + 1) & mask;
        size--;
        this.#lost();
      }
      while (size > 0 && data[((head + size - 1) & mask) * stride + 1] * sign <= signed) size--;
      ring.head = head;
      if (size > mask) {
        ring.grow();
        ({ data, head } = ring);
      }
      const place = ((head + size) & ring.mask) * stride;
      data[place] = time;
      data[place + 1] = value;
      data[place + 2] = ordinal;
      size++;
    }
    ring.head = head;
    ring.size = size;
    out[at] = size === 0 ? Number.NaN : data[head * stride + 1];
  }
}
