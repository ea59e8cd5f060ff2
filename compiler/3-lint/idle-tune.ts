// A `tune` can hold for a row that its policy judges, and sets something to another value than the policy's head does.

import type { ParameterFact, TuneFact } from '../2-check/facts.ts';
import type { LintRule } from './rule.ts';

export const idleTune: LintRule = {
  names: ['idle-tune'],
  policy(facts, program, report) {
    if (program.errors) return;
    for (const fact of facts.tunes) {
      const why = idleness(fact, facts.parameters);
      const { policy } = fact.tune.declaration;
      if (why !== null) report('idle-tune', policy.span, { policy: policy.text, why });
    }
  },
};

function idleness({ values, reachable }: TuneFact, parameters: readonly ParameterFact[]): string | null {
  if (!reachable) return 'the policy judges no row for which it holds';
  if (values.size === 0) return 'it sets nothing';
  const otherwise = new Map(parameters.map((fact) => [fact.symbol, fact.otherwise]));
  const same = [...values].every(([parameter, value]) => otherwise.get(parameter)?.value === value.value);
  return same ? 'what it sets has that value anyway' : null;
}
