// Collects what is found. The same mistake at the same place is told once, however often it is met.

import type { Span } from '../../grammar/ast.ts';
import { type ArgumentsOf, catalogue, type DiagnosticName } from './catalogue.ts';
import type { Diagnostic, Example, Fix } from './diagnostic.ts';
import type { Entry } from './entry.ts';

export interface More {
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
  readonly fix?: Fix;
  readonly example?: Example | null;
  /** The same mistake met at another place: told once, with the other places as its second labels. */
  readonly group?: string;
}

/** Reports one mistake; the arguments are those that its message needs. */
export type Report = <Name extends DiagnosticName>(
  name: Name,
  span: Span,
  args: ArgumentsOf<Name>,
  more?: More,
) => void;

/** Second labels of one finding. */
const relatedMax = 8;

export class Reporter {
  readonly #found = new Map<string, Diagnostic>();
  readonly #groups = new Map<string, { readonly related: Diagnostic['related'][number][] }>();

  readonly report: Report = (name, span, args, more = {}) => {
    const entry = catalogue[name] as unknown as Entry<unknown>;
    const place = `${entry.code} ${span.start} ${span.end} ${span.file}`;
    if (this.#found.has(place) || this.#joins(span, more.group)) return;
    const related = [...(more.related ?? [])];
    if (more.group !== undefined) this.#groups.set(more.group, { related });
    this.#found.set(place, {
      code: entry.code,
      name,
      severity: entry.severity,
      message: entry.message(args),
      span,
      label: entry.label?.(args) ?? null,
      related,
      help: entry.help(args),
      fix: more.fix ?? null,
      example: more.example ?? null,
    });
  };

  #joins(span: Span, name: string | undefined): boolean {
    const group = name === undefined ? undefined : this.#groups.get(name);
    if (group === undefined) return false;
    if (group.related.length < relatedMax) group.related.push({ span, message: 'and here' });
    return true;
  }

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
