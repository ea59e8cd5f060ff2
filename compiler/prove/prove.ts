// Finds what the meaning of the conditions gives away: what can never hold, always holds, says nothing, or works against
// another policy. Reads what lowering made; each finding carries an example that has been rehearsed.

import type { SourceFile, Span } from '../../grammar/ast.ts';
import type { SchemaMeta } from '../../runtime/contract.ts';
import type { Facts, PolicyFacts } from '../2-check/facts.ts';
import type { BooleanIr, PolicyIr, ProgramIr } from '../4-lower/ir.ts';
import type { Lowered } from '../4-lower/lower.ts';
import { SourceText } from '../4-lower/source-text.ts';
import type { Report } from '../diagnostics/reporter.ts';
import type { Memory } from '../memory.ts';
import type { ProjectLimits } from '../project-limits.ts';
import { exposures, type FleetExposure } from './exposure.ts';
import { proofRules } from './index.ts';
import type { ProofContext } from './rule.ts';
import { Solver } from './solve/solver.ts';
import { Variables } from './solve/variables.ts';
import { Subject } from './subject.ts';

/** Findings of one run that are shown by an example when they could do without. */
const examplesMax = 300;

/** Only for programs without errors. The answer: how much of each fleet they can touch. */
export function prove(
  sources: readonly SourceFile[],
  facts: Facts,
  { ir, conditionSpans }: Lowered,
  limits: ProjectLimits,
  memory: Memory,
  report: Report,
): readonly FleetExposure[] {
  const workshop = workshopOf(memory.surroundings);
  const subjects = facts.policies.map((policy, index) => workshop.subject(policy, ir, index, conditionSpans));
  // Few programs have anything to quote.
  let text: SourceText | null = null;
  let examplesLeft = examplesMax;
  const context: ProofContext = {
    subjects,
    fleets: facts.fleets,
    limits,
    spanOf: (part, otherwise) => conditionSpans.get(part) ?? otherwise,
    mayShow: () => --examplesLeft >= 0,
    textOf: (span) => {
      text ??= new SourceText(sources);
      return text.folded(span);
    },
  };
  // What is found about one policy alone stays found while it stays the same.
  for (const subject of subjects)
    memory.recall('prove', subject.ir, report, (record) => {
      for (const rule of proofRules) rule.policy?.(subject, context, record);
    });
  for (const rule of proofRules) rule.program?.(context, report);
  return exposures(facts.fleets, subjects);
}

/** Kept while all that policies can see stays the same: unknowns are numbered once, conditions become formulas once. */
const workshops = new WeakMap<object, Workshop>();

function workshopOf(surroundings: object): Workshop {
  const workshop = workshops.get(surroundings) ?? new Workshop();
  workshops.set(surroundings, workshop);
  return workshop;
}

class Workshop {
  readonly #schemas = new Map<number, { readonly variables: Variables; readonly solver: Solver }>();
  readonly #subjects = new WeakMap<PolicyIr, Subject>();

  subject(
    facts: PolicyFacts,
    { schemas, policies }: ProgramIr,
    position: number,
    spans: ReadonlyMap<BooleanIr, Span>,
  ): Subject {
    const ir = policies[position];
    const { variables, solver } = this.#schema(ir.meta.schema, schemas[ir.meta.schema]);
    // Literals gather as policies are lowered: the latest list holds all of them.
    variables.schema = schemas[ir.meta.schema];
    let subject = this.#subjects.get(ir);
    if (subject?.facts !== facts) {
      subject = new Subject(facts, ir, solver, variables);
      this.#subjects.set(ir, subject);
    }
    subject.position = position;
    subject.spans = spans;
    return subject;
  }

  #schema(index: number, meta: SchemaMeta) {
    let entry = this.#schemas.get(index);
    if (entry === undefined) {
      const variables = new Variables(meta);
      entry = { variables, solver: new Solver(variables) };
      this.#schemas.set(index, entry);
    }
    return entry;
  }
}
