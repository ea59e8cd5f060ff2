// The least or greatest value in a window. Keeps only samples that may still become it: values fall (or rise) from the
// oldest on.

import type { Batch, DerivedMeta, RunKernel } from '../../contract.ts';
import { stateOf } from './ring.ts';

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
}

export class ExtremeKernel implements RunKernel {
  readonly #states: (ExtremeRing | null)[] = [];
  readonly #widthMs: number;
  readonly #capacity: number;
  readonly #sign: number;

  /** `sign`: 1 for the maximum, −1 for the minimum. */
  constructor(meta: DerivedMeta, sign: 1 | -1) {
    this.#widthMs = meta.widthMs;
    this.#capacity = meta.capacity;
    this.#sign = sign;
  }

  push(key: number, time: number, value: number, out: Float64Array, at: number): void {
    this.#step(this.#state(key), time, value, out, at);
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
    const ring = this.#state(key);
    for (let i = from; i < to; i++) {
      const row = order[i];
      this.#step(ring, time[row], input[row * width + slot], derived, row * derivedWidth + place);
    }
  }

  #state(key: number): ExtremeRing {
    return this.#states[key] ?? stateOf(this.#states, key, () => new ExtremeRing());
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
