// Whether a key's members are all there: none has been silent for longer than `stale after` that is not gone yet, and none
// came for whom the key had no place. As many are remembered as the key may have; nothing is scanned for an event.

import type { AcrossKernel, DerivedMeta } from '../../contract.ts';
import { stateOf, widened } from './ring.ts';

const none = -1;

class KeyState {
  /** Place of each member that is remembered, by its tag's value. */
  readonly places = new Map<number, number>();
  /** The member that was heard of longest ago, and the one heard of last. */
  first = none;
  last = none;
  /** When somebody was heard of last who is not remembered. */
  leftOut = Number.NEGATIVE_INFINITY;
}

export class Attendance implements AcrossKernel {
  readonly #states: (KeyState | null)[] = [];
  readonly #goneMs: number;
  readonly #silentMs: number;
  readonly #most: number;
  // By place: the member's value, when it was heard of, and who was heard of before and after it.
  #value = new Float64Array(16);
  #time = new Float64Array(16);
  #before = new Int32Array(16);
  #after = new Int32Array(16);
  #places = 0;
  readonly #free: number[] = [];

  constructor(meta: DerivedMeta) {
    this.#goneMs = meta.widthMs;
    this.#silentMs = meta.gapMs;
    this.#most = meta.capacity;
  }

  /** `value` is that of the member's tag: it outlives the member's number. */
  take(key: number, member: number, time: number, value: number): void {
    if (Number.isNaN(value) || value === none) return;
    const state = this.#state(key);
    if (member < 0) {
      state.leftOut = time;
      return;
    }
    let place = state.places.get(value);
    if (place === undefined) {
      if (state.places.size >= this.#most) {
        // There was place for the new one, so this one is silent.
        state.leftOut = Math.max(state.leftOut, this.#time[state.first]);
        this.#takeOut(state);
      }
      place = this.#newPlace();
      this.#value[place] = value;
      state.places.set(value, place);
    } else {
      if (place === state.last) {
        this.#time[place] = time;
        return;
      }
      this.#unlink(state, place);
    }
    this.#time[place] = time;
    this.#before[place] = state.last;
    this.#after[place] = none;
    if (state.last === none) state.first = place;
    else this.#after[state.last] = place;
    state.last = place;
  }

  push(key: number, time: number, _value: number, out: Float64Array, at: number): void {
    const state = this.#state(key);
    while (state.first !== none && time - this.#time[state.first] > this.#goneMs) this.#takeOut(state);
    const { first } = state;
    if (first !== none && time - this.#time[first] > this.#silentMs) out[at] = -2 - this.#value[first];
    else out[at] = time - state.leftOut <= this.#goneMs ? -1 : 1;
  }

  #state(key: number): KeyState {
    return this.#states[key] ?? stateOf(this.#states, key, () => new KeyState());
  }

  /** Forgets the member that was heard of longest ago. */
  #takeOut(state: KeyState): void {
    const { first } = state;
    state.places.delete(this.#value[first]);
    this.#unlink(state, first);
    this.#free.push(first);
  }

  #unlink(state: KeyState, place: number): void {
    const before = this.#before[place];
    const after = this.#after[place];
    if (before === none) state.first = after;
    else this.#after[before] = after;
    if (after === none) state.last = before;
    else this.#before[after] = before;
  }

  #newPlace(): number {
    const place = this.#free.pop() ?? this.#places++;
    if (place >= this.#value.length) {
      const length = place * 2;
      this.#value = widened(this.#value, new Float64Array(length));
      this.#time = widened(this.#time, new Float64Array(length));
      this.#before = widened(this.#before, new Int32Array(length));
      this.#after = widened(this.#after, new Int32Array(length));
    }
    return place;
  }
}
