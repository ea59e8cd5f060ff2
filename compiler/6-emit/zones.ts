// Skips runs of rows that can't matter: from the least and greatest value of each slot over a run it can be told that
// no row makes a comparison true. Then, no value being unknown, it is false in every row.

import { policyTimers } from '../4-lower/timers.ts';
import type { BooleanIr, NumberIr, PolicyIr } from '../4-lower/ir.ts';
import { type Code, code, join, literal } from './code.ts';

export interface ZoneInput {
  readonly policy: PolicyIr;
  readonly schema: { readonly metrics: readonly unknown[] };
  readonly derivedSlot: (index: number, output: string) => number;
  readonly bound: boolean;
}

/** A test that fails only if no row of the run can fire the policy or run one of its timers; `null` when it always may. */
export function zoneTest(input: ZoneInput): Code | null {
  const { policy } = input;
  const timers = policyTimers(policy);
  // With a `where` left, the run may hold no row of the policy's at all, and then its timers must stay as they are.
  if (timers.length > 0 && policy.where !== null && !input.bound) return null;
  if (timers.some((timer) => timer.op !== 'for')) return null;
  const questions = [policy.when, ...timers.flatMap((timer) => (timer.op === 'for' ? [timer.condition] : []))];
  const tests = new Map<string, Code>();
  for (const question of questions) {
    const test = mayHold(question, input);
    if (test === null) return null;
    tests.set(test.text, test);
  }
  // `when` asks for no more than its timers do when it is made of them.
  const timerTests = new Map([...tests].slice(1));
  const used = timers.length > 0 && isOfTimers(policy.when) ? timerTests : tests;
  const list = [...(used.size === 0 ? tests : used).values()];
  return list.length === 1 ? list[0] : code`(${join(list, ' || ')})`;
}

/** Slots whose ranges `zoneTest` reads. */
export function zoneSlots(input: ZoneInput): readonly number[] {
  const slots = new Set<number>();
  if (zoneTest(input) === null) return [];
  const visit = (ir: BooleanIr): void => {
    if (ir.op === 'compare') {
      const bound = comparison(ir, input);
      if (bound !== null) slots.add(bound.slot);
    } else if (ir.op === 'and' || ir.op === 'or') for (const operand of ir.operands) visit(operand);
    else if (ir.op === 'for') visit(ir.condition);
  };
  visit(policyCondition(input.policy));
  return [...slots];
}

function policyCondition(policy: PolicyIr): BooleanIr {
  return policy.until === null ? policy.when : { op: 'or', operands: [policy.when, policy.until] };
}

function isOfTimers(ir: BooleanIr): boolean {
  if (ir.op === 'for') return true;
  return (ir.op === 'and' || ir.op === 'or') && ir.operands.every(isOfTimers);
}

/** Whether the condition may be true in some row; `null` when ranges can't tell. */
function mayHold(ir: BooleanIr, input: ZoneInput): Code | null {
  switch (ir.op) {
    case 'compare':
      return comparison(ir, input)?.test ?? null;
    case 'for':
      return mayHold(ir.condition, input);
    case 'and': {
      const known = ir.operands.map((operand) => mayHold(operand, input)).filter((test) => test !== null);
      if (known.length === 0) return null;
      return known.length === 1 ? known[0] : code`(${join(known, ' && ')})`;
    }
    case 'or': {
      const tests: Code[] = [];
      for (const operand of ir.operands) {
        const test = mayHold(operand, input);
        if (test === null) return null;
        tests.push(test);
      }
      return code`(${join(tests, ' || ')})`;
    }
    case 'constant':
    case 'tag-is':
    case 'missing':
    case 'not':
    case 'missing-for':
      return null;
  }
}

function comparison(
  ir: Extract<BooleanIr, { op: 'compare' }>,
  input: ZoneInput,
): { readonly slot: number; readonly test: Code } | null {
  const slot = slotOf(ir.left, input);
  if (slot === null || ir.right.op !== 'number') return null;
  const low = code`zones[${literal(2 * slot)}]`;
  const high = code`zones[${literal(2 * slot + 1)}]`;
  const value = literal(ir.right.value);
  switch (ir.comparator) {
    case '>':
      return { slot, test: code`${high} > ${value}` };
    case '>=':
      return { slot, test: code`${high} >= ${value}` };
    case '<':
      return { slot, test: code`${low} < ${value}` };
    case '<=':
      return { slot, test: code`${low} <= ${value}` };
    case '==':
      return { slot, test: code`(${low} <= ${value} && ${high} >= ${value})` };
    case '!=':
      return { slot, test: code`(${low} < ${value} || ${high} > ${value})` };
  }
}

function slotOf(ir: NumberIr, input: ZoneInput): number | null {
  if (ir.op === 'metric') return ir.slot;
  if (ir.op === 'derived') return input.schema.metrics.length + input.derivedSlot(ir.index, ir.output);
  return null;
}
