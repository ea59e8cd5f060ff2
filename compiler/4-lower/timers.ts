// The timers of a condition and the state they need: what interpreter, optimizer and emitter must agree on.

import type { StateSlot } from '../../runtime/contract.ts';
import type { BooleanIr, NumberIr, PolicyIr } from './ir.ts';

export type Timer = Extract<BooleanIr, { op: 'for' | 'missing-for' }>;

/** The state slots of a policy, in order. */
export function stateSlots(policy: PolicyIr): readonly StateSlot[] {
  const timers = policyTimers(policy);
  const slots: StateSlot[] = [{ kind: 'active' }, { kind: 'last-fired' }];
  if (timers.some((entry) => entry.op === 'missing-for')) slots.push({ kind: 'last-row' });
  for (const entry of timers) {
    if (entry.op === 'for') slots.push({ kind: 'since', timer: entry.timer }, { kind: 'seen', timer: entry.timer });
    else slots.push({ kind: 'last-present', timer: entry.timer });
  }
  return slots;
}

export function policyTimers(policy: PolicyIr): readonly Timer[] {
  return [...timersOf(policy.when), ...(policy.until === null ? [] : timersOf(policy.until))];
}

/** Timers of a condition, inner before outer: the order in which they must be brought up to date. */
export function timersOf(ir: BooleanIr): readonly Timer[] {
  switch (ir.op) {
    case 'constant':
    case 'compare':
    case 'tag-is':
    case 'missing':
      return [];
    case 'and':
    case 'or':
      return ir.operands.flatMap(timersOf);
    case 'not':
      return timersOf(ir.operand);
    case 'for':
      return [...timersOf(ir.condition), ir];
    case 'missing-for':
      return [ir];
  }
}

/** The timers of a condition that help it to be true by being true: those under an even number of `not`s. */
export function helpingTimers(ir: BooleanIr, helps = true): readonly Timer[] {
  switch (ir.op) {
    case 'constant':
    case 'compare':
    case 'tag-is':
    case 'missing':
      return [];
    case 'and':
    case 'or':
      return ir.operands.flatMap((operand) => helpingTimers(operand, helps));
    case 'not':
      return helpingTimers(ir.operand, !helps);
    case 'for':
      return helps ? [...helpingTimers(ir.condition, helps), ir] : helpingTimers(ir.condition, helps);
    case 'missing-for':
      return helps ? [ir] : [];
  }
}

export function isBooleanIr(ir: NumberIr | BooleanIr): ir is BooleanIr {
  switch (ir.op) {
    case 'constant':
    case 'compare':
    case 'tag-is':
    case 'missing':
    case 'and':
    case 'or':
    case 'not':
    case 'for':
    case 'missing-for':
      return true;
    case 'number':
    case 'metric':
    case 'derived':
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
    case 'negate':
    case 'call':
      return false;
  }
}
