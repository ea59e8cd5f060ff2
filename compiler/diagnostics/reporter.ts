// Collects what is found. The same mistake at the same place is told once, however often it is met.

import type { Span } from '../../grammar/ast.ts';
import { type ArgumentsOf, catalogue, type DiagnosticName } from './catalogue.ts';
import type { Diagnostic, Fix } from './diagnostic.ts';
import type { Entry } from './entry.ts';

export interface More {
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
  readonly fix?: Fix;
}

/** Reports one mistake; the arguments are those that its message needs. */
export type Report = <Name extends DiagnosticName>(
  name: Name,
  span: Span,
  args: ArgumentsOf<Name>,
  more?: More,
) => void;

export class Reporter {
  readonly #found = new Map<string, Diagnostic>();

  readonly report: Report = (name, span, args, more = {}) => {
    const entry = catalogue[name] as unknown as Entry<unknown>;
    const place = `${entry.code} ${span.start} ${span.end} ${span.file}`;
    if (this.#found.has(place)) return;
    this.#found.set(place, {
      code: entry.code,
      name,
      severity: entry.severity,
      message: entry.message(args),
      span,
      label: entry.label?.(args) ?? null,
      related: more.related ?? [],
      help: entry.help(args),
      fix: more.fix ?? null,
    });
  };

  get errors(): boolean {
    for (const diagnostic of this.#found.values()) if (diagnostic.severity === 'error') return true;
    return false;
  }

  /** By file and place; at one place in the order of codes. */
  sorted(): Diagnostic[] {
    return [...this.#found.values()].sort(
      (left, right) =>
        compareText(left.span.file, right.span.file) ||
        left.span.start - right.span.start ||
        left.span.end - right.span.end ||
        compareText(left.code, right.code),
    );
  }
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
