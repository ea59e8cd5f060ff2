// Incremental history of a key: windows and holds. Each push costs amortised constant time; memory per key is bounded
// by the kernel's capacity, and the oldest sample leaves early when a window overflows it.

import type { DerivedMeta, Kernel } from '../contract.ts';

/** Makes the kernel that a derived entry asks for. */
export function createKernel(meta: DerivedMeta): Kernel {
  switch (meta.kernel) {
    case 'hold':
      return new HoldKernel(meta);
    case 'sum':
      return new SumKernel(meta);
    case 'min':
      return new ExtremeKernel(meta, -1);
    case 'max':
      return new ExtremeKernel(meta, 1);
    case 'increase':
      return new IncreaseKernel(meta);
  }
}

abstract class Results implements Kernel {
  value = Number.NaN;
  sum = Number.NaN;
  avg = Number.NaN;
  count = Number.NaN;
  increase = Number.NaN;
  rate = Number.NaN;
  abstract push(key: number, time: number, value: number): void;
}

/** First-in-first-out samples of one key, growing up to a capacity. */
class Ring {
  times: Float64Array;
  values: Float64Array;
  /** Which sample of its key it was, counted from 1. */
  ordinals: Float64Array;
  pushed = 0;
  head = 0;
  size = 0;
  /** Double-double running sum over what the kernel adds up; see `add`. */
  high = 0;
  low = 0;

  constructor(length: number) {
    this.times = new Float64Array(length);
    this.values = new Float64Array(length);
    this.ordinals = new Float64Array(length);
  }

  index(position: number): number {
    return (this.head + position) & (this.times.length - 1);
  }

  append(time: number, value: number): void {
    if (this.size === this.times.length) this.#grow();
    const at = this.index(this.size);
    this.times[at] = time;
    this.values[at] = value;
    this.ordinals[at] = ++this.pushed;
    this.size++;
  }

  shift(): void {
    this.head = this.index(1);
    this.size--;
  }

  pop(): void {
    this.size--;
  }

  /**
   * Adds to the running sum with the rounding error kept aside, so that what leaves a window takes away what it
   * brought in. Source: Knuth, TAOCP 4.2.2, Theorem B (two-sum).
   */
  add(x: number): void {
    const sum = this.high + x;
    const part = sum - this.high;
    const low = this.low + (this.high - (sum - part) + (x - part));
    this.high = sum + low;
    this.low = low - (this.high - sum);
  }

  resetSum(): void {
    this.high = 0;
    this.low = 0;
  }

  /** A sum that overflowed can't be corrected by what leaves the window: it is made anew. */
  settleSum(): void {
    if (this.high - this.high === 0) return;
    this.resetSum();
    for (let k = 0; k < this.size; k++) this.add(this.values[this.index(k)]);
  }

  #grow(): void {
    const length = this.times.length * 2;
    const times = new Float64Array(length);
    const values = new Float64Array(length);
    const ordinals = new Float64Array(length);
    for (let k = 0; k < this.size; k++) {
      const at = this.index(k);
      times[k] = this.times[at];
      values[k] = this.values[at];
      ordinals[k] = this.ordinals[at];
    }
    this.times = times;
    this.values = values;
    this.ordinals = ordinals;
    this.head = 0;
  }
}

abstract class WindowKernel extends Results {
  readonly #rings: Ring[] = [];
  readonly widthMs: number;
  readonly capacity: number;

  constructor(meta: DerivedMeta) {
    super();
    this.widthMs = meta.widthMs;
    this.capacity = meta.capacity;
  }

