// Fills the columns that say whether a tag's value fits a pattern. Each new value is matched once; a row costs one look
// into a table per pattern.

import type { SchemaMeta } from '../contract.ts';
import type { Dictionary } from './dictionary.ts';
import { otherId } from './dictionary.ts';
import { fitsGlob } from './glob.ts';
import type { Rows } from './rows.ts';

/** The ids of `yes` and `no` in the column of a pattern, whose literals are these two in this order. */
const yes = 0;
const no = 1;
const unasked = -1;

export class TagPatterns {
  readonly #columns: readonly PatternColumn[];

  constructor(meta: SchemaMeta, keys: Dictionary, tags: readonly Dictionary[]) {
    this.#columns = meta.tags.flatMap(({ pattern }, column) =>
      pattern === undefined
        ? []
        : [new PatternColumn(column, pattern.tag, pattern.glob, pattern.tag < 0 ? keys : tags[pattern.tag])],
    );
  }

  /** An id of a tag (−1: the key) stands for another value now. */
  forget(tag: number, id: number): void {
    for (const column of this.#columns) if (column.of === tag) column.forget(id);
  }

  /** The columns that are new, when only some are: by position of the tag. */
  fill(rows: TaggedRows, isNew: (tag: number) => boolean = () => true): void {
    for (const column of this.#columns) if (isNew(column.tag)) column.fill(rows);
  }
}

/** Rows, or whatever else has tags one behind the other and a key. */
export type TaggedRows = Pick<Rows, 'rows' | 'tags' | 'tagWidth' | 'key'>;

class PatternColumn {
  readonly tag: number;
  readonly of: number;
  readonly #glob: string;
  readonly #dictionary: Dictionary;
  /** By the value's id. */
  #answers = new Int8Array(64).fill(unasked);

  constructor(column: number, tag: number, glob: string, dictionary: Dictionary) {
    this.tag = column;
    this.of = tag;
    this.#glob = glob;
    this.#dictionary = dictionary;
  }

  fill({ rows, tags, tagWidth, key }: TaggedRows): void {
    const tag = this.of;
    for (let row = 0, at = this.tag; row < rows; row++, at += tagWidth) {
      const id = tag < 0 ? key[row] : tags[row * tagWidth + tag];
      tags[at] = id < 0 ? -1 : this.#answer(id);
    }
  }

  forget(id: number): void {
    if (id < this.#answers.length) this.#answers[id] = unasked;
  }

  #answer(id: number): number {
    // Values without a place fit no pattern, as they equal no value.
    if (id === otherId) return no;
    if (id < this.#answers.length && this.#answers[id] !== unasked) return this.#answers[id];
    if (id >= this.#answers.length) {
      const wide = new Int8Array(Math.max(id + 1, this.#answers.length * 2)).fill(unasked);
      wide.set(this.#answers);
      this.#answers = wide;
    }
    const answer = fitsGlob(this.#dictionary.value(id), this.#glob) ? yes : no;
    this.#answers[id] = answer;
    return answer;
  }
}
