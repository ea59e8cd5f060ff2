// One finding of the compiler, in the form that every renderer reads.

import type { Span } from '../../grammar/ast.ts';

export type Severity = 'error' | 'warning';

/** Replace the text of `span`; safe to apply without a look. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly { readonly span: Span; readonly text: string }[];
}

/** A metric's value at the first and at the last event of a row, canonical; by equal steps between. */
export interface ExampleValue {
  /** Position among the schema's metrics. */
  readonly slot: number;
  readonly from: number;
  readonly to: number;
}

/** Events at `fromMs`, `fromMs + everyMs` … up to `toMs`. */
export interface ExampleRow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly everyMs: number;
  readonly values: readonly ExampleValue[];
  /** Metrics that are sent without a value. */
  readonly nothing: readonly number[];
}

export interface ExampleSeries {
  /** Position among the program's schemas. */
  readonly schema: number;
  readonly key: string;
  /** By position of the tag; `null`: the events carry none. */
  readonly tags: readonly (string | null)[];
  readonly rows: readonly ExampleRow[];
}

/** Events that show what is claimed. */
export interface Example {
  readonly series: readonly ExampleSeries[];
  /** The same in the words of a test's `given`. */
  readonly text: readonly string[];
  /** What happens then, in words. */
  readonly outcome: string;
  /** Policies that fire in its course, and those that never do. */
  readonly fires: readonly string[];
  readonly silent: readonly string[];
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
  /** Behaves as claimed when it is replayed. */
  readonly example: Example | null;
}
