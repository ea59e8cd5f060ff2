// What the members of a key have in common at a moment: the latest known value of each, as long as it is not older than
// `stale after`. Nothing is scanned again for an event, but for a spread, once for each change.

import type { AcrossKernel, DerivedMeta, DerivedOutput } from '../../contract.ts';
import { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { ExactSum, largestExact } from './exact-sum.ts';
import { ListStore, type StoredKernel } from './kernel-store.ts';
import { finite, widened } from './ring.ts';
import { quantile, SortedValues } from './sorted-values.ts';

const none = -1;

class KeyState {
  /** The member that was heard of longest ago, and the one heard of last. */
  first = none;
  last = none;
  count = 0;
  /** Members whose values are too large to be summed up exactly. */
  huge = 0;
  readonly sum = new ExactSum();
  readonly sorted = new SortedValues();
  /** The outputs, while nothing has changed. */
  readonly results: Float64Array;
  changed = true;

  constructor(outputs: number) {
    this.results = new Float64Array(outputs);
  }
}

/** By member: its value, when it was heard of, and who was heard of before and after it. */
class Heard {
  value = new Float64Array(16);
  time = new Float64Array(16);
  before = new Int32Array(16);
  after = new Int32Array(16);
  /** 1 when the member is in the list of its key. */
  listed = new Uint8Array(16);

  grow(member: number): void {
    const length = Math.max(member + 1, this.value.length * 2);
    this.value = widened(this.value, new Float64Array(length));
    this.time = widened(this.time, new Float64Array(length));
    this.before = widened(this.before, new Int32Array(length));
    this.after = widened(this.after, new Int32Array(length));
    this.listed = widened(this.listed, new Uint8Array(length));
  }
}

export class AcrossMembers implements AcrossKernel, StoredKernel {
  readonly store: ListStore<KeyState, Heard>;
  readonly #outputs: readonly DerivedOutput[];
  readonly #shares: Float64Array;
  readonly #sorts: boolean;
  readonly #staleMs: number;
  readonly #scratchSum = new ExactSum();
  readonly #scratchSquares = new ExactSum();

  constructor(meta: DerivedMeta) {
    this.#staleMs = meta.widthMs;
    this.#outputs = meta.outputs;
    this.#shares = Float64Array.from(meta.outputs, shareOf);
    this.#sorts = this.#shares.some((share) => !Number.isNaN(share));
    this.store = new ListStore(`across for ${meta.outputs}`, new Heard(), {
      create: () => new KeyState(meta.outputs.length),
      save: (state, to) => this.#save(state, to),
      load: (state, from) => this.#load(state, from),
      drop: (state) => {
        while (state.first !== none) this.#takeOut(state, state.first);
      },
    });
  }

  take(key: number, member: number, time: number, value: number): void {
    if (member < 0 || Number.isNaN(value)) return;
    this.#put(this.store.of(key), member, time, value);
  }

  #put(state: KeyState, member: number, time: number, value: number): void {
    const heard = this.store.beside;
    if (member >= heard.value.length) heard.grow(member);
    if (heard.listed[member] === 1) this.#takeOut(state, member);
    heard.value[member] = value;
    heard.time[member] = time;
    heard.listed[member] = 1;
    heard.before[member] = state.last;
    heard.after[member] = none;
    if (state.last === none) state.first = member;
    else heard.after[state.last] = member;
    state.last = member;
    state.count++;
    if (this.#sorts) state.sorted.insert(value);
    if (Math.abs(value) > largestExact) state.huge++;
    else state.sum.add(value);
    state.changed = true;
  }

  push(key: number, time: number, _value: number, out: Float64Array, at: number): void {
    const state = this.store.of(key);
    const { time: times } = this.store.beside;
    while (state.first !== none && time - times[state.first] > this.#staleMs) this.#takeOut(state, state.first);
    const { results } = state;
    if (state.changed) {
      for (let k = 0; k < results.length; k++) results[k] = this.#output(state, k);
      state.changed = false;
    }
    for (let k = 0; k < results.length; k++) out[at + k] = results[k];
  }

  #save(state: KeyState, to: StateWriter): void {
    const { value, time, after } = this.store.beside;
    to.count(state.count);
    for (let member = state.first; member !== none; member = after[member]) {
      to.count(member);
      to.number(time[member]);
      to.number(value[member]);
    }
  }

  #load(state: KeyState, from: StateReader): void {
    const heard = this.store.beside;
    for (let left = from.count(from.members, 'a member'); left > 0; left--) {
      const member = from.member();
      const time = from.finite('a member');
      const before = state.last === none ? time : heard.time[state.last];
      if (heard.listed[member] === 1 || time < before) throw StateReader.damaged('a member');
      this.#put(state, member, time, from.finite('a member'));
    }
  }

  #takeOut(state: KeyState, member: number): void {
    const heard = this.store.beside;
    const before = heard.before[member];
    const after = heard.after[member];
    if (before === none) state.first = after;
    else heard.after[before] = after;
    if (after === none) state.last = before;
    else heard.before[after] = before;
    heard.listed[member] = 0;
    state.count--;
    const value = heard.value[member];
    if (this.#sorts) state.sorted.remove(value);
    if (Math.abs(value) > largestExact) state.huge--;
    else state.sum.add(-value);
    state.changed = true;
  }

  #output(state: KeyState, k: number): number {
    const { count } = state;
    const output = this.#outputs[k];
    if (output === 'count') return count;
    if (count === 0) return Number.NaN;
    const share = this.#shares[k];
    if (!Number.isNaN(share)) return quantile(state.sorted, count, share);
    if (state.huge > 0) return Number.NaN;
    if (output === 'stddev') return this.#deviation(state);
    return finite(output === 'avg' ? state.sum.mean(count, this.#scratchSum) : state.sum.value());
  }

  /** √(n·Σx² − (Σx)²) / n, the difference without rounding. */
  #deviation(state: KeyState): number {
    const sum = this.#scratchSum;
    const squares = this.#scratchSquares;
    sum.reset();
    squares.reset();
    const { value, after } = this.store.beside;
    for (let member = state.first; member !== none; member = after[member]) {
      squares.addProduct(value[member], value[member]);
    }
    sum.addMultiple(state.count, squares);
    sum.subtractProduct(state.sum, state.sum);
    return Math.sqrt(sum.value()) / state.count;
  }
}

/** The share of the values below what the output gives; NaN when order does not matter to it. */
function shareOf(output: DerivedOutput): number {
  if (output === 'least') return 0;
  if (output === 'greatest') return 1;
  return output.startsWith('quantile ') ? Number(output.slice('quantile '.length)) : Number.NaN;
}
