// Rewrites the intermediate representation into one that means the same and costs less. Timers are never added,
// removed or reordered: state must agree with the interpreter's, slot by slot.

import type { BooleanIr, NumberIr, PolicyIr, ProgramIr } from '../4-lower/ir.ts';
import { isBooleanIr } from '../4-lower/timers.ts';
import { bindKey } from './bind-key.ts';
import { foldBoolean, foldNumber } from './fold.ts';

/** Sharing of equal windows is the emitter's, when it is told to. */
export function optimize(ir: ProgramIr): ProgramIr {
  return { ...ir, policies: ir.policies.map((policy) => bindKey(foldPolicy(policy))) };
}

function foldPolicy(policy: PolicyIr): PolicyIr {
  return {
    ...policy,
    where: policy.where === null ? null : foldBoolean(policy.where),
    when: foldBoolean(policy.when),
    until: policy.until === null ? null : foldBoolean(policy.until),
    derived: policy.derived.map((derived) => ({
      ...derived,
      input: foldEither(derived.input),
      where: derived.where === null ? null : foldBoolean(derived.where),
    })),
    clauses: policy.clauses.map((clause) => ({
      measured: clause.measured === null ? null : foldNumber(clause.measured),
    })),
  };
}

function foldEither(ir: NumberIr | BooleanIr): NumberIr | BooleanIr {
  return isBooleanIr(ir) ? foldBoolean(ir) : foldNumber(ir);
}
