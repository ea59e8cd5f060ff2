// Missing data never shrinks: the part of a condition that asks for everything it reads to be known.

import type { BooleanIr, NumberIr } from './ir.ts';
import { numbersOf, operandsOf } from './timers.ts';

/** `known(…)` of every metric and window that a condition reads; `null` when it reads none. */
export function everythingKnown(condition: BooleanIr): BooleanIr | null {
  const values = new Map<string, NumberIr>();
  const number = (ir: NumberIr): void => {
    switch (ir.op) {
      case 'metric':
      case 'derived':
        values.set(JSON.stringify(ir), ir);
        break;
      case 'number':
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
  const boolean = (ir: BooleanIr): void => {
    for (const value of numbersOf(ir)) number(value);
    for (const operand of operandsOf(ir)) boolean(operand);
  };
  boolean(condition);
  return values.size === 0 ? null : { op: 'known', values: [...values.values()] };
}
