// A program without some of its policies: they are not judged, keep no timers and fire nothing. The others, and every
// window, stay what they are. What was left out begins anew when it is judged again: it has not seen what came between.

import type { PolicyCode, PolicyMeta } from '../contract.ts';
import type { Evaluator } from './session.ts';

/** `shed`: positions of the policies in the program. */
export function withoutPolicies(evaluator: Evaluator, shed: readonly number[]): Evaluator {
  if (shed.length === 0) return evaluator;
  const { meta, code } = evaluator;
  const left = new Set(shed);
  return {
    ...evaluator,
    meta: { ...meta, policies: meta.policies.map((policy, index) => (left.has(index) ? resting(policy) : policy)) },
    code: { ...code, policies: code.policies.map((policy, index) => (left.has(index) ? nothing(policy) : policy)) },
  };
}

/** Under another hash: state is carried by it, and what a policy knew before it was left out is out of date after. */
function resting(policy: PolicyMeta): PolicyMeta {
  return { ...policy, hash: `${policy.hash} (shed)`, ticks: false, requires: [] };
}

function nothing({ explain }: PolicyCode): PolicyCode {
  return { run: () => {}, explain, due: null, guard: [] };
}
