// Samples of one key, first in, first out, growing up to what is put in.

import { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';

/** Samples that there is room for at first; a power of two. */
const leastRoom = 8;

export class Ring {
  /** Samples one behind the other, each its time and its value. */
  data: Float64Array;
  head = 0;
  size = 0;
  /** Room for samples, less one. */
  mask = leastRoom - 1;

  constructor() {
    this.data = new Float64Array(leastRoom * 2);
  }

  /** Where the sample at `position`, counted from the oldest, begins in `data`: its time, then its value. */
  index(position: number): number {
    return ((this.head + position) & this.mask) * 2;
  }

  get oldestTime(): number {
    return this.data[this.head * 2];
  }

  get oldest(): number {
    return this.data[this.head * 2 + 1];
  }

  set oldest(value: number) {
    this.data[this.head * 2 + 1] = value;
  }

  get newestTime(): number {
    return this.data[this.index(this.size - 1)];
  }

  get newest(): number {
    return this.data[this.index(this.size - 1) + 1];
  }

  /** Returns where the sample begins in `data`. */
  append(time: number, value: number): number {
    if (this.size > this.mask) this.#grow();
    const at = this.index(this.size);
    this.data[at] = time;
    this.data[at + 1] = value;
    this.size++;
    return at;
  }

  /** Takes the oldest sample out. */
  shift(): void {
    this.head = (this.head + 1) & this.mask;
    this.size--;
  }

  clear(): void {
    this.size = 0;
  }

  #grow(): void {
    const old = this.data;
    const first = this.head * 2;
    this.data = new Float64Array(old.length * 2);
    this.data.set(old.subarray(first));
    this.data.set(old.subarray(0, first), old.length - first);
    this.head = 0;
    this.mask = this.mask * 2 + 1;
  }
}

/** More samples than any window has room for. */
export const samplesMost = 1 << 24;

export function saveSamples(ring: Ring, to: StateWriter): void {
  const { data, head, size, mask } = ring;
  to.count(size);
  const first = Math.min(size, mask + 1 - head);
  to.span(data, head * 2, (head + first) * 2);
  to.span(data, 0, (size - first) * 2);
}

/** Appends what `saveSamples` wrote, the newest `capacity` of it; returns whether that was all. */
export function loadSamples(ring: Ring, from: StateReader, capacity: number): boolean {
  const count = from.count(samplesMost, 'a window');
  const samples = from.span(count * 2, 'a window');
  let before = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < samples.length; at += 2) {
    const time = samples[at];
    const value = samples[at + 1];
    if (!(time >= before) || value - value !== 0 || time - time !== 0) throw StateReader.damaged('a window');
    before = time;
    if (count - at / 2 <= capacity) ring.append(time, value);
  }
  return count <= capacity;
}

/** A number that no one can reach by arithmetic is unknown. */
export function finite(x: number): number {
  return x - x === 0 ? x : Number.NaN;
}

/** The numbers of `old`, and room for more. */
export function widened<T extends Float64Array | Int32Array | Uint8Array>(old: T, wide: T): T {
  wide.set(old);
  return wide;
}
