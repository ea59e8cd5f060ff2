// What a lint rule sees and does. One rule is one file, with its law in one sentence on top.

import type { Expression, SourceFile } from '../../grammar/ast.ts';
import type { Bound } from '../1-bind/symbols.ts';
import type { Checked } from '../2-check/check.ts';
import type { PolicyFacts } from '../2-check/facts.ts';
import type { DiagnosticName } from '../diagnostics/catalogue.ts';
import type { Report } from '../diagnostics/reporter.ts';

export interface Program {
  readonly sources: readonly SourceFile[];
  readonly bound: Bound;
  readonly checked: Checked;
  /** There are errors: what is missing may be missing because of them. */
  readonly errors: boolean;
}

export interface LintRule {
  /** What it reports. */
  readonly names: readonly DiagnosticName[];
  /** Looks at the program as a whole. */
  program?(program: Program, report: Report): void;
  /** Looks at one policy and what it refers to; never at another policy: what it says is remembered. */
  policy?(facts: PolicyFacts, program: Program, report: Report): void;
  /** Looks at one expression of a policy, in the same way. */
  expression?(expression: Expression, facts: PolicyFacts, program: Program, report: Report): void;
}
