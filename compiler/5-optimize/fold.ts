// Computes what is constant, flattens nested `and` and `or`, takes out double negations and neutral operands.

import { arithmetic } from '../4-lower/constant-of.ts';
import type { BooleanIr, NumberIr } from '../4-lower/ir.ts';
import { timersOf } from '../4-lower/timers.ts';

export function foldNumber(ir: NumberIr): NumberIr {
  switch (ir.op) {
    case 'number':
    case 'metric':
    case 'derived':
      return ir;
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide': {
      const left = foldNumber(ir.left);
      const right = foldNumber(ir.right);
      if (left.op !== 'number' || right.op !== 'number') return { op: ir.op, left, right };
      return constant(arithmetic(ir.op, left.value, right.value));
    }
    case 'negate': {
      const operand = foldNumber(ir.operand);
      return operand.op === 'number' ? constant(-operand.value) : { op: 'negate', operand };
    }
    case 'call': {
      return { op: 'call', name: ir.name, args: ir.args.map(foldNumber) };
    }
    case 'choose':
      return foldChoice(ir);
  }
}

function foldChoice(ir: Extract<NumberIr, { op: 'choose' }>): NumberIr {
  const cases = [];
  for (const { when, value } of ir.cases) {
    const folded = foldBoolean(when);
    if (folded.op !== 'constant') cases.push({ when: folded, value });
    else if (folded.value) return cases.length === 0 ? value : { ...ir, cases, otherwise: value };
  }
  return cases.length === 0 ? ir.otherwise : { ...ir, cases };
}

export function foldBoolean(ir: BooleanIr): BooleanIr {
  switch (ir.op) {
    case 'constant':
    case 'tag-is':
    case 'tag-missing':
    case 'missing':
    case 'missing-for':
    case 'schedule':
      return ir;
    case 'known': {
      const values = ir.values.map(foldNumber).filter((value) => value.op !== 'number' || Number.isNaN(value.value));
      return values.length === 0 ? { op: 'constant', value: true } : { op: 'known', values };
    }
    case 'compare':
      return { ...ir, left: foldNumber(ir.left), right: foldNumber(ir.right) };
    case 'for':
    case 'within':
      return { ...ir, condition: foldBoolean(ir.condition) };
    case 'sequence':
      return { ...ir, first: foldBoolean(ir.first), second: foldBoolean(ir.second) };
    case 'not': {
      const operand = foldBoolean(ir.operand);
      if (operand.op === 'not') return operand.operand;
      return operand.op === 'constant' ? { op: 'constant', value: !operand.value } : { op: 'not', operand };
    }
    case 'and':
    case 'or':
      return foldLogic(ir.op, ir.operands.map(foldBoolean));
  }
}

function foldLogic(op: 'and' | 'or', folded: readonly BooleanIr[]): BooleanIr {
  const absorbing = op === 'or';
  const flat = folded.flatMap((operand) => (operand.op === op ? operand.operands : [operand]));
  const operands = flat.filter((operand) => operand.op !== 'constant' || operand.value === absorbing);
  const decided = operands.some((operand) => operand.op === 'constant');
  // A timer must go on running even where the outcome no longer depends on it.
  if (decided && operands.every((operand) => timersOf(operand).length === 0))
    return { op: 'constant', value: absorbing };
  if (operands.length === 0) return { op: 'constant', value: !absorbing };
  return operands.length === 1 ? operands[0] : { op, operands };
}

function constant(value: number): NumberIr {
  return { op: 'number', value: value - value === 0 ? value : Number.NaN, text: null };
}
