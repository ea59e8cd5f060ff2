// A fixed set of names, found by their bytes without making a string.

import { hashBytes } from './byte-dictionary.ts';

export class NameTable {
  readonly #names: readonly Uint8Array[];
  readonly #table: Int32Array;
  readonly #mask: number;

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name, 'utf8'));
    let size = 16;
    while (size < names.length * 4) size *= 2;
    this.#table = new Int32Array(size);
    this.#mask = size - 1;
    for (const [index, name] of this.#names.entries()) {
      let at = hashBytes(name, 0, name.length) & this.#mask;
      while (this.#table[at] !== 0) at = (at + 1) & this.#mask;
      this.#table[at] = index + 1;
    }
  }

  /** The position of the name in `bytes[start, end)`, or −1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let at = hashBytes(bytes, start, end) & this.#mask;
    for (;;) {
      const index = this.#table[at] - 1;
      if (index < 0) return -1;
      const name = this.#names[index];
      if (name.length === end - start) {
        let i = 0;
        while (i < name.length && name[i] === bytes[start + i]) i++;
        if (i === name.length) return index;
      }
      at = (at + 1) & this.#mask;
    }
  }
}
