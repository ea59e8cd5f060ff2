// Bytes of a snapshot, written one value behind the other. Numbers are little-endian, texts UTF-16: a key is written down
// as it came, whether it is sound Unicode or not.

const leastRoom = 1 << 16;

export class StateWriter {
  #bytes = Buffer.alloc(leastRoom);
  #at = 0;

  /** A whole number from 0 to 2³² − 1. */
  count(value: number): void {
    this.#reserve(4);
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  number(value: number): void {
    this.#reserve(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  text(value: string): void {
    this.count(value.length);
    this.#reserve(value.length * 2);
    this.#at += this.#bytes.write(value, this.#at, 'utf16le');
  }

  /** The first `length` numbers of a typed array and how many they are. */
  numbers(values: Float64Array | Int32Array | Uint8Array, length: number = values.length): void {
    this.count(length);
    const size = length * values.BYTES_PER_ELEMENT;
    this.#reserve(size);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, size), this.#at);
    this.#at += size;
  }

  /** Numbers `values[from, to)` without how many they are. */
  span(values: Float64Array, from: number, to: number): void {
    const size = (to - from) * 8;
    this.#reserve(size);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset + from * 8, size), this.#at);
    this.#at += size;
  }

  /** What was written so far; valid until more is. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  clear(): void {
    this.#at = 0;
  }

  #reserve(size: number): void {
    const needed = this.#at + size;
    if (needed <= this.#bytes.length) return;
    const wide = Buffer.alloc(Math.max(needed, this.#bytes.length * 2));
    wide.set(this.#bytes);
    this.#bytes = wide;
  }
}
