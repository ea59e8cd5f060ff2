// Windows over event time: what a metric did in the last `over D` up to and including the present event.

import type { DerivedOutput, KernelName } from '../../runtime/contract.ts';
import { errorType, numberType, ratioType, type Type } from '../vocabulary/types.ts';
import { type FunctionEntry, quantityOf } from './function.ts';

function same(args: readonly Type[]): Type {
  return quantityOf(args[0]) ?? errorType;
}

function valueWindow(name: string, kernel: KernelName, output: DerivedOutput, doc: string): FunctionEntry {
  return {
    name,
    parameters: [{ name: 'x', kind: 'value' }],
    window: { kernel, output, conditionOutput: null, leastSamples: 1 },
    result: same,
    doc,
    example: `${name}(error_rate over 5m)`,
  };
}

export const average: FunctionEntry = {
  name: 'avg',
  parameters: [{ name: 'x', kind: 'value-or-condition' }],
  window: { kernel: 'sum', output: 'avg', conditionOutput: 'avg', leastSamples: 1 },
  result: (args) => (args[0]?.kind === 'bool' ? ratioType : same(args)),
  doc: 'The mean of the known values; of a condition: the share of the events at which it was true.',
  example: 'avg(error_rate over 5m)',
};

export const minimum = valueWindow('min', 'min', 'value', 'The smallest known value.');
export const maximum = valueWindow('max', 'max', 'value', 'The greatest known value.');
export const sum = valueWindow('sum', 'sum', 'sum', 'The sum of the known values; unknown when there is none.');

export const count: FunctionEntry = {
  name: 'count',
  parameters: [{ name: 'x', kind: 'anything' }],
  window: { kernel: 'sum', output: 'count', conditionOutput: 'sum', leastSamples: 0 },
  result: () => numberType,
  doc: 'How many known values there were; of a condition: at how many events it was true.',
  example: 'count(error_rate > 5% over 10m)',
};

export const deviation = valueWindow(
  'stddev',
  'sum',
  'stddev',
  'The standard deviation of the known values, of all of them and not of a sample: one value has none, 0.',
);
export const first = valueWindow('first', 'ends', 'first', 'The oldest known value.');
export const last = valueWindow('last', 'ends', 'last', 'The newest known value.');

export const delta: FunctionEntry = {
  ...valueWindow('delta', 'ends', 'delta', 'The newest known value less the oldest one.'),
  window: { kernel: 'ends', output: 'delta', conditionOutput: null, leastSamples: 2 },
  example: 'delta(queue over 10m)',
};

export const extrapolatedDelta: FunctionEntry = {
  ...valueWindow('extrapolated_delta', 'ends', 'extrapolatedDelta', ''),
  window: { kernel: 'ends', output: 'extrapolatedDelta', conditionOutput: null, leastSamples: 2 },
  doc: 'The newest known value less the oldest one, stretched to the window’s ends: the `delta` of Prometheus.',
  example: 'extrapolated_delta(queue over 10m)',
};

export const changes: FunctionEntry = {
  name: 'changes',
  parameters: [{ name: 'x', kind: 'anything' }],
  window: { kernel: 'changes', output: 'changes', conditionOutput: 'changes', leastSamples: 1 },
  result: () => numberType,
  doc: 'How often a known value differs from the one before it; of a condition: how often it turned.',
  example: 'changes(ready over 15m)',
};

export const ewma: FunctionEntry = {
  ...valueWindow(
    'ewma',
    'ewma',
    'value',
    'The mean in which a value weighs less the older it is: after the width given, 37% of what it weighed.',
  ),
  example: 'ewma(latency over 5m)',
};
