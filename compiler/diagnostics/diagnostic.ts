// One finding of the compiler, in the form that every renderer reads.

import type { Span } from '../../grammar/ast.ts';

export type Severity = 'error' | 'warning';

/** Replace the text of `span`; safe to apply without a look. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly { readonly span: Span; readonly text: string }[];
}

export interface Diagnostic {
  /** Stable: `DDL2003`. */
  readonly code: string;
  /** The catalogue's name: `unknown-metric`. */
  readonly name: string;
  readonly severity: Severity;
  /** Lower case, names in backticks, no full stop: what is wrong. */
  readonly message: string;
  readonly span: Span;
  /** Short text beside the underline; `null` when the message says it. */
  readonly label: string | null;
  /** The "because": where the metric was declared, where the first of two stands. */
  readonly related: readonly { readonly span: Span; readonly message: string }[];
  /** What to do. */
  readonly help: string | null;
  readonly fix: Fix | null;
}