  protected ring(key: number): Ring {
    const ring = this.#rings[key];
    if (ring !== undefined) return ring;
    // Filled up to the key, so that the array stays dense whatever order keys come in.
    for (let k = this.#rings.length; k <= key; k++) this.#rings.push(new Ring(8));
    return this.#rings[key];
  }
}

class SumKernel extends WindowKernel {
  override push(key: number, time: number, value: number): void {
    const ring = this.ring(key);
    const cut = time - this.widthMs;
    while (ring.size > 0 && ring.times[ring.head] <= cut) this.#drop(ring);
    if (!Number.isNaN(value)) {
      if (ring.size === this.capacity) this.#drop(ring);
      ring.append(time, value);
      ring.add(value);
    }
    const { size } = ring;
    ring.settleSum();
    this.count = size;
    this.sum = size === 0 ? Number.NaN : finite(ring.high);
    this.avg = size === 0 ? Number.NaN : finite(ring.high / size);
  }

  #drop(ring: Ring): void {
    ring.add(-ring.values[ring.head]);
    ring.shift();
    if (ring.size === 0) ring.resetSum();
  }
}

/** Keeps only samples that may still become the extreme: values fall (or rise) from the head on. */
class ExtremeKernel extends WindowKernel {
  readonly #sign: number;

  /** `sign`: 1 for the maximum, −1 for the minimum. */
  constructor(meta: DerivedMeta, sign: 1 | -1) {
    super(meta);
    this.#sign = sign;
  }

  override push(key: number, time: number, value: number): void {
    const ring = this.ring(key);
    const cut = time - this.widthMs;
    while (ring.size > 0 && ring.times[ring.head] <= cut) ring.shift();
    if (!Number.isNaN(value)) {
      const signed = value * this.#sign;
      // A window that is over its capacity loses its oldest sample, whether that could still matter or not.
      if (ring.size > 0 && ring.ordinals[ring.head] <= ring.pushed + 1 - this.capacity) ring.shift();
      while (ring.size > 0 && ring.values[ring.index(ring.size - 1)] * this.#sign <= signed) ring.pop();
      ring.append(time, value);
    }
    this.value = ring.size === 0 ? Number.NaN : ring.values[ring.head];
  }
}

/** Values of the ring are the counter's growth since the sample before; the first one's does not count. */
class IncreaseKernel extends WindowKernel {
  readonly #last: number[] = [];

  override push(key: number, time: number, value: number): void {
    const ring = this.ring(key);
    const cut = time - this.widthMs;
    while (ring.size > 0 && ring.times[ring.head] <= cut) this.#drop(ring);
    if (!Number.isNaN(value)) {
      if (ring.size === this.capacity) this.#drop(ring);
      const last = this.#last[key];
      // A counter that fell was restarted: all it shows has come since.
      const growth = ring.size === 0 ? 0 : value >= last ? value - last : value;
      ring.append(time, growth);
      ring.add(growth);
      this.#last[key] = value;
    }
    if (ring.size < 2) {
      this.increase = Number.NaN;
      this.rate = Number.NaN;
      return;
    }
    ring.settleSum();
    const elapsedMs = ring.times[ring.index(ring.size - 1)] - ring.times[ring.head];
    this.increase = finite(ring.high);
    this.rate = finite((ring.high * 1000) / elapsedMs);
  }

  #drop(ring: Ring): void {
    ring.shift();
    if (ring.size === 0) {
      ring.resetSum();
      return;
    }
    // The new first sample's growth lies before the window.
    ring.add(-ring.values[ring.head]);
    ring.values[ring.head] = 0;
  }
}

class HoldKernel extends Results {
  readonly #values: number[] = [];
  readonly #times: number[] = [];
  readonly #widthMs: number;

  constructor(meta: DerivedMeta) {
    super();
    this.#widthMs = meta.widthMs;
  }

  override push(key: number, time: number, value: number): void {
    for (let k = this.#values.length; k <= key; k++) {
      this.#values.push(Number.NaN);
      this.#times.push(Number.NEGATIVE_INFINITY);
    }
    if (!Number.isNaN(value)) {
      this.#values[key] = value;
      this.#times[key] = time;
      this.value = value;
    } else {
      this.value = time - this.#times[key] <= this.#widthMs ? this.#values[key] : Number.NaN;
    }
  }
}

function finite(x: number): number {
  return x - x === 0 ? x : Number.NaN;
}
