// What must hold in a row for a policy at rest to fire or to start a timer, as groups of comparisons with numbers: the
// index by which the runtime leaves out policies that a row can't matter to. Too wide costs time, never an answer.

import type { GuardTest } from '../../runtime/contract.ts';
import type { BooleanIr, NumberIr, PolicyIr } from '../4-lower/ir.ts';
import { policyTimers } from '../4-lower/timers.ts';

export interface GuardInput {
  readonly policy: PolicyIr;
  readonly schema: { readonly metrics: readonly unknown[] };
  readonly derivedSlot: (index: number, output: string) => number;
}

export type Guard = readonly (readonly GuardTest[])[];

/** More groups than this cost as much as calling the policy. */
const groupsMax = 4;
/** What the runtime looks at; further ones of a group would only narrow it. */
const testsMax = 2;

/** Groups of which one must hold; `null` when any row may matter. */
export function guardOf(input: GuardInput): Guard | null {
  const { policy } = input;
  const conditions: BooleanIr[] = [];
  for (const timer of policyTimers(policy)) {
    // Silence passes without rows, and `within` and `then` remember unknown conditions, which no range tells of.
    if (timer.op !== 'for') return null;
    conditions.push(timer.condition);
  }
  // `when` asks for no more than its timers do when it is made of them.
  if (!isOfTimers(policy.when)) conditions.push(policy.when);
  const guard = anyOf(conditions, input);
  return guard === null ? null : distinct(guard);
}

function isOfTimers(ir: BooleanIr): boolean {
  if (ir.op === 'for') return true;
  return (ir.op === 'and' || ir.op === 'or') && ir.operands.every(isOfTimers);
}

function mayHold(ir: BooleanIr, input: GuardInput): Guard | null {
  switch (ir.op) {
    case 'compare':
      return comparison(ir, input);
    case 'for':
      return mayHold(ir.condition, input);
    case 'and':
      return allOf(ir.operands, input);
    case 'or':
      return anyOf(ir.operands, input);
    case 'constant':
      return ir.value ? null : [];
    case 'tag-is':
    case 'tag-missing':
    case 'missing':
    case 'known':
    case 'schedule':
    case 'not':
    case 'missing-for':
    case 'within':
    case 'sequence':
      return null;
  }
}

function anyOf(operands: readonly BooleanIr[], input: GuardInput): Guard | null {
  const groups: (readonly GuardTest[])[] = [];
  for (const operand of operands) {
    const guard = mayHold(operand, input);
    if (guard === null) return null;
    groups.push(...guard);
  }
  return distinct(groups).length > groupsMax ? null : groups;
}

/** Operands that ranges say nothing about are left out, and so are those that would make too many groups. */
function allOf(operands: readonly BooleanIr[], input: GuardInput): Guard | null {
  let groups: Guard | null = null;
  for (const operand of operands) {
    const guard = mayHold(operand, input);
    if (guard === null) continue;
    if (groups === null) groups = guard;
    else if (groups.length * guard.length <= groupsMax) {
      const others = guard;
      groups = groups.flatMap((group) => others.map((other) => [...group, ...other].slice(0, testsMax)));
    }
  }
  return groups;
}

function distinct(guard: Guard): Guard {
  return [...new Map(guard.map((group) => [JSON.stringify(group), group])).values()];
}

function comparison(ir: Extract<BooleanIr, { op: 'compare' }>, input: GuardInput): Guard | null {
  const slot = slotOf(ir.left, input);
  const values = valuesOf(ir.right);
  // No number compares with one that is not finite.
  if (slot === null || values === null || !values.every(Number.isFinite)) return null;
  // A loop: there may be as many values as services.
  const [low, high] = values.reduce(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [values[0], values[0]],
  );
  switch (ir.comparator) {
    case '<':
    case '<=':
      return [[[slot, ir.comparator, high]]];
    case '>':
    case '>=':
      return [[[slot, ir.comparator, low]]];
    case '==':
      return [
        [
          [slot, '>=', low],
          [slot, '<=', high],
        ],
      ];
    case '!=':
      return null;
  }
}

/** What the number may be, when it is one of a few that are known; a parameter is. */
function valuesOf(ir: NumberIr): readonly [number, ...number[]] | null {
  if (ir.op === 'number') return [ir.value];
  if (ir.op !== 'choose') return null;
  const [first, ...rest] = [ir.otherwise, ...ir.cases.map((entry) => entry.value)].map((value) =>
    value.op === 'number' ? value.value : Number.NaN,
  );
  return [first, ...rest];
}

function slotOf(ir: NumberIr, input: GuardInput): number | null {
  if (ir.op === 'metric') return ir.slot;
  if (ir.op === 'derived') return input.schema.metrics.length + input.derivedSlot(ir.index, ir.output);
  return null;
}
