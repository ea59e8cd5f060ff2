// The parts that a condition joins by `and` or by `or`, however they are nested. What lowering put there of itself, hours
// and guards against missing data, nobody wrote and is left out.

import type { BooleanIr } from '../4-lower/ir.ts';

export function joined(ir: BooleanIr, op: 'and' | 'or'): readonly BooleanIr[] {
  if (ir.op === 'known' || ir.op === 'schedule') return [];
  return ir.op === op ? ir.operands.flatMap((operand) => joined(operand, op)) : [ir];
}

/** Every condition that has to hold for the whole to hold or helps it to, itself first; what stands below `not` is left out. */
export function* helping(ir: BooleanIr): Generator<BooleanIr> {
  yield ir;
  if (ir.op === 'and' || ir.op === 'or') for (const part of joined(ir, ir.op)) yield* helping(part);
  else if (ir.op === 'for' || ir.op === 'within') yield* helping(ir.condition);
}
