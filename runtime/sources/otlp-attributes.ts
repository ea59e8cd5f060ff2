// The attributes of one resource, scope or point, as far as a schema reads them, and the ids of their values.

import type { TagSourceMeta } from '../contract.ts';
import { composedText } from '../evaluate/composition.ts';
import { type ByteDictionary, hashBytes, text as textOf } from './byte-dictionary.ts';

const absent = 0;
const asBytes = 1;
const asText = 2;

export class OtlpAttributes {
  readonly #kind: Uint8Array;
  /** An attribute counts when its stamp is the current one: clearing costs nothing. */
  readonly #stamp: Int32Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  readonly #text: string[];
  #bytes: Uint8Array = new Uint8Array(0);
  #now = 1;
  /** Attributes without a number, kept when some key or tag takes all of them. */
  readonly others: Map<string, string> | null;

  /** `count` attribute names are of interest, numbered from 0; with `all` the others are kept too. */
  constructor(count: number, all: boolean) {
    this.others = all ? new Map() : null;
    this.#kind = new Uint8Array(count);
    this.#stamp = new Int32Array(count);
    this.#start = new Int32Array(count);
    this.#end = new Int32Array(count);
    this.#text = Array.from({ length: count }, () => '');
  }

  clear(): void {
    this.others?.clear();
    if (++this.#now === 0x7fffffff) {
      this.#now = 1;
      this.#stamp.fill(0);
    }
  }

  /** The attribute's value is the UTF-8 text in `bytes[start, end)`; all values of one level lie in the same bytes. */
  setBytes(attribute: number, bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#kind[attribute] = start === end ? absent : asBytes;
    this.#start[attribute] = start;
    this.#end[attribute] = end;
    this.#stamp[attribute] = this.#now;
  }

  setText(attribute: number, text: string): void {
    this.#kind[attribute] = text === '' ? absent : asText;
    this.#text[attribute] = text;
    this.#stamp[attribute] = this.#now;
  }

  /** The value; `null` when absent or empty. */
  text(attribute: number): string | null {
    if (this.#stamp[attribute] !== this.#now || this.#kind[attribute] === absent) return null;
    if (this.#kind[attribute] === asText) return this.#text[attribute];
    return textOf(this.#bytes, this.#start[attribute], this.#end[attribute]);
  }

  /** The value's id, or what `Dictionary.intern` gives for one without a place; −1 when absent or empty. */
  id(attribute: number, dictionary: ByteDictionary): number {
    if (this.#stamp[attribute] !== this.#now || this.#kind[attribute] === absent) return -1;
    if (this.#kind[attribute] === asText) {
      return dictionary.dictionary.intern(this.#text[attribute]);
    }
    const start = this.#start[attribute];
    const end = this.#end[attribute];
    return dictionary.id(this.#bytes, start, end, hashBytes(this.#bytes, start, end));
  }
}

/** Where the id of a key or tag comes from: the point, else the resource, else the scope. */
export interface OtlpSource {
  /** `base` stands for the pair of resource and scope. −1 when absent. */
  id(point: OtlpAttributes, resource: OtlpAttributes, scope: OtlpAttributes, base: number): number;
}

/** A composed key or tag. */
export class OtlpComposed implements OtlpSource {
  readonly #source: TagSourceMeta;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #dictionary: ByteDictionary;

  /** `numbers`: all attributes of interest by name. */
  constructor(source: TagSourceMeta, numbers: ReadonlyMap<string, number>, dictionary: ByteDictionary) {
    this.#source = source;
    this.#numbers = numbers;
    this.#dictionary = dictionary;
  }

  id(point: OtlpAttributes, resource: OtlpAttributes, scope: OtlpAttributes, _base: number): number {
    const levels = [point, resource, scope];
    const value = composedText(this.#source, {
      text: (name) => {
        const number = this.#numbers.get(name);
        for (const level of levels) {
          const own = number === undefined ? level.others?.get(name) : level.text(number);
          if (own !== undefined && own !== null && own !== '') return own;
        }
        return null;
      },
      names: () => new Set([...this.#numbers.keys(), ...levels.flatMap((level) => [...(level.others?.keys() ?? [])])]),
    });
    return value === null ? -1 : this.#dictionary.dictionary.intern(value);
  }
}

/** A key or tag of a schema: the attributes that it may come from and its dictionary. */
export class OtlpField implements OtlpSource {
  readonly #declared: number;
  readonly #wire: number;
  readonly #dictionary: ByteDictionary;
  #base = -1;
  #baseId = -1;
  #generation = 0;

  /** `declared` and `wire` are attribute numbers, often the same. */
  constructor(declared: number, wire: number, dictionary: ByteDictionary) {
    this.#declared = declared;
    this.#wire = wire;
    this.#dictionary = dictionary;
  }

  /**
   * The id of the field's value: from the point, else the resource, else the scope. `base` stands for the pair of
   * resource and scope. −1 when absent; a value without a place is what `Dictionary.intern` gives for it.
   */
  id(point: OtlpAttributes, resource: OtlpAttributes, scope: OtlpAttributes, base: number): number {
    const own = this.#at(point);
    if (own !== -1) return own;
    const { generation } = this.#dictionary.dictionary;
    if (this.#base !== base || this.#generation !== generation) {
      this.#base = base;
      this.#generation = generation;
      this.#baseId = this.#at(resource);
      if (this.#baseId === -1) this.#baseId = this.#at(scope);
    }
    return this.#baseId;
  }

  #at(level: OtlpAttributes): number {
    const id = level.id(this.#declared, this.#dictionary);
    return id === -1 && this.#wire !== this.#declared ? level.id(this.#wire, this.#dictionary) : id;
  }
}
