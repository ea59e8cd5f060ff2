// Samples of one key, first in, first out, growing up to what is put in. Also the plain array of such states by key.

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

/** The state of `key` in a list that stays dense whatever order keys come in, and empty where no sample ever came. */
export function stateOf<State>(states: (State | null)[], key: number, create: () => State): State {
  const known = states[key];
  if (known !== undefined && known !== null) return known;
  for (let k = states.length; k <= key; k++) states.push(null);
  const made = create();
  states[key] = made;
  return made;
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
