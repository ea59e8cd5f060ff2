// The program's data for the manifest: what decoders, evaluators and gates need to know without the code.

import { contractVersion, type PolicyMeta, type ProgramMeta, type SchemaMeta } from '../../runtime/contract.ts';
import type { DerivedPlan } from './derived.ts';
import type { PolicyIr, ProgramIr } from './ir.ts';
import { policyTimers, stateSlots } from './timers.ts';

export function programMeta(ir: ProgramIr, plan: DerivedPlan): ProgramMeta {
  const policies = ir.policies.map(policyMeta);
  return {
    contract: contractVersion,
    fleets: ir.fleets,
    policies,
    schemas: ir.schemas.map(
      (schema, index): SchemaMeta => ({
        ...schema,
        derived: plan.kernels[index].map((kernel) => kernel.meta),
        derivedWidth: plan.widths[index],
        lookBackMs: Math.max(
          0,
          ...ir.policies.filter((policy) => policy.meta.schema === index).map((policy) => lookBack(policy, schema)),
        ),
      }),
    ),
  };
}

function policyMeta(policy: PolicyIr): PolicyMeta {
  const ticks = policyTimers(policy).some((timer) => timer.op === 'missing-for');
  return { ...policy.meta, state: stateSlots(policy), ticks };
}

/** How far back the history reaches that a policy can still depend on. */
function lookBack(policy: PolicyIr, schema: SchemaMeta): number {
  let back = policy.meta.cooldownMs;
  for (const timer of policyTimers(policy)) back = Math.max(back, timer.durationMs + schema.staleMs);
  for (const { meta } of policy.derived) back = Math.max(back, meta.widthMs);
  return back;
}
