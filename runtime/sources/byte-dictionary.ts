// A dictionary asked by bytes: the ids are those of the `Dictionary` behind it, but a value that was seen before costs
// no string. Memory is bounded by the dictionary's limit; values made to collide only lose the short cut.

import { type Dictionary, otherId, valueTooLong } from '../evaluate/dictionary.ts';

/** Longer values are not remembered as bytes. */
const rememberedBytesMax = 256;
const probesMax = 16;
/** Bytes of UTF-8 for one UTF-16 unit at most; an invalid sequence of as many becomes one U+FFFD. */
const bytesPerUnitMax = 3;

/** The hash that `ByteDictionary.id` expects, for callers that have not computed it on the way. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let p = start; p < end; p++) hash = (Math.imul(hash, 31) + bytes[p]) | 0;
  return hash;
}

export class ByteDictionary {
  readonly dictionary: Dictionary;
  /** Entry number + 1 by hash; 0 is free. */
  #table = new Int32Array(64);
  #mask = 63;
  #entries = 0;
  #entryId = new Int32Array(32);
  #entryHash = new Int32Array(32);
  /** Entry `n` is `#pool[#entryEnd[n - 1], #entryEnd[n])`. */
  #entryEnd = new Int32Array(33);
  #pool = new Uint8Array(1024);
  /** What is remembered is of this generation of the dictionary. */
  #generation = 0;

  constructor(dictionary: Dictionary) {
    this.dictionary = dictionary;
  }

  /** What `dictionary.intern` gives for the UTF-8 text in `bytes[start, end)`. */
  id(bytes: Uint8Array, start: number, end: number, hash: number): number {
    if (this.dictionary.generation !== this.#generation) this.#forget();
    const length = end - start;
    let at = (hash ^ (hash >>> 15)) & this.#mask;
    for (let probe = 0; probe < probesMax; probe++) {
      const entry = this.#table[at] - 1;
      if (entry < 0) return this.#remember(bytes, start, end, hash);
      if (this.#entryHash[entry] === hash) {
        const from = this.#entryEnd[entry];
        if (this.#entryEnd[entry + 1] - from === length && same(this.#pool, from, bytes, start, length)) {
          return this.#entryId[entry];
        }
      }
      at = (at + 1) & this.#mask;
    }
    return this.#intern(bytes, start, end);
  }

  /** Leaves out what the dictionary has forgotten: its id may stand for another value now. */
  #forget(): void {
    this.#generation = this.dictionary.generation;
    let kept = 0;
    let end = 0;
    for (let entry = 0; entry < this.#entries; entry++) {
      const [from, to] = [this.#entryEnd[entry], this.#entryEnd[entry + 1]];
      const id = this.#entryId[entry];
      if (this.dictionary.find(text(this.#pool, from, to)) !== id) continue;
      this.#pool.copyWithin(end, from, to);
      end += to - from;
      this.#entryId[kept] = id;
      this.#entryHash[kept] = this.#entryHash[entry];
      this.#entryEnd[++kept] = end;
    }
    this.#entries = kept;
    this.#table.fill(0);
    for (let entry = 0; entry < kept; entry++) this.#place(entry);
  }

  /** A text that is too long whatever it holds is not made. */
  #intern(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > this.dictionary.unitsMax * bytesPerUnitMax) return this.dictionary.withoutPlace(valueTooLong);
    return this.dictionary.intern(text(bytes, start, end));
  }

  #remember(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const id = this.#intern(bytes, start, end);
    const length = end - start;
    // A byte sequence that isn't UTF-8 shares its id with others and could come in more forms than there are ids.
    if (id < 0 || id === otherId || length > rememberedBytesMax || this.#entries > this.dictionary.limit) return id;
    if (this.#entries === this.#entryId.length) this.#grow();
    const entry = this.#entries++;
    const from = this.#entryEnd[entry];
    if (from + length > this.#pool.length) {
      const wide = new Uint8Array(this.#pool.length * 2);
      wide.set(this.#pool);
      this.#pool = wide;
    }
    for (let i = 0; i < length; i++) this.#pool[from + i] = bytes[start + i];
    this.#entryEnd[entry + 1] = from + length;
    this.#entryId[entry] = id;
    this.#entryHash[entry] = hash;
    this.#place(entry);
    return id;
  }

  #place(entry: number): void {
    const hash = this.#entryHash[entry];
    let at = (hash ^ (hash >>> 15)) & this.#mask;
    for (let probe = 0; probe < probesMax; probe++) {
      if (this.#table[at] === 0) {
        this.#table[at] = entry + 1;
        return;
      }
      at = (at + 1) & this.#mask;
    }
  }

  #grow(): void {
    const capacity = this.#entryId.length * 2;
    const ids = new Int32Array(capacity);
    const hashes = new Int32Array(capacity);
    const ends = new Int32Array(capacity + 1);
    ids.set(this.#entryId);
    hashes.set(this.#entryHash);
    ends.set(this.#entryEnd);
    this.#entryId = ids;
    this.#entryHash = hashes;
    this.#entryEnd = ends;
    this.#table = new Int32Array(capacity * 2);
    this.#mask = capacity * 2 - 1;
    for (let entry = 0; entry < this.#entries; entry++) this.#place(entry);
  }
}

function same(pool: Uint8Array, from: number, bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (pool[from + i] !== bytes[start + i]) return false;
  return true;
}

/** Invalid UTF-8 becomes U+FFFD, as it does when a whole line is decoded. */
export function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}
