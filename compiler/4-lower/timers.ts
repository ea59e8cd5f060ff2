// The timers of a condition and the state they need: what interpreter, optimizer and emitter must agree on.

import type { StateSlot } from '../../runtime/contract.ts';
import type { BooleanIr, NumberIr, PolicyIr } from './ir.ts';

export type Timer = Extract<BooleanIr, { op: 'for' | 'missing-for' | 'within' | 'sequence' }>;

/** The state slots of a policy, in order. */
export function stateSlots(policy: PolicyIr): readonly StateSlot[] {
  const timers = policyTimers(policy);
  const slots: StateSlot[] = [{ kind: 'active' }, { kind: 'last-fired' }];
  if (timers.some((entry) => entry.op === 'missing-for')) slots.push({ kind: 'last-row' });
  for (const { op, timer } of timers) {
    switch (op) {
      case 'for':
        slots.push({ kind: 'since', timer }, { kind: 'seen', timer });
        break;
      case 'missing-for':
        slots.push({ kind: 'last-present', timer });
        break;
      case 'within':
      case 'sequence':
        slots.push({ kind: 'last-true', timer }, { kind: 'last-unknown', timer });
        break;
    }
  }
  return slots;
}

/** In the order in which they must be brought up to date. */
export function policyTimers(policy: Pick<PolicyIr, 'when' | 'until'>): readonly Timer[] {
  return [...timersOf(policy.when), ...(policy.until === null ? [] : timersOf(policy.until))];
}

/** Time alone can make the policy fire. */
export function isTicking(policy: Pick<PolicyIr, 'when' | 'until'>): boolean {
  return policyTimers(policy).some((timer) => timer.op === 'missing-for');
}

/** Timers of a condition, inner before outer. */
export function timersOf(ir: BooleanIr): readonly Timer[] {
  const inner = operandsOf(ir).flatMap(timersOf);
  return isTimer(ir) ? [...inner, ir] : inner;
}

/** The timers of a condition that help it to be true by being true: those under an even number of `not`s. */
export function helpingTimers(ir: BooleanIr, helps = true): readonly Timer[] {
  const inner = operandsOf(ir).flatMap((operand) => helpingTimers(operand, ir.op === 'not' ? !helps : helps));
  return helps && isTimer(ir) ? [...inner, ir] : inner;
}

function isTimer(ir: BooleanIr): ir is Timer {
  return ir.op === 'for' || ir.op === 'missing-for' || ir.op === 'within' || ir.op === 'sequence';
}

/** The conditions directly inside of one. */
export function operandsOf(ir: BooleanIr): readonly BooleanIr[] {
  switch (ir.op) {
    case 'and':
    case 'or':
      return ir.operands;
    case 'not':
      return [ir.operand];
    case 'for':
    case 'within':
      return [ir.condition];
    case 'sequence':
      return [ir.first, ir.second];
    case 'constant':
    case 'compare':
    case 'tag-is':
    case 'tag-missing':
    case 'missing':
    case 'missing-for':
    case 'known':
    case 'schedule':
      return [];
  }
}

/** The values that a condition reads by itself, those of its operands left out. */
export function numbersOf(ir: BooleanIr): readonly NumberIr[] {
  if (ir.op === 'compare') return [ir.left, ir.right];
  return ir.op === 'known' ? ir.values : [];
}

/** The parameters read in a number. */
export function choicesIn(ir: NumberIr): readonly Extract<NumberIr, { op: 'choose' }>[] {
  switch (ir.op) {
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
      return [...choicesIn(ir.left), ...choicesIn(ir.right)];
    case 'negate':
      return choicesIn(ir.operand);
    case 'call':
      return ir.args.flatMap(choicesIn);
    case 'choose':
      return [ir];
    case 'number':
    case 'metric':
    case 'derived':
      return [];
  }
}

export function isBooleanIr(ir: NumberIr | BooleanIr): ir is BooleanIr {
  switch (ir.op) {
    case 'constant':
    case 'compare':
    case 'tag-is':
    case 'tag-missing':
    case 'missing':
    case 'known':
    case 'schedule':
    case 'and':
    case 'or':
    case 'not':
    case 'for':
    case 'missing-for':
    case 'within':
    case 'sequence':
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
    case 'choose':
      return false;
  }
}
