// What arithmetic on numbers alone comes to, for arguments that have to be one number: `quantile(x over 5m, 40% + 50%)`.

import type { NumberIr } from './ir.ts';

/** `null` for what reads anything. */
export function constantOf(ir: NumberIr): Extract<NumberIr, { op: 'number' }> | null {
  const number = (value: number): Extract<NumberIr, { op: 'number' }> => ({ op: 'number', value, text: null });
  switch (ir.op) {
    case 'number':
      return ir;
    case 'negate': {
      const operand = constantOf(ir.operand);
      return operand === null ? null : number(-operand.value);
    }
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide': {
      const [left, right] = [constantOf(ir.left), constantOf(ir.right)];
      return left === null || right === null ? null : number(arithmetic(ir.op, left.value, right.value));
    }
    default:
      return null;
  }
}

export function arithmetic(op: 'add' | 'subtract' | 'multiply' | 'divide', left: number, right: number): number {
  switch (op) {
    case 'add':
      return left + right;
    case 'subtract':
      return left - right;
    case 'multiply':
      return left * right;
    case 'divide':
      return left / right;
  }
}
