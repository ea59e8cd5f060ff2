// From spans to lines and columns, for the output formats that programs read.

import { LineIndex } from '../../compiler/diagnostics/position.ts';
import type { Span } from '../../grammar/ast.ts';

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  /** Exclusive. */
  readonly endColumn: number;
}

export class Places {
  readonly #sources: ReadonlyMap<string, string>;
  readonly #indexes = new Map<string, LineIndex>();

  /** `sources`: the text of each file by the name that spans carry. */
  constructor(sources: ReadonlyMap<string, string>) {
    this.#sources = sources;
  }

  of(span: Span): Place {
    let index = this.#indexes.get(span.file);
    if (index === undefined) {
      index = new LineIndex(this.#sources.get(span.file) ?? '');
      this.#indexes.set(span.file, index);
    }
    const start = index.position(span.start);
    const end = index.position(Math.max(span.start, span.end));
    return { file: span.file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
  }
}
