// Functions of the present event alone.

import { boolType, errorType } from '../vocabulary/types.ts';
import { type FunctionEntry, quantityOf } from './function.ts';

export const absolute: FunctionEntry = {
  name: 'abs',
  parameters: [{ name: 'x', kind: 'value' }],
  window: null,
  result: (args) => quantityOf(args[0]) ?? errorType,
  doc: 'The value without its sign.',
  example: 'abs(queue - 100)',
};

export const clamp: FunctionEntry = {
  name: 'clamp',
  parameters: [
    { name: 'x', kind: 'value' },
    { name: 'low', kind: 'value', like: 0 },
    { name: 'high', kind: 'value', like: 0 },
  ],
  window: null,
  result: (args) => quantityOf(args[0]) ?? errorType,
  doc: '`x`, but not below `low` and not above `high`.',
  example: 'clamp(error_rate, 0%, 100%)',
};

export const missing: FunctionEntry = {
  name: 'missing',
  parameters: [{ name: 'm', kind: 'metric' }],
  window: null,
  result: () => boolType,
  doc: 'The event carries no known value of the metric. With `for D` it also sees that no event comes at all.',
  example: 'missing(error_rate) for 2m',
};
