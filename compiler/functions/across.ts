// What can be asked of the members of a key: functions of windows that hold for any set of values, and `share`.

import type { DerivedOutput } from '../../runtime/contract.ts';
import { ratioType } from '../vocabulary/types.ts';
import type { FunctionEntry } from './function.ts';

export interface AcrossRule {
  /** `quantile`: the quantile of the argument `q`. */
  readonly output: DerivedOutput | 'quantile';
  /** Output when the input is a condition. */
  readonly conditionOutput: DerivedOutput | null;
}

export const share: FunctionEntry = {
  name: 'share',
  parameters: [{ name: 'c', kind: 'condition' }],
  window: null,
  result: () => ratioType,
  doc: 'Of the members of which it is known whether the condition holds, the share of those for which it does.',
  example: 'share(latency > 500ms across instance)',
};

/** What the function reads of the members; `null` when it does not go across members. */
export function acrossRule(entry: FunctionEntry): AcrossRule | null {
  if (entry === share) return { output: 'avg', conditionOutput: 'avg' };
  const rule = entry.window;
  switch (rule?.kernel) {
    case 'sum':
      return rule.output === 'quantile' || rule.output === 'forecast'
        ? null
        : { output: rule.output, conditionOutput: rule.conditionOutput };
    case 'min':
      return { output: 'least', conditionOutput: null };
    case 'max':
      return { output: 'greatest', conditionOutput: null };
    case 'rank':
      return rule.output === 'forecast' ? null : { output: rule.output, conditionOutput: null };
    default:
      return null;
  }
}

/** Only `across` gives it something to look at. */
export function needsAcross(entry: FunctionEntry): boolean {
  return entry === share;
}
