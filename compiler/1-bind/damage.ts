// Where mistakes of form have torn holes: so that what is missing because of one is not reported a second time.

import type { SourceFile, Span, SyntaxProblem } from '../../grammar/ast.ts';

export class Damage {
  readonly #starts = new Map<string, number[]>();
  readonly #texts: ReadonlyMap<string, string>;

  constructor(sources: readonly SourceFile[], problems: readonly SyntaxProblem[]) {
    for (const problem of problems) {
      const starts = this.#starts.get(problem.span.file) ?? [];
      this.#starts.set(problem.span.file, starts);
      starts.push(problem.span.start);
      // A block that is not closed may end before the place where that was noticed.
      if (problem.opened !== undefined) starts.push(problem.opened.start);
    }
    for (const starts of this.#starts.values()) starts.sort((left, right) => left - right);
    this.#texts = new Map(
      sources.filter((source) => this.#starts.has(source.file)).map((source) => [source.file, source.text]),
    );
  }

  /** A mistake of form lies in the stretch. */
  in(span: Span): boolean {
    const starts = this.#starts.get(span.file);
    if (starts === undefined) return false;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] as number) < span.start) low = middle + 1;
      else high = middle;
    }
    return low < starts.length && (starts[low] as number) <= span.end;
  }

  /** A mistake of form lies in the stretch, or behind it on its last line. */
  onLine(span: Span): boolean {
    const text = this.#texts.get(span.file);
    if (text === undefined) return false;
    const lineEnd = text.indexOf('\n', span.end);
    return this.in({ ...span, end: lineEnd < 0 ? text.length : lineEnd });
  }

  /** A file with mistakes of form seems to declare it, or has a declaration of that kind that lost its name. */
  lost(kind: string, name: string): boolean {
    if (this.#texts.size === 0 || !/^\w+$/.test(name)) return false;
    const pattern = new RegExp(
      `^[ \\t]*(\\w+[ \\t]+)?${name}[ \\t]*[{(=]|^[ \\t]*${kind}[ \\t]+(${name}\\b|[{(=])`,
      'm',
    );
    for (const text of this.#texts.values()) if (pattern.test(text)) return true;
    return false;
  }
}
