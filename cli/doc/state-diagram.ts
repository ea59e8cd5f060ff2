// The life of a policy for one key as states and what leads from one to the next: at rest, pending while a `for` runs,
// active until it re-arms.

import { describeDuration } from '../../compiler/4-lower/describe.ts';
import type { PolicyIr } from '../../compiler/4-lower/ir.ts';
import { helpingTimers } from '../../compiler/4-lower/timers.ts';
import type { SchemaMeta } from '../../runtime/contract.ts';

export type StateName = 'rest' | 'pending' | 'active';

export interface StateDiagram {
  readonly states: readonly { readonly name: StateName; readonly label: string }[];
  readonly steps: readonly { readonly from: StateName; readonly to: StateName; readonly label: string }[];
}

export function stateDiagram(policy: PolicyIr, schema: SchemaMeta): StateDiagram {
  const { meta, whenText, untilText } = policy;
  // What must last; `within` and `then` remember, and need not.
  const lasting = helpingTimers(policy.when).filter(({ op }) => op === 'for' || op === 'missing-for');
  const waits = [...new Set(lasting.map((timer) => timer.durationMs))].sort((a, b) => a - b);
  const rest = { name: 'rest', label: 'at rest' } as const;
  const active = { name: 'active', label: doing[meta.mode] } as const;
  const back = { from: 'active', to: 'rest', label: untilText ?? 'no longer' } as const;
  const again =
    meta.cooldownMs === 0
      ? []
      : [
          {
            from: 'active',
            to: 'active',
            label: `still so after ${describeDuration(meta.cooldownMs)}: again${limitText(policy)}`,
          } as const,
        ];
  if (waits.length === 0)
    return { states: [rest, active], steps: [{ from: 'rest', to: 'active', label: whenText }, ...again, back] };
  return {
    states: [rest, { name: 'pending', label: 'pending' }, active],
    steps: [
      { from: 'rest', to: 'pending', label: whenText },
      { from: 'pending', to: 'rest', label: `no longer, or unknown for more than ${describeDuration(schema.staleMs)}` },
      { from: 'pending', to: 'active', label: `held for ${waits.map(describeDuration).join(', ')}` },
      ...again,
      back,
    ],
  };
}

const doing = { shadow: 'active (shadow)', approve: 'active (asks)', enforce: 'active (acts)' } as const;

function limitText({ meta: { limit } }: PolicyIr): string {
  return limit === null ? '' : `, ${limit.count} per ${describeDuration(limit.perMs)} at most`;
}
