// Missing data never shrinks: the part of a condition that asks for everything it reads to be known.

import { derivedRead } from './derived.ts';
import type { BooleanIr, NumberIr, PolicyIr } from './ir.ts';
import { numbersOf, operandsOf } from './timers.ts';

type DerivedRead = Extract<NumberIr, { op: 'derived' }>;

const one: NumberIr = { op: 'number', value: 1, text: null };

/** Values that are 1 while something is whole, else 0 or unknown. */
export interface Wholeness {
  /** What a derived entry looks at. */
  coverage(derived: number): readonly NumberIr[];
  /** The members whose rows it takes; `null`: those whose rows the key's are. */
  attendance(derived: number | null): readonly NumberIr[];
  /** So much time in which rows came. */
  heardFor(durationMs: number): NumberIr;
  /** Likewise the time that a derived entry's events take. */
  heardForEvents(derived: number): readonly NumberIr[];
}

/**
 * `known(…)` of every metric and window that a condition reads; `null` when it reads none. A window that was fed for
 * less than its width, or with a gap, is small for lack of data and counts as unknown, and so are members of whom something
 * is not known, or who is missing. That something has not been so for or within a time is
 * known once rows have come for that time, which `heardFor` tells likewise, and `events` of some of so many events.
 */
export function everythingKnown(condition: BooleanIr, whole: Wholeness): BooleanIr | null {
  const values = new Map<string, NumberIr>();
  // 1 / 0 has no value.
  const demand = (value: NumberIr): void => {
    values.set(JSON.stringify(value), { op: 'divide', left: one, right: value });
  };
  const number = (ir: NumberIr): void => {
    switch (ir.op) {
      case 'metric':
        values.set(JSON.stringify(ir), ir);
        whole.attendance(null).forEach(demand);
        break;
      case 'derived':
        values.set(JSON.stringify(ir), ir);
        whole.coverage(ir.index).forEach(demand);
        whole.attendance(ir.index).forEach(demand);
        break;
      case 'number':
        break;
      case 'choose':
        for (const value of [...ir.cases.map((each) => each.value), ir.otherwise]) number(value);
        break;
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
        number(ir.left);
        number(ir.right);
        break;
      case 'negate':
        number(ir.operand);
        break;
      case 'call':
        for (const arg of ir.args) number(arg);
        break;
    }
  };
  const boolean = (ir: BooleanIr, negated: boolean): void => {
    if (negated && (ir.op === 'for' || ir.op === 'within' || ir.op === 'sequence'))
      demand(whole.heardFor(ir.durationMs));
    if (negated && ir.op === 'compare')
      for (const read of derivedRead(ir)) whole.heardForEvents(read.index).forEach(demand);
    for (const value of numbersOf(ir)) number(value);
    for (const operand of operandsOf(ir)) boolean(operand, negated !== (ir.op === 'not'));
  };
  boolean(condition, false);
  return values.size === 0 ? null : { op: 'known', values: [...values.values()] };
}

/**
 * What has to be whole for a value of `known(…)` to be known; `null` for a value of the author's. `attendance`
 * is what tells of members, where it is they who have to be all there.
 */
export function toBeWhole(
  value: NumberIr,
  policy: PolicyIr,
): { readonly label: string; readonly members: boolean; readonly attendance: DerivedRead | null } | null {
  if (value.op !== 'divide') return null;
  const read = derivedRead(value.right).at(-1);
  if (read === undefined) return null;
  const { label, member, kernel } = policy.derived[read.index].meta;
  if (!isCoverage(label)) return null;
  return {
    label: label.slice(coverageLabel.length),
    members: member !== undefined,
    attendance: kernel === 'attendance' ? read : null,
  };
}

/** Stands before the label of a window in that of its coverage. */
export const coverageLabel = 'known ';

/** The label is that of a coverage, which nobody wrote. */
export function isCoverage(label: string): boolean {
  return label.startsWith(coverageLabel);
}
