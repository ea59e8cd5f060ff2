// Strings to dense integer ids, bounded: telemetry is written by others and may invent values without end.

export class Dictionary {
  readonly #ids = new Map<string, number>();
  readonly #values: string[] = [];
  readonly limit: number;

  /** `seeds` get the ids 0, 1, 2 … */
  constructor(seeds: readonly string[], limit: number) {
    this.limit = limit;
    for (const seed of seeds) this.intern(seed);
  }

  get size(): number {
    return this.#values.length;
  }

  /** The id of `value`, a new one when it was never seen; −1 when the dictionary is full. */
  intern(value: string): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    if (this.#values.length >= this.limit) return -1;
    const id = this.#values.length;
    this.#ids.set(value, id);
    this.#values.push(value);
    return id;
  }

  /** The id of `value`, or −1 when it was never seen. */
  find(value: string): number {
    return this.#ids.get(value) ?? -1;
  }

  value(id: number): string {
    return this.#values[id] as string;
  }
}
