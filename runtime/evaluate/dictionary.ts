// Strings to dense integer ids, bounded in number and length: telemetry is written by others and may invent values
// without end. What a value gets that has no place is the dictionary's choice: a refusal, or one id shared by all.

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

/** The id of all values without a place: equal to none that a program names, and not absent. */
export const otherId = 0x3fffffff;
const otherText = '(other)';

export class Dictionary {
  readonly #ids = new Map<string, number>();
  readonly #values: string[] = [];
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
  }

  get size(): number {
    return this.#values.length;
  }

  /** The id of `value`, a new one when it was never seen; without a place `otherId`, `dictionaryFull` or `valueTooLong`. */
  intern(value: string): number {
    if (value.length > this.unitsMax) return this.withoutPlace(valueTooLong);
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    return this.#values.length >= this.limit ? this.withoutPlace(dictionaryFull) : this.#add(value);
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
    for (const value of this.#values) to.text(value);
  }

  /** Into a dictionary of the same seeds and at least that limit that has seen nothing yet. */
  load(from: StateReader, what: string): void {
    const seeds = this.#values.length;
    const size = from.count(Math.max(seeds, this.limit), what);
    for (let id = 0; id < size; id++) {
      const value = from.text(anyUnitsMost, what);
      if (id < seeds ? value !== this.#values[id] : this.#ids.has(value) || value.length > this.unitsMax)
        throw StateReader.damaged(what);
      if (id >= seeds) this.#add(value);
    }
    if (size < seeds) throw StateReader.damaged(what);
  }

  #add(value: string): number {
    const id = this.#values.length;
    this.#ids.set(value, id);
    this.#values.push(value);
    return id;
  }
}
