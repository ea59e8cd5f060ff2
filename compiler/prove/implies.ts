// Whether one policy's condition holds whenever another's does, rows that they select included.

import type { PolicyIr } from '../4-lower/ir.ts';
import { policyTimers } from '../4-lower/timers.ts';
import type { Subject } from './subject.ts';

/** Both must be of one schema. */
export function implies(subject: Subject, other: Subject): boolean {
  if (!seeTheSame(subject, other)) return false;
  const { solver } = subject;
  if (!subject.canFire) return false;
  const denied = [
    ...(other.ir.where === null ? [] : [other.formula(other.ir.where, 'not-true')]),
    other.formula(other.ir.when, 'not-true'),
  ];
  return solver.excludes(subject.met, { op: 'any', parts: denied });
}

/** What remembers earlier rows remembers the rows that its policy selects. */
function seeTheSame(subject: Subject, other: Subject): boolean {
  if (!remembers(subject.ir) && !remembers(other.ir)) return true;
  const text = ({ ir, variables }: Subject): string => (ir.where === null ? '' : variables.identity(ir.where, ir));
  return text(subject) === text(other) && subject.ir.onMissing === other.ir.onMissing;
}

function remembers(ir: PolicyIr): boolean {
  return ir.derived.length > 0 || policyTimers(ir).length > 0;
}
