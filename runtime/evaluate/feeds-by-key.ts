// Which of a schema's feeds a key needs: those of every key and those of its own, in the order of the program.

import type { FeedCode, FeedSchema } from '../contract.ts';

export class FeedsByKey {
  readonly #feeds: readonly FeedCode[];
  readonly #common: readonly number[];
  readonly #own = new Map<number, number[]>();

  constructor(feeds: readonly FeedCode[]) {
    this.#feeds = feeds;
    this.#common = feeds.flatMap(({ keys }, index) => (keys === null ? [index] : []));
    for (const [index, { keys }] of feeds.entries()) {
      for (const key of keys ?? []) {
        const own = this.#own.get(key);
        if (own === undefined) this.#own.set(key, [index]);
        else own.push(index);
      }
    }
  }

  /** Some feed concerns this key and not every one. */
  hasOwn(key: number): boolean {
    return this.#own.has(key);
  }

  of(key: number): readonly FeedSchema[] {
    const all = [...this.#common, ...(this.#own.get(key) ?? [])].sort((a, b) => a - b);
    return all.map((index) => this.#feeds[index].run);
  }
}
