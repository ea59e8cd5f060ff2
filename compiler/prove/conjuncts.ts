// The parts that a condition joins by `and` or by `or`, however they are nested. What lowering put there of itself, hours
// and guards against missing data, is left out; what it made of one expression (`x in [1, 2]`) is one part.

import type { BooleanIr } from '../4-lower/ir.ts';

/** Whether somebody wrote that part by itself. */
export type IsWritten = (ir: BooleanIr) => boolean;

/** `[ir]` when it joins nothing. */
export function joined(ir: BooleanIr, op: 'and' | 'or', isWritten: IsWritten): readonly BooleanIr[] {
  if (ir.op === 'known' || ir.op === 'schedule') return [];
  if (ir.op !== op || !ir.operands.some(isWritten)) return [ir];
  return ir.operands.flatMap((operand) => joined(operand, op, isWritten));
}

/** The parts of an `and` or `or`; none of what is neither, or stands for one expression. */
export function partsOf(ir: BooleanIr, isWritten: IsWritten): readonly BooleanIr[] {
  if (ir.op !== 'and' && ir.op !== 'or') return [];
  const parts = joined(ir, ir.op, isWritten);
  return parts[0] === ir ? [] : parts;
}

/** Every condition that has to hold for the whole to hold or helps it to, itself first; what stands below `not` is left out. */
export function* helping(ir: BooleanIr, isWritten: IsWritten): Generator<BooleanIr> {
  yield ir;
  for (const part of partsOf(ir, isWritten)) yield* helping(part, isWritten);
  if (ir.op === 'for' || ir.op === 'within') yield* helping(ir.condition, isWritten);
}
