// The program's data for the manifest: what decoders, evaluators and gates need to know without the code.

import {
  contractVersion,
  type DerivedMeta,
  type PolicyMeta,
  type ProgramMeta,
  type SchemaMeta,
} from '../../runtime/contract.ts';
import type { DerivedPlan, KernelPlan } from './derived.ts';
import type { BooleanIr, DerivedIr, NumberIr, PolicyIr, ProgramIr } from './ir.ts';
import { windowMeanings } from './meaning.ts';
import { isBooleanIr, isTicking, numbersOf, operandsOf, stateSlots } from './timers.ts';

export function programMeta(ir: ProgramIr, plan: DerivedPlan): ProgramMeta {
  const policies = ir.policies.map(policyMeta);
  const known = new Map<number, readonly string[]>();
  const meaningsOf = (policy: number, schema: SchemaMeta): readonly string[] => {
    const meanings = known.get(policy) ?? windowMeanings(ir.policies[policy].derived, schema);
    known.set(policy, meanings);
    return meanings;
  };
  return {
    contract: contractVersion,
    fleets: ir.fleets,
    policies,
    schemas: ir.schemas.map(
      (schema, index): SchemaMeta => ({
        ...schema,
        derived: plan.kernels[index].map((kernel) => derivedMeta(kernel, meaningsOf(kernel.policy, schema))),
        derivedWidth: plan.widths[index],
        lookBackMs: Math.max(
          0,
          ...ir.policies
            .filter((policy) => policy.meta.schema === index)
            .map((policy) => policyLookBackMs(policy, schema)),
        ),
      }),
    ),
  };
}

function derivedMeta({ meta, index, keys }: KernelPlan, meanings: readonly string[]): DerivedMeta {
  return { ...meta, meaning: meanings[index], ...(keys === null ? {} : { keys }) };
}

function policyMeta(policy: PolicyIr): PolicyMeta {
  return { ...policy.meta, state: stateSlots(policy), ticks: isTicking(policy) };
}

/** How far back the history reaches that a policy can still depend on: what lies within one another adds up. */
export function policyLookBackMs(policy: PolicyIr, { staleMs }: SchemaMeta): number {
  const number = (ir: NumberIr): number => {
    switch (ir.op) {
      case 'number':
      case 'metric':
        return 0;
      case 'derived':
        return derived(policy.derived[ir.index]);
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
        return Math.max(number(ir.left), number(ir.right));
      case 'negate':
        return number(ir.operand);
      case 'call':
        return Math.max(0, ...ir.args.map(number));
      case 'choose':
        return 0;
    }
  };
  const derived = ({ meta, input }: DerivedIr): number =>
    reachMs(meta) + (isBooleanIr(input) ? boolean(input) : number(input));
  const boolean = (ir: BooleanIr): number =>
    ownMs(ir, staleMs) + Math.max(0, ...numbersOf(ir).map(number), ...operandsOf(ir).map(boolean));
  return Math.max(
    policy.meta.cooldownMs,
    ...policy.derived.map(derived),
    boolean(policy.when),
    policy.until === null ? 0 : boolean(policy.until),
  );
}

/** A mean that forgets may rest on two blocks of twenty time constants. */
function reachMs({ kernel, widthMs, agoMs }: DerivedIr['meta']): number {
  return agoMs + (kernel === 'ewma' ? 40 * widthMs : widthMs);
}

function ownMs(ir: BooleanIr, staleMs: number): number {
  switch (ir.op) {
    case 'for':
    case 'missing-for':
      return ir.durationMs + staleMs;
    case 'within':
    case 'sequence':
      return ir.durationMs;
    default:
      return 0;
  }
}
