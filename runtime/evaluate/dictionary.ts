// Strings to dense integer ids, bounded in number and length: telemetry is written by others and may invent values
// without end. What a value gets that has no place is the dictionary's choice: a refusal, or one id shared by all.

import type { Renumbering } from './kernels/kernel-store.ts';
import { StateReader } from './state/state-reader.ts';
import type { StateWriter } from './state/state-writer.ts';

/** UTF-16 units of a value, unless the program itself names a longer one. */
const valueUnitsMax = 1024;

/** There is no room for one more value. */
export const dictionaryFull = -2;
export const valueTooLong = -3;
export type NoPlace = typeof dictionaryFull | typeof valueTooLong;

/** UTF-16 units of any value, whatever the program names. */
const anyUnitsMost = 1 << 20;

/** More ids than are ever given. */
const idsMost = 1 << 24;

/** The id of all values without a place: equal to none that a program names, and not absent. */
export const otherId = 0x3fffffff;
const otherText = '(other)';

export class Dictionary {
  #ids = new Map<string, number>();
  /** By id; `null` for one that stands for nothing. */
  #values: (string | null)[] = [];
  /** Ids that stand for nothing, to be given again; the last one first. */
  #free: number[] = [];
  /** Of ids that were given again. */
  #givenIn = new Map<number, number>();
  readonly #seeds: readonly string[];
  readonly #onOther: ((reason: NoPlace) => void) | null;
  readonly limit: number;
  /** UTF-16 units. */
  readonly unitsMax: number;

  /**
   * `seeds` get the ids 0, 1, 2 … whatever the limit. With `onOther`, values without a place share `otherId` and
   * `onOther` is told of each; without it they are refused.
   */
  constructor(seeds: readonly string[], limit: number, onOther: ((reason: NoPlace) => void) | null = null) {
    this.limit = limit;
    this.unitsMax = seeds.reduce((most, seed) => Math.max(most, seed.length), valueUnitsMax);
    this.#onOther = onOther;
    for (const seed of seeds) if (!this.#ids.has(seed)) this.#add(seed);
    this.#seeds = [...this.#ids.keys()];
  }

  /** All ids are lower. */
  get size(): number {
    return this.#values.length;
  }

  /** Counts how often an id was taken from its value: what remembers ids must ask again then. */
  generation = 0;

  /** In which generation the id was given to its value; 0 when no value had it before. */
  givenIn(id: number): number {
    return this.#givenIn.get(id) ?? 0;
  }

  /** Whether the id stands for a value. */
  has(id: number): boolean {
    return id < this.#values.length && this.#values[id] !== null;
  }

  /** Nothing holds on to the id any more: another value may be given it. */
  forget(id: number): void {
    this.#ids.delete(this.value(id));
    this.#values[id] = null;
    this.#free.push(id);
    this.generation++;
  }

  /** Values that have an id. */
  get count(): number {
    return this.#ids.size;
  }

  /** The id of `value`, a new one when it was never seen; without a place `otherId`, `dictionaryFull` or `valueTooLong`. */
  intern(value: string): number {
    if (value.length > this.unitsMax) return this.withoutPlace(valueTooLong);
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    return this.#ids.size >= this.limit ? this.withoutPlace(dictionaryFull) : this.#add(value);
  }

  /** What `intern` gives for a value without a place, for callers that know before they have the text. */
  withoutPlace(reason: NoPlace): number {
    if (this.#onOther === null) return reason;
    this.#onOther(reason);
    return otherId;
  }

  /** The id of `value`, or −1 when it was never seen. */
  find(value: string): number {
    return this.#ids.get(value) ?? -1;
  }

  value(id: number): string {
    return id === otherId ? otherText : (this.#values[id] as string);
  }

  save(to: StateWriter): void {
    to.count(this.#values.length);
    to.numbers(Int32Array.from(this.#free));
    for (const value of this.#values) if (value !== null) to.text(value);
  }

  /** Into a dictionary of the same seeds and at least that limit that has seen nothing yet. */
  load(from: StateReader, what: string): void {
    const seeds = this.#seeds.length;
    const size = from.count(idsMost, what);
    const free = from.integers(size, what);
    if (size < seeds || size - free.length > Math.max(seeds, this.limit)) throw StateReader.damaged(what);
    this.#values = new Array<string | null>(size).fill('');
    for (const id of free) {
      if (id < seeds || id >= size || this.#values[id] === null) throw StateReader.damaged(what);
      this.#values[id] = null;
    }
    this.#free = Array.from(free);
    this.#ids.clear();
    for (let id = 0; id < size; id++) {
      if (this.#values[id] === null) continue;
      const value = from.text(anyUnitsMost, what);
      const isWrong = id < seeds ? value !== this.#seeds[id] : value.length > this.unitsMax;
      if (isWrong || this.#ids.has(value)) throw StateReader.damaged(what);
      this.#values[id] = value;
      this.#ids.set(value, id);
    }
  }

  /**
   * Takes the values of `other`, which must not be used any more, with their ids, but for those that stand where this
   * one's seeds do: returns which ids have changed.
   */
  adopt(other: Dictionary): Renumbering {
    const seeds = this.#seeds;
    this.#ids = other.#ids;
    this.#values = other.#values;
    const displaced: (readonly [value: string, id: number])[] = [];
    for (let id = 0; id < Math.min(seeds.length, this.#values.length); id++) {
      const value = this.#values[id];
      if (value !== null) displaced.push([value, id]);
    }
    const vacated: number[] = [];
    for (const seed of seeds) {
      const id = this.#ids.get(seed) ?? -1;
      if (id < seeds.length) continue;
      displaced.push([seed, id]);
      vacated.push(id);
      this.#values[id] = null;
    }
    for (const [value] of displaced) this.#ids.delete(value);
    for (const [id, seed] of seeds.entries()) this.#put(seed, id);
    for (const [value] of displaced) if (!this.#ids.has(value)) this.#put(value, vacated.pop() ?? this.#values.length);
    this.#free = [...other.#free, ...vacated].filter((id) => this.#values[id] === null);
    const changed = displaced.map(([value, id]) => [id, this.#ids.get(value) as number] as const);
    const moved = changed.filter(([former, id]) => former !== id);
    return { from: moved.map(([former]) => former), to: moved.map(([, id]) => id) };
  }

  #put(value: string, id: number): void {
    this.#values[id] = value;
    this.#ids.set(value, id);
  }

  #add(value: string): number {
    const again = this.#free.pop();
    const id = again ?? this.#values.length;
    if (again !== undefined) this.#givenIn.set(again, this.generation);
    this.#put(value, id);
    return id;
  }
}
