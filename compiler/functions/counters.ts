// What counters are read through. A value below the one before it is a restart: the counter began again at zero.

import { errorType, numberType, quantity, type Type } from '../vocabulary/types.ts';
import { type FunctionEntry, quantityOf } from './function.ts';

function grown(args: readonly Type[], perSecond: boolean): Type {
  const counter = quantityOf(args[0]);
  if (counter === null) return errorType;
  const time = counter.time - (perSecond ? 1 : 0);
  return time === 0 && counter.bytes === 0
    ? perSecond
      ? quantity(0, 0, 'either')
      : numberType
    : quantity(time, counter.bytes);
}

export const rate: FunctionEntry = {
  name: 'rate',
  parameters: [{ name: 'c', kind: 'counter' }],
  window: { kernel: 'increase', output: 'rate', conditionOutput: null, leastSamples: 2 },
  result: (args) => grown(args, true),
  doc: 'How much the counter grew per second between the first and the last value in the window.',
  example: 'rate(requests over 1m)',
};

export const extrapolatedRate: FunctionEntry = {
  name: 'extrapolated_rate',
  parameters: [{ name: 'c', kind: 'counter' }],
  window: { kernel: 'increase', output: 'extrapolatedRate', conditionOutput: null, leastSamples: 2 },
  result: (args) => grown(args, true),
  doc: 'How much the counter grew per second of the window, its growth between the first and the last value stretched to the window’s ends: the `rate` of Prometheus.',
  example: 'extrapolated_rate(requests over 1m)',
};

export const extrapolatedIncrease: FunctionEntry = {
  name: 'extrapolated_increase',
  parameters: [{ name: 'c', kind: 'counter' }],
  window: { kernel: 'increase', output: 'extrapolated', conditionOutput: null, leastSamples: 2 },
  result: (args) => grown(args, false),
  doc: 'How much the counter grew in the window, its growth between the first and the last value stretched to the window’s ends: the `increase` of Prometheus.',
  example: 'extrapolated_increase(requests over 5m)',
};

export const latestRate: FunctionEntry = {
  name: 'latest_rate',
  parameters: [{ name: 'c', kind: 'counter' }],
  window: { kernel: 'increase', output: 'latestRate', conditionOutput: null, leastSamples: 2 },
  result: (args) => grown(args, true),
  doc: 'How much the counter grew per second between the last two values in the window: the `irate` of Prometheus.',
  example: 'latest_rate(requests over 5m)',
};

export const increase: FunctionEntry = {
  name: 'increase',
  parameters: [{ name: 'c', kind: 'counter' }],
  window: { kernel: 'increase', output: 'increase', conditionOutput: null, leastSamples: 2 },
  result: (args) => grown(args, false),
  doc: 'How much the counter grew between the first and the last value in the window.',
  example: 'increase(requests over 5m)',
};
