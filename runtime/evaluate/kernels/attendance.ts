// Whether a key's members are all there: none has been silent for longer than `stale after` that is not gone yet, and none
// came for whom the key had no place. As many are remembered as the key may have; nothing is scanned for an event.

import type { AcrossKernel, DerivedMeta } from '../../contract.ts';
import { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { type HeldValues, ListStore, type Renumbering, type StoredKernel } from './kernel-store.ts';
import { widened } from './ring.ts';

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

/** By place: the member's value, when it was heard of, and who was heard of before and after it. */
class Places {
  value = new Float64Array(16);
  time = new Float64Array(16);
  before = new Int32Array(16);
  after = new Int32Array(16);
  #count = 0;
  readonly #free: number[] = [];

  take(): number {
    const place = this.#free.pop() ?? this.#count++;
    if (place >= this.value.length) {
      const length = place * 2;
      this.value = widened(this.value, new Float64Array(length));
      this.time = widened(this.time, new Float64Array(length));
      this.before = widened(this.before, new Int32Array(length));
      this.after = widened(this.after, new Int32Array(length));
    }
    return place;
  }

  free(place: number): void {
    this.#free.push(place);
  }
}

/** The members that are remembered are known by their tag's values. */
class AttendanceStore extends ListStore<KeyState, Places> {
  readonly values: HeldValues = {
    each: (visit) => {
      for (const { places } of this.states()) for (const value of places.keys()) visit(value);
    },
    renumber: ({ from, to }: Renumbering) => {
      for (const { places } of this.states()) {
        const moved = from.map((value) => places.get(value));
        for (const value of from) places.delete(value);
        for (const [index, place] of moved.entries()) {
          if (place === undefined) continue;
          places.set(to[index], place);
          this.beside.value[place] = to[index];
        }
      }
    },
  };
}

export class Attendance implements AcrossKernel, StoredKernel {
  readonly store: AttendanceStore;
  readonly #goneMs: number;
  readonly #silentMs: number;
  readonly #most: number;

  constructor(meta: DerivedMeta) {
    this.#goneMs = meta.widthMs;
    this.#silentMs = meta.gapMs;
    this.#most = meta.capacity;
    this.store = new AttendanceStore(`attendance of ${meta.capacity}`, new Places(), {
      create: () => new KeyState(),
      save: (state, to) => this.#save(state, to),
      load: (state, from) => this.#load(state, from),
      drop: (state) => {
        while (state.first !== none) this.#takeOut(state);
      },
    });
  }

  /** `value` is that of the member's tag: it outlives the member's number. */
  take(key: number, member: number, time: number, value: number): void {
    if (Number.isNaN(value) || value === none) return;
    const state = this.store.of(key);
    if (member < 0) {
      state.leftOut = time;
      return;
    }
    const { beside } = this.store;
    let place = state.places.get(value);
    if (place === undefined) {
      if (state.places.size >= this.#most) {
        // There was place for the new one, so this one is silent.
        state.leftOut = Math.max(state.leftOut, beside.time[state.first]);
        this.#takeOut(state);
      }
      place = beside.take();
      beside.value[place] = value;
      state.places.set(value, place);
    } else {
      if (place === state.last) {
        beside.time[place] = time;
        return;
      }
      this.#unlink(state, place);
    }
    this.#link(state, place, time);
  }

  push(key: number, time: number, _value: number, out: Float64Array, at: number): void {
    const state = this.store.of(key);
    const { time: times, value } = this.store.beside;
    while (state.first !== none && time - times[state.first] > this.#goneMs) this.#takeOut(state);
    const { first } = state;
    if (first !== none && time - times[first] > this.#silentMs) out[at] = -2 - value[first];
    else out[at] = time - state.leftOut <= this.#goneMs ? -1 : 1;
  }

  #save(state: KeyState, to: StateWriter): void {
    const { value, time, after } = this.store.beside;
    to.number(state.leftOut);
    to.count(state.places.size);
    for (let place = state.first; place !== none; place = after[place]) {
      to.count(value[place]);
      to.number(time[place]);
    }
  }

  #load(state: KeyState, from: StateReader): void {
    const { beside } = this.store;
    state.leftOut = from.number('a member');
    for (let left = from.count(from.values, 'a member'); left > 0; left--) {
      const value = from.value();
      const time = from.finite('a member');
      if (state.places.has(value) || (state.last !== none && time < beside.time[state.last]))
        throw StateReader.damaged('a member');
      if (state.places.size >= this.#most) this.#takeOut(state);
      const place = beside.take();
      beside.value[place] = value;
      state.places.set(value, place);
      this.#link(state, place, time);
    }
  }

  #link(state: KeyState, place: number, time: number): void {
    const places = this.store.beside;
    places.time[place] = time;
    places.before[place] = state.last;
    places.after[place] = none;
    if (state.last === none) state.first = place;
    else places.after[state.last] = place;
    state.last = place;
  }

  /** Forgets the member that was heard of longest ago. */
  #takeOut(state: KeyState): void {
    const { first } = state;
    state.places.delete(this.store.beside.value[first]);
    this.#unlink(state, first);
    this.store.beside.free(first);
  }

  #unlink(state: KeyState, place: number): void {
    const places = this.store.beside;
    const before = places.before[place];
    const after = places.after[place];
    if (before === none) state.first = after;
    else places.after[before] = after;
    if (after === none) state.last = before;
    else places.before[after] = before;
  }
}
