// What a rule sees that looks at the meaning of conditions. One rule is one file, with its law in one sentence on top.

import type { Span } from '../../grammar/ast.ts';
import type { FleetFacts } from '../2-check/facts.ts';
import type { BooleanIr } from '../4-lower/ir.ts';
import type { DiagnosticName } from '../diagnostics/catalogue.ts';
import type { Report } from '../diagnostics/reporter.ts';
import type { ProjectLimits } from '../project-limits.ts';
import type { Subject } from './subject.ts';

export interface ProofContext {
  /** In source order. */
  readonly subjects: readonly Subject[];
  readonly fleets: readonly FleetFacts[];
  readonly limits: ProjectLimits;
  /** Where a part of a condition was written; `otherwise` when it stands for nothing of its own. */
  spanOf(ir: BooleanIr, otherwise: Span): Span;
  /**
   * Whether one more finding of this run is shown by an example: a program with thousands of them is not made clearer by
   * thousands of examples.
   */
  mayShow(): boolean;
  /** What stands there, on one line. */
  textOf(span: Span): string;
}

export interface ProofRule {
  /** What it reports. */
  readonly names: readonly DiagnosticName[];
  /** Looks at one policy. */
  policy?(subject: Subject, context: ProofContext, report: Report): void;
  /** Looks at all of them. */
  program?(context: ProofContext, report: Report): void;
}
