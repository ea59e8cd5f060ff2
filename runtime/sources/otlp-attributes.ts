// The attributes of one resource, scope or point, as far as a schema reads them, and the ids of their values.

import { type ByteDictionary, hashBytes } from './byte-dictionary.ts';

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

  /** `count` attribute names are of interest, numbered from 0. */
  constructor(count: number) {
    this.#kind = new Uint8Array(count);
    this.#stamp = new Int32Array(count);
    this.#start = new Int32Array(count);
    this.#end = new Int32Array(count);
    this.#text = Array.from({ length: count }, () => '');
  }

  clear(): void {
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

/** A key or tag of a schema: the attributes that it may come from and its dictionary. */
export class OtlpField {
  readonly #declared: number;
  readonly #wire: number;
  readonly #dictionary: ByteDictionary;
  #base = -1;
  #baseId = -1;

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
    if (this.#base !== base) {
      this.#base = base;
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
