// Every condition, and every alternative of one, can hold at some event.

import type { Span } from '../../../grammar/ast.ts';
import type { BooleanIr } from '../../4-lower/ir.ts';
import type { Report } from '../../diagnostics/reporter.ts';
import { joined, partsOf } from '../conjuncts.ts';
import type { ProofContext, ProofRule } from '../rule.ts';
import { type Subject, shown } from '../subject.ts';

export const unsatisfiableCondition: ProofRule = {
  names: ['unsatisfiable-condition'],
  policy(subject, context, report) {
    const { where, when, until } = subject.ir;
    const search = new Search(subject, context, report);
    if (where !== null && search.visit(where, [], 'where')) return;
    const selecting = where === null ? [] : joined(where, 'and', subject.isWritten);
    search.visit(when, selecting, 'when');
    if (until !== null) search.visit(until, selecting, 'until');
  },
};

type Clause = 'where' | 'when' | 'until';

class Search {
  readonly #subject: Subject;
  readonly #context: ProofContext;
  readonly #report: Report;

  constructor(subject: Subject, context: ProofContext, report: Report) {
    this.#subject = subject;
    this.#context = context;
    this.#report = report;
  }

  /** Whether it can't hold together with `given`; then that is reported, as far inside as it can be. */
  visit(ir: BooleanIr, given: readonly BooleanIr[], clause: Clause, whole = true): boolean {
    if (!this.#contradict([...given, ir])) {
      const beside = ir.op === 'or' ? given : [];
      for (const part of partsOf(ir, this.#subject.isWritten)) this.visit(part, beside, clause, false);
      if (ir.op === 'for') this.visit(ir.condition, [], clause, false);
      return false;
    }
    this.#tell(ir, given, clause, whole);
    return true;
  }

  #tell(ir: BooleanIr, given: readonly BooleanIr[], clause: Clause, whole: boolean): void {
    if (ir.op === 'for' && this.#contradict([ir.condition])) {
      this.#tell(ir.condition, given, clause, whole);
      return;
    }
    if (ir.op === 'or') {
      // Each alternative for itself can't hold; one is enough to begin with.
      const [first] = partsOf(ir, this.#subject.isWritten);
      if (first !== undefined) {
        this.#tell(first, given, clause, whole);
        return;
      }
    }
    const parts = joined(ir, 'and', this.#subject.isWritten);
    const alone = parts.find((part) => this.#contradict([part]));
    if (alone !== undefined && alone !== ir) {
      this.#tell(alone, given, clause, whole);
      return;
    }
    const core = this.#core([...given, ...parts]);
    const guilty = core.at(-1) ?? ir;
    const span = this.#spanOf(guilty, clause);
    this.#report(
      'unsatisfiable-condition',
      span,
      { policy: this.#subject.name, clause, whole, beside: core.length > 1 },
      {
        related: core.slice(0, -1).map((part) => ({ span: this.#spanOf(part, clause), message: 'contradicts this' })),
        example: !this.#context.mayShow() ? null : this.#example(core.slice(0, -1), clause, whole),
      },
    );
  }

  #contradict(parts: readonly BooleanIr[]): boolean {
    return this.#subject.solver.excludes(
      parts.map((part) => this.#subject.formula(part, 'true')),
      { op: 'all', parts: [] },
    );
  }

  /** Parts that contradict each other, none of which can be left out. */
  #core(parts: readonly BooleanIr[]): readonly BooleanIr[] {
    let core = parts;
    for (const part of parts) {
      const without = core.filter((other) => other !== part);
      if (this.#contradict(without)) core = without;
    }
    return core;
  }

  /** Events at which all but the guilty part holds. */
  #example(others: readonly BooleanIr[], clause: Clause, whole: boolean) {
    const subject = this.#subject;
    if (clause === 'until') {
      const series = [subject.series(subject.solver.solve({ op: 'all', parts: subject.met }))];
      return shown({ series, outcome: `\`${subject.name}\` fires and is not armed again`, fires: [subject] });
    }
    if (!whole) return null;
    const formulas = others.map((part) => subject.formula(part, 'true'));
    const series = [subject.series(subject.solver.solve({ op: 'all', parts: formulas }))];
    const outcome = others.length === 0 ? 'nothing fires, as at any other event' : 'the rest holds, and nothing fires';
    return shown({ series, outcome, fires: [], silent: [subject] });
  }

  #spanOf(ir: BooleanIr, clause: Clause): Span {
    const { policy } = this.#subject.facts;
    return this.#context.spanOf(ir, policy[clause]?.span ?? policy.declaration.name.span);
  }
}
