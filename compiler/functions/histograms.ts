// What can be asked of a histogram metric: how what it counts grew in a window.

import type { DerivedOutput } from '../../runtime/contract.ts';
import { rate } from './counters.ts';
import type { FunctionEntry } from './function.ts';

/** `quantile`: the quantile of the argument `q`. `null`: the function is none for histograms. */
export function histogramOutput(entry: FunctionEntry): DerivedOutput | 'quantile' | null {
  if (entry === rate) return 'rate';
  const rule = entry.window;
  if (rule === null || rule.output === 'forecast') return null;
  if (rule.kernel === 'rank') return rule.output;
  const isSummed = rule.output === 'sum' || rule.output === 'avg' || rule.output === 'count';
  return rule.kernel === 'sum' && isSummed ? rule.output : null;
}
