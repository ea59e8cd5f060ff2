// The states of a kernel by owner, which is a key or a member: how they are written down, taken over by another kernel,
// moved to other numbers and forgotten. What is written depends on the kernel's name alone, not on what is read of it.

import type { Kernel } from '../../contract.ts';
import type { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';

/** Numbers that change: what `from[i]` stood for, `to[i]` stands for. All others stay; none is lost. */
export interface Renumbering {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

export interface KernelStore {
  /** Kernels of one shape can take over one another's states as they are. */
  readonly shape: string;
  /** All owners have lower numbers. */
  readonly owners: number;
  /** Writes the state of an owner, also of one that has none. */
  save(owner: number, to: StateWriter): void;
  /** Reads what `save` of a kernel of that name wrote. A smaller capacity keeps the newest. */
  load(owner: number, from: StateReader): void;
  forget(owner: number): void;
  renumber(change: Renumbering): void;
  /** Takes the states of a store of the same shape, which must not be used any more. */
  adopt(other: KernelStore): void;
  /** Marks and moves values of the member tag that states hold on to. Absent: they hold none. */
  readonly values?: HeldValues;
}

/** Values of a tag, by their ids, that something remembers. */
export interface HeldValues {
  each(visit: (value: number) => void): void;
  renumber(change: Renumbering): void;
}

export interface StoredKernel extends Kernel {
  readonly store: KernelStore;
}

export function isStored(kernel: Kernel): kernel is StoredKernel {
  return 'store' in kernel;
}

/** How one state is made, written and read. */
export interface StateForm<State> {
  create(owner: number): State;
  save(state: State, to: StateWriter): void;
  load(state: State, from: StateReader): void;
  /** The state has another owner now. */
  move?(state: State, owner: number): void;
  /** The state is thrown away. */
  drop?(state: State): void;
}

/** A state for each owner that ever had a sample. `beside`: what the states have in common. */
export class ListStore<State, Beside = null> implements KernelStore {
  readonly shape: string;
  beside: Beside;
  readonly #form: StateForm<State>;
  #list: (State | null)[] = [];

  constructor(shape: string, beside: Beside, form: StateForm<State>) {
    this.shape = shape;
    this.beside = beside;
    this.#form = form;
  }

  /** Of each owner that has one. */
  *states(): Iterable<State> {
    for (const state of this.#list) if (state !== null) yield state;
  }

  get owners(): number {
    return this.#list.length;
  }

  /** The owner's state, a new one when it has none. The list stays dense whatever order owners come in. */
  of(owner: number): State {
    return this.#list[owner] ?? this.#make(owner);
  }

  /** The owner's state; `null` when it has none. */
  find(owner: number): State | null {
    return this.#list[owner] ?? null;
  }

  #make(owner: number): State {
    const made = this.#form.create(owner);
    this.#put(owner, made);
    return made;
  }

  #put(owner: number, state: State | null): void {
    for (let k = this.#list.length; k <= owner; k++) this.#list.push(null);
    this.#list[owner] = state;
  }

  save(owner: number, to: StateWriter): void {
    const state = this.find(owner);
    to.count(state === null ? 0 : 1);
    if (state !== null) this.#form.save(state, to);
  }

  load(owner: number, from: StateReader): void {
    if (from.count(1, 'a window') === 1) this.#form.load(this.of(owner), from);
  }

  forget(owner: number): void {
    const state = this.find(owner);
    if (state === null) return;
    this.#form.drop?.(state);
    this.#list[owner] = null;
  }

  renumber({ from, to }: Renumbering): void {
    const moved = from.map((owner) => this.find(owner));
    for (const owner of from) if (owner < this.#list.length) this.#list[owner] = null;
    for (const [index, owner] of to.entries()) {
      const state = moved[index];
      if (state !== null) this.#form.move?.(state, owner);
      if (state !== null || owner < this.#list.length) this.#put(owner, state);
    }
  }

  adopt(other: KernelStore): void {
    if (!(other instanceof ListStore) || other.shape !== this.shape)
      throw new Error(`${this.shape} is no ${other.shape}`);
    this.#list = other.#list as (State | null)[];
    this.beside = other.beside as Beside;
  }
}

/** A few numbers for each owner, one owner behind the other; −∞ where no sample ever came. */
export class NumberStore implements KernelStore {
  readonly shape: string;
  readonly #stride: number;
  states = new Float64Array(0);

  constructor(shape: string, stride: number) {
    this.shape = shape;
    this.#stride = stride;
  }

  get owners(): number {
    return this.states.length / this.#stride;
  }

  /** Where the owner's numbers begin in `states`, which may be another array than before. */
  of(owner: number): number {
    const base = owner * this.#stride;
    if (base >= this.states.length) this.#grow(base + this.#stride);
    return base;
  }

  #grow(length: number): void {
    const old = this.states;
    this.states = new Float64Array(Math.max(length, old.length * 2, 8 * this.#stride));
    this.states.fill(Number.NEGATIVE_INFINITY, old.length);
    this.states.set(old);
  }

  save(owner: number, to: StateWriter): void {
    const base = this.of(owner);
    for (let k = 0; k < this.#stride; k++) to.number(this.states[base + k]);
  }

  load(owner: number, from: StateReader): void {
    const base = this.of(owner);
    for (let k = 0; k < this.#stride; k++) this.states[base + k] = from.number('a held value');
  }

  forget(owner: number): void {
    if (owner < this.owners)
      this.states.fill(Number.NEGATIVE_INFINITY, owner * this.#stride, (owner + 1) * this.#stride);
  }

  renumber({ from, to }: Renumbering): void {
    const moved = from.map((owner) => {
      const base = this.of(owner);
      return this.states.slice(base, base + this.#stride);
    });
    for (const owner of from) this.forget(owner);
    for (const [index, owner] of to.entries()) {
      const base = this.of(owner);
      this.states.set(moved[index], base);
    }
  }

  adopt(other: KernelStore): void {
    if (!(other instanceof NumberStore) || other.shape !== this.shape)
      throw new Error(`${this.shape} is no ${other.shape}`);
    this.states = other.states;
  }
}
