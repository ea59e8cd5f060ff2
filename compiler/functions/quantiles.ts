// Quantiles of what a metric was in a window: exact, linear between the two closest values.

import { errorType } from '../vocabulary/types.ts';
import { type FunctionEntry, quantityOf } from './function.ts';

function percentile(percent: number): FunctionEntry {
  const name = `p${percent}`;
  const below = percent === 50 ? 'half' : `${percent}%`;
  return {
    name,
    parameters: [{ name: 'x', kind: 'value' }],
    window: { kernel: 'rank', output: `quantile ${percent / 100}`, conditionOutput: null, leastSamples: 1 },
    result: (args) => quantityOf(args[0]) ?? errorType,
    doc: `The value that ${below} of the known values do not exceed.`,
    example: `${name}(latency over 5m)`,
  };
}

export const median = percentile(50);
export const p90 = percentile(90);
export const p95 = percentile(95);
export const p99 = percentile(99);

export const quantile: FunctionEntry = {
  name: 'quantile',
  parameters: [
    { name: 'x', kind: 'value' },
    { name: 'q', kind: 'share' },
  ],
  window: { kernel: 'rank', output: 'quantile', conditionOutput: null, leastSamples: 1 },
  result: (args) => quantityOf(args[0]) ?? errorType,
  doc: 'The value that the share `q` of the known values does not exceed.',
  example: 'quantile(latency over 5m, 99.9%)',
};
