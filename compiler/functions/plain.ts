// Functions of the present event alone.

import { boolType, durationType, errorType } from '../vocabulary/types.ts';
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

function sameUnit(name: string, second: string, doc: string, example: string): FunctionEntry {
  return {
    name,
    parameters: [
      { name: 'x', kind: 'value' },
      { name: second, kind: 'value', like: 0 },
    ],
    window: null,
    result: (args) => quantityOf(args[0]) ?? errorType,
    doc,
    example,
  };
}

export const atLeast = sameUnit(
  'at_least',
  'low',
  '`x`, but not below `low`: a divisor that may be 0, for one.',
  'at_least(queue, 1)',
);
export const atMost = sameUnit('at_most', 'high', '`x`, but not above `high`.', 'at_most(error_rate, 100%)');
export const round = sameUnit(
  'round',
  'to',
  'The multiple of `to` nearest to `x`, of two the greater.',
  'round(queue, 10)',
);

function whole(name: string, doc: string): FunctionEntry {
  return {
    name,
    parameters: [{ name: 'x', kind: 'value' }],
    window: null,
    result: (args) => quantityOf(args[0]) ?? errorType,
    doc,
    example: `${name}(queue / 2)`,
  };
}

export const floor = whole('floor', 'The greatest whole number (of seconds, of bytes) that is not above `x`.');
export const ceiling = whole('ceil', 'The least whole number (of seconds, of bytes) that is not below `x`.');

export const now: FunctionEntry = {
  name: 'now',
  parameters: [],
  window: null,
  result: () => durationType,
  doc: 'The time of the event, as the time that has passed since the beginning of 1970 in UTC.',
  example: 'now()',
};

export const missing: FunctionEntry = {
  name: 'missing',
  parameters: [{ name: 'm', kind: 'metric-or-tag' }],
  window: null,
  result: () => boolType,
  doc: 'The event carries no known value of the metric, or no such tag. With `for D` a metric’s silence is also seen when no event comes at all.',
  example: 'missing(error_rate) for 2m',
};
