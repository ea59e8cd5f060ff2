// A proposal and its verdict become the decision that is audited: targets resolved, id derived. Pure.

import type { Verdict } from './admission/admission.ts';
import { resolveTarget } from './admission/resolve-target.ts';
import type { ActionMeta, ProgramMeta } from './contract.ts';
import { type Decision, decisionId, type PlannedAction, type Proposal } from './decision.ts';
import { endpointOf } from './inventory/fleet-webhook.ts';

/**
 * `program` is the one that the proposal's policy is of. `ordinal` tells apart decisions of one policy, key and time.
 * An action whose target is unknown (the verdict then is `refused`) has the target `null`.
 */
export function decide(
  proposal: Proposal,
  program: ProgramMeta,
  verdict: Pick<Verdict, 'outcome' | 'gate' | 'reason'>,
  ordinal = 0,
): Decision {
  const { policy, key, at, cause, values } = proposal;
  return {
    id: decisionId(policy.hash, key, at, ordinal),
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
    actions: policy.actions.map((action) => plan(proposal, program, action)),
    values,
    source: policy.source,
    deadline: at + policy.maxAgeMs,
  };
}

function plan(proposal: Proposal, program: ProgramMeta, action: ActionMeta): PlannedAction {
  const { name, args, timeoutMs, retry } = action;
  const target = action.target === null ? null : resolveTarget(proposal, program, action.target);
  const fleet = target?.found === true ? target.fleet : null;
  const endpoint = endpointOf(action, fleet);
  return { name, target: fleet?.name ?? null, args, timeoutMs, retry, endpoint, change: null };
}
