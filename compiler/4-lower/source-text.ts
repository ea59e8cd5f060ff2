// What the author wrote, on one line: comments left out, blanks folded. And the line on which it stands.

import type { Comment, SourceFile, Span } from '../../grammar/ast.ts';
import { LineIndex } from '../diagnostics/position.ts';

/** Lines are counted once for each file, and only where somebody asks. */
const lineIndexes = new WeakMap<SourceFile, LineIndex>();

export class SourceText {
  readonly #files: ReadonlyMap<string, SourceFile>;

  constructor(sources: readonly SourceFile[]) {
    this.#files = new Map(sources.map((source) => [source.file, source]));
  }

  line(span: Span): number {
    const file = this.#files.get(span.file);
    if (file === undefined) return 0;
    let index = lineIndexes.get(file);
    if (index === undefined) {
      index = new LineIndex(file.text);
      lineIndexes.set(file, index);
    }
    return index.position(span.start).line;
  }

  /** The text of a stretch on one line. */
  folded(span: Span): string {
    const file = this.#files.get(span.file);
    if (file === undefined) return '';
    let text = '';
    let from = span.start;
    for (let at = firstFrom(file.comments, span.start); at < file.comments.length; at++) {
      const comment = file.comments[at] as Comment;
      if (comment.span.start >= span.end) break;
      text += `${file.text.slice(from, comment.span.start)} `;
      from = comment.span.end;
    }
    text += file.text.slice(from, span.end);
    return text.replace(/\s+/g, ' ').trim();
  }
}

/** The first comment that begins at or behind `start`; comments are in source order. */
function firstFrom(comments: readonly Comment[], start: number): number {
  let low = 0;
  let high = comments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((comments[middle] as Comment).span.start < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
