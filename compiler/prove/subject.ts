// One policy in the form in which rules reason about it: its conditions as formulas, and examples that are told only
// when a rehearsal shows that they behave as claimed.

import type { Span } from '../../grammar/ast.ts';
import type { SchemaMeta } from '../../runtime/contract.ts';
import type { PolicyFacts } from '../2-check/facts.ts';
import type { BooleanIr, PolicyIr } from '../4-lower/ir.ts';
import type { Example, ExampleSeries } from '../diagnostics/diagnostic.ts';
import type { IsWritten } from './conjuncts.ts';
import { exampleOf, type Stretch } from './example.ts';
import { exampleText } from './example-text.ts';
import { type Rehearsal, rehearse } from './rehearse.ts';
import type { Formula, Mode } from './solve/formula.ts';
import type { Answer, Solver } from './solve/solver.ts';
import type { Variables } from './solve/variables.ts';

export class Subject {
  readonly facts: PolicyFacts;
  readonly ir: PolicyIr;
  /** Among the program's policies. */
  position = 0;
  /** Where each part of the program's conditions was written. */
  spans: ReadonlyMap<BooleanIr, Span> = new Map();
  /** One for all policies of a schema. */
  readonly solver: Solver;
  readonly variables: Variables;
  #canFire: boolean | null = null;
  readonly #formulas = new Map<Mode, Map<BooleanIr, Formula>>();

  constructor(facts: PolicyFacts, ir: PolicyIr, solver: Solver, variables: Variables) {
    this.facts = facts;
    this.ir = ir;
    this.solver = solver;
    this.variables = variables;
  }

  get schema(): SchemaMeta {
    return this.variables.schema;
  }

  readonly isWritten: IsWritten = (part) => this.spans.has(part);

  get name(): string {
    return this.ir.meta.name;
  }

  formula(condition: BooleanIr, mode: Mode): Formula {
    const known = this.#formulas.get(mode) ?? new Map<BooleanIr, Formula>();
    this.#formulas.set(mode, known);
    let formula = known.get(condition);
    if (formula === undefined) {
      formula = this.solver.formulas.of(condition, this.ir, mode);
      known.set(condition, formula);
    }
    return formula;
  }

  /** That its rows are selected and its condition holds. */
  get selected(): Formula[] {
    return this.ir.where === null ? [] : [this.formula(this.ir.where, 'true')];
  }

  get met(): Formula[] {
    return [...this.selected, this.formula(this.ir.when, 'true')];
  }

  /** That it can fire has not been ruled out. */
  get canFire(): boolean {
    this.#canFire ??= !this.solver.excludes([], { op: 'all', parts: this.met });
    return this.#canFire;
  }

  /** Events that do what the answer says, for this policy and others of the same schema. */
  series(answer: Answer, others: readonly Subject[] = [], stretch: Stretch = {}): ExampleSeries | null {
    if (answer === 'never' || answer === 'unknown') return null;
    return exampleOf(
      answer,
      this.variables,
      [this, ...others].map((subject) => subject.ir),
      stretch,
    );
  }

  rehearse(series: readonly ExampleSeries[]): Rehearsal {
    return rehearse(this.ir, this.schema, series);
  }
}

export interface Claim {
  readonly series: readonly (ExampleSeries | null)[];
  readonly outcome: string;
  readonly fires: readonly Subject[];
  readonly silent?: readonly Subject[];
  /** Those that are armed again in its course. */
  readonly rearms?: readonly Subject[];
}

/** `null` when the events don't behave as claimed, or can't be drawn. */
export function shown({ series, outcome, fires, silent = [], rearms = [] }: Claim): Example | null {
  const drawn = series.filter((entry) => entry !== null);
  if (drawn.length < series.length) return null;
  const behaves =
    fires.every((subject) => subject.rehearse(drawn).firedMs.length > 0) &&
    silent.every((subject) => subject.rehearse(drawn).firedMs.length === 0) &&
    rearms.every((subject) => subject.rehearse(drawn).rearmedMs.length > 0);
  if (!behaves) return null;
  const schemas = new Map([...fires, ...silent].map((subject) => [subject.ir.meta.schema, subject.schema]));
  return {
    series: drawn,
    text: drawn.flatMap((entry) => {
      const schema = schemas.get(entry.schema);
      return schema === undefined ? [] : exampleText(entry, schema);
    }),
    outcome,
    fires: fires.map((subject) => subject.name),
    silent: silent.map((subject) => subject.name),
  };
}
