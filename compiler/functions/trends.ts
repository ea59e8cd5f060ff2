// Where a metric is going: the straight line of least squares through its values in a window.

import { errorType, type QuantityType, quantity } from '../vocabulary/types.ts';
import { type FunctionEntry, quantityOf } from './function.ts';

export const slope: FunctionEntry = {
  name: 'slope',
  parameters: [{ name: 'x', kind: 'value' }],
  window: { kernel: 'trend', output: 'slope', conditionOutput: null, leastSamples: 2 },
  result: (args) => perSecond(quantityOf(args[0])) ?? errorType,
  doc: 'How much the value rises per second, by the straight line closest to the known values; falling is negative.',
  example: 'slope(queue over 10m)',
};

export const forecast: FunctionEntry = {
  name: 'forecast',
  parameters: [
    { name: 'x', kind: 'value' },
    { name: 'by', kind: 'time' },
  ],
  window: { kernel: 'trend', output: 'forecast', conditionOutput: null, leastSamples: 2 },
  result: (args) => quantityOf(args[0]) ?? errorType,
  doc: 'The value that `x` will have `by` later, if it goes on along the straight line closest to its known values.',
  example: 'forecast(queue, 4h over 1h)',
};

function perSecond(x: QuantityType | null): QuantityType | null {
  if (x === null) return null;
  const time = x.time - 1;
  return time === 0 && x.bytes === 0 ? quantity(0, 0, 'either') : quantity(time, x.bytes);
}
