// What admission was asked and its verdict become the decision that is audited. Pure.

import type { AdmissionRequest, Verdict } from './admission/admission.ts';
import type { Decision, Outcome } from './decision.ts';

/** A verdict that is one: `waiting` is asked again instead. */
export type FinalVerdict = Omit<Verdict, 'outcome'> & { readonly outcome: Outcome };

/** An action whose target is unknown (the verdict then is `refused`) has the target `null`. */
export function decide(request: AdmissionRequest, verdict: Omit<FinalVerdict, 'id'>): Decision {
  const { proposal, id, actions, deadline } = request;
  const { policy, key, at, cause, values } = proposal;
  return {
    id,
    policy: policy.name,
    policyHash: policy.hash,
    ...(policy.id === undefined ? {} : { policyId: policy.id }),
    key,
    at,
    cause,
    outcome: verdict.outcome,
    gate: verdict.gate,
    reason: verdict.reason,
    mode: policy.mode,
    actions,
    values,
    source: policy.source,
    ...(verdict.remaining === null ? {} : { remaining: verdict.remaining }),
    deadline,
  };
}
