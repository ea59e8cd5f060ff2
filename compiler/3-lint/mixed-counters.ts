// A policy that goes across members reads their counters member by member too: mixed, they seem to restart all the time.

import type { Expression } from '../../grammar/ast.ts';
import { childrenOf } from '../1-bind/expressions.ts';
import type { PolicyFacts } from '../2-check/facts.ts';
import { callModifiers } from '../functions/call-modifiers.ts';
import { functionByName } from '../functions/index.ts';
import type { LintRule } from './rule.ts';

export const mixedCounters: LintRule = {
  names: ['mixed-counters'],
  policy(facts, _program, report) {
    const { policy } = facts;
    const roots = [policy.when, policy.until].filter((root) => root !== null);
    const used = [...new Set(roots.flatMap((root) => calls(root, facts, new Set())))];
    const across = used.flatMap((call) => callModifiers(call).across ?? []);
    for (const call of used) {
      if (callModifiers(call).across !== null) continue;
      const [argument] = call.args;
      const metric = argument?.value.kind === 'reference' ? policy.references.get(argument.value) : null;
      // What may be absent can come in events of its own, apart from those of members.
      if (metric?.kind !== 'metric' || metric.item.optional || across[0] === undefined) continue;
      const ofCounter = functionByName.get(call.callee.text)?.parameters[0]?.kind === 'counter';
      // A histogram is a counter in each of its buckets.
      if (!ofCounter && metric.type.kind !== 'histogram') continue;
      report('mixed-counters', call.span, {
        callee: call.callee.text,
        histogram: !ofCounter,
        metric: metric.name,
        tag: across[0].tag.text,
      });
    }
  },
};

type CallNode = Extract<Expression, { kind: 'call' }>;

/** The calls of a condition and of the `let`s in it, without what stands within `across`. */
function calls(root: Expression, facts: PolicyFacts, seen: Set<Expression>): readonly CallNode[] {
  if (seen.has(root)) return [];
  seen.add(root);
  if (root.kind === 'call' && callModifiers(root).across !== null)
    return facts.expressions.get(root)?.type.kind === 'error' ? [] : [root];
  const symbol = root.kind === 'reference' ? facts.policy.references.get(root) : null;
  const inner = symbol?.kind === 'let' ? [symbol.declaration.value] : childrenOf(root);
  const own = root.kind === 'call' ? [root] : [];
  return [...own, ...inner.flatMap((child) => calls(child, facts, seen))];
}
