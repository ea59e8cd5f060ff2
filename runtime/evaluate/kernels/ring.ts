// Samples of one key, first in, first out, growing up to what is put in. Also the plain array of such states by key.

export class Ring {
  times: Float64Array;
  values: Float64Array;
  head = 0;
  size = 0;

  /** `length` is a power of two. */
  constructor(length = 8) {
    this.times = new Float64Array(length);
    this.values = new Float64Array(length);
  }

  /** Where the sample at `position`, counted from the oldest, lies in the arrays. */
  index(position: number): number {
    return (this.head + position) & (this.times.length - 1);
  }

  append(time: number, value: number): void {
    if (this.size === this.times.length) this.grow();
    const at = this.index(this.size);
    this.times[at] = time;
    this.values[at] = value;
    this.size++;
  }

  /** Takes the oldest sample out. */
  shift(): void {
    this.head = this.index(1);
    this.size--;
  }

  clear(): void {
    this.size = 0;
  }

  protected grow(): void {
    const length = this.times.length * 2;
    this.times = this.unrolled(this.times, length);
    this.values = this.unrolled(this.values, length);
    this.head = 0;
  }

  /** A longer copy in which the oldest sample comes first. */
  protected unrolled(old: Float64Array, length: number): Float64Array {
    const wide = new Float64Array(length);
    wide.set(old.subarray(this.head));
    wide.set(old.subarray(0, this.head), old.length - this.head);
    return wide;
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
