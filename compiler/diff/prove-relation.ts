// Two conditions of different shape: whether one holds whenever the other does, by the solver that also finds policies
// that say the same. Only where both read the same schema, and remember the same rows.

import type { SchemaMeta, TagMeta } from '../../runtime/contract.ts';
import type { BooleanIr, PolicyIr } from '../4-lower/ir.ts';
import { isTicking, policyTimers } from '../4-lower/timers.ts';
import { Solver } from '../prove/solve/solver.ts';
import { Variables } from '../prove/solve/variables.ts';
import type { MeaningText } from './meaning-text.ts';

/** `null`: nothing could be shown. */
export function provenRelation(
  base: MeaningText,
  head: MeaningText,
  before: BooleanIr,
  after: BooleanIr,
): 'same' | 'wider' | 'narrower' | null {
  if (!alike(base.schema, head.schema) || !remembersTheSame(base, head)) return null;
  // The solver looks at events; what comes true by the passing of time alone does so where there is none.
  if (isTicking(base.policy) || isTicking(head.policy)) return null;
  const literals = new Literals(base.schema);
  const owner = literals.renumbered(head.policy, head.schema);
  const renumbered = literals.renumbered(after, head.schema);
  const solver = new Solver(new Variables(base.schema));
  const { formulas } = solver;
  const old = (mode: 'true' | 'false' | 'not-true' | 'not-false') => formulas.of(before, base.policy, mode);
  const new_ = (mode: 'true' | 'false' | 'not-true' | 'not-false') => formulas.of(renumbered, owner, mode);
  const wider = solver.excludes([old('true')], new_('not-true'));
  const narrower = solver.excludes([new_('true')], old('not-true'));
  if (!wider || !narrower) return wider ? 'wider' : narrower ? 'narrower' : null;
  // To be false is more than not to be true: then it re-arms.
  const sameFalse =
    solver.excludes([old('false')], new_('not-false')) && solver.excludes([new_('false')], old('not-false'));
  return sameFalse ? 'same' : null;
}

function alike(base: SchemaMeta, head: SchemaMeta): boolean {
  const shape = ({ key, tags, metrics }: SchemaMeta): string =>
    JSON.stringify([[key, ...tags].map((tag) => ({ ...tag, literals: [] })), metrics]);
  return shape(base) === shape(head);
}

function remembersTheSame(base: MeaningText, head: MeaningText): boolean {
  const remembers = ({ derived, when, until }: PolicyIr): boolean =>
    derived.length > 0 || policyTimers({ when, until }).length > 0;
  if (!remembers(base.policy) && !remembers(head.policy)) return true;
  return base.of(base.policy.where) === head.of(head.policy.where) && base.policy.onMissing === head.policy.onMissing;
}

/** Values that programs compare tags with, in the base's numbering; the head's own come behind. */
class Literals {
  readonly #ids: readonly Map<string, number>[];

  constructor({ key, tags }: SchemaMeta) {
    this.#ids = [key, ...tags].map(({ literals }) => new Map(literals.map((text, id) => [text, id])));
  }

  renumbered<Node>(node: Node, schema: SchemaMeta): Node {
    const visit = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(visit);
      if (typeof value !== 'object' || value === null) return value;
      const fields = Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, visit(entry)]));
      if (fields.op !== 'tag-is' || typeof fields.tag !== 'number' || typeof fields.value !== 'number') return fields;
      const meta: TagMeta = fields.tag < 0 ? schema.key : schema.tags[fields.tag];
      return { ...fields, value: this.#id(fields.tag, meta.literals[fields.value] ?? '') };
    };
    return visit(node) as Node;
  }

  #id(tag: number, text: string): number {
    const ids = this.#ids[tag + 1] ?? new Map<string, number>();
    const id = ids.get(text) ?? ids.size;
    ids.set(text, id);
    return id;
  }
}
