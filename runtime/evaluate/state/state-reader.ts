// Reads what a `StateWriter` wrote and trusts none of it: nothing is made before it is known that the bytes hold it.
// Errors: `SnapshotProblem` when they don't, or when a value is none that a session could have had.

import { SnapshotProblem } from './snapshot-problem.ts';

export class StateReader {
  readonly #bytes: Buffer;
  #at = 0;
  /** Members of the tag at hand have lower numbers. */
  members = 0;
  /** Values of the member tag at hand have lower ids. */
  values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** `what` of the session is wrong. */
  static damaged(what: string): SnapshotProblem {
    return new SnapshotProblem(
      'damaged',
      `the snapshot is damaged at ${what}: throw it away and read the log from further back`,
    );
  }

  /** A whole number up to `most`. */
  count(most: number, what: string): number {
    const at = this.#take(4, what);
    const value = this.#bytes.readUInt32LE(at);
    if (value > most) throw StateReader.damaged(what);
    return value;
  }

  number(what: string): number {
    return this.#bytes.readDoubleLE(this.#take(8, what));
  }

  /** A number that is neither NaN nor infinite. */
  finite(what: string): number {
    const value = this.number(what);
    if (!Number.isFinite(value)) throw StateReader.damaged(what);
    return value;
  }

  /** The number of a member of the tag at hand. */
  member(): number {
    return this.#below(this.members, 'a member');
  }

  /** The id of a value of the member tag at hand. */
  value(): number {
    return this.#below(this.values, 'a member');
  }

  #below(end: number, what: string): number {
    const value = this.count(0xffffffff, what);
    if (value >= end) throw StateReader.damaged(what);
    return value;
  }

  text(unitsMost: number, what: string): string {
    const size = this.count(unitsMost, what) * 2;
    const at = this.#take(size, what);
    return this.#bytes.toString('utf16le', at, at + size);
  }

  /** At most `most` of them. */
  numbers(most: number, what: string): Float64Array<ArrayBuffer> {
    const length = this.count(most, what);
    this.#room(length * 8, what);
    const values = new Float64Array(length);
    this.#fill(values, what);
    return values;
  }

  /** So many numbers that were written as a span. */
  span(length: number, what: string): Float64Array<ArrayBuffer> {
    this.#room(length * 8, what);
    const values = new Float64Array(length);
    this.#fill(values, what);
    return values;
  }

  integers(most: number, what: string): Int32Array<ArrayBuffer> {
    const length = this.count(most, what);
    this.#room(length * 4, what);
    const values = new Int32Array(length);
    this.#fill(values, what);
    return values;
  }

  octets(most: number, what: string): Uint8Array<ArrayBuffer> {
    const length = this.count(most, what);
    this.#room(length, what);
    const values = new Uint8Array(length);
    this.#fill(values, what);
    return values;
  }

  /** Throws when anything is left. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw StateReader.damaged('its end');
  }

  #fill(values: Float64Array | Int32Array | Uint8Array, what: string): void {
    const at = this.#take(values.byteLength, what);
    new Uint8Array(values.buffer).set(this.#bytes.subarray(at, at + values.byteLength));
  }

  #room(size: number, what: string): void {
    if (size > this.#bytes.length - this.#at) throw StateReader.damaged(what);
  }

  #take(size: number, what: string): number {
    this.#room(size, what);
    const at = this.#at;
    this.#at += size;
    return at;
  }
}
