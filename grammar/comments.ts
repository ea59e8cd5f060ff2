// Tells documentation from ordinary comments. Documentation are the `///` lines of the block of comment lines that
// stands directly above a declaration; everything else stays a comment, so that none is ever lost.

import type { IToken } from 'chevrotain';
import type { Comment } from './ast.ts';
import { tokenEnd } from './tokens.ts';

/** Nothing but blanks stands before `offset` on its line. */
export function isFirstOnLine(text: string, offset: number): boolean {
  for (let at = offset - 1; at >= 0; at--) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x0d) return true;
    if (code !== 0x20 && code !== 0x09 && code !== 0xfeff && code !== 0x0b && code !== 0x0c) return false;
  }
  return true;
}

export function isDocComment(image: string): boolean {
  return image.startsWith('///') && !image.startsWith('////');
}

const oneLineBreak = /^[ \t]*(?:\r\n|\n|\r)[ \t]*$/;

/** Positions in `comments` of the block of comment lines directly above `offset`: `[first, end)`, perhaps empty. */
export function commentBlockAbove(
  text: string,
  comments: readonly IToken[],
  offset: number,
): readonly [number, number] {
  let low = 0;
  let high = comments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((comments[middle] as IToken).startOffset < offset) low = middle + 1;
    else high = middle;
  }
  let first = low;
  let below = offset;
  while (first > 0) {
    const comment = comments[first - 1] as IToken;
    const end = tokenEnd(comment);
    // The bound keeps a far-away comment from costing a slice of the whole file.
    if (below - end > 1_000 || !oneLineBreak.test(text.slice(end, below))) break;
    if (!isFirstOnLine(text, comment.startOffset)) break;
    below = comment.startOffset;
    first--;
  }
  return [first, low];
}

/** The comments of one file, from which declarations take their documentation. */
export class Comments {
  readonly #file: string;
  readonly #text: string;
  readonly #comments: readonly IToken[];
  readonly #taken = new Set<IToken>();

  constructor(file: string, text: string, comments: readonly IToken[]) {
    this.#file = file;
    this.#text = text;
    this.#comments = comments;
  }

  /** The documentation of the declaration that begins at `offset`. */
  takeDoc(offset: number): readonly string[] {
    const doc: string[] = [];
    const [first, end] = commentBlockAbove(this.#text, this.#comments, offset);
    for (const comment of this.#comments.slice(first, end)) {
      if (!isDocComment(comment.image)) continue;
      this.#taken.add(comment);
      const line = comment.image.slice(3).trimEnd();
      doc.push(line.startsWith(' ') ? line.slice(1) : line);
    }
    return doc;
  }

  /** What no declaration has taken. */
  rest(): Comment[] {
    const rest: Comment[] = [];
    for (const comment of this.#comments) {
      if (this.#taken.has(comment)) continue;
      const text = comment.image.trimEnd();
      const start = comment.startOffset;
      const span = { file: this.#file, start, end: start + text.length };
      rest.push({ span, text });
    }
    return rest;
  }
}
