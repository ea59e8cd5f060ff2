// Which kernels a schema needs and which derived slot each output gets. With `share`, equal computations of different
// policies are one kernel; without, every policy has its own.

import type { DerivedMeta } from '../../runtime/contract.ts';

import type { BooleanIr, DerivedIr, DerivedOutput, NumberIr, PolicyIr, ProgramIr } from './ir.ts';
import { isBooleanIr, numbersOf, operandsOf } from './timers.ts';

export interface KernelPlan {
  readonly meta: DerivedMeta;
  readonly derived: DerivedIr;
  /** The policy whose numbering `derived` uses. */
  readonly policy: number;
  /** Derived slot of each output that is read. */
  readonly slots: ReadonlyMap<DerivedOutput, number>;
}

export interface DerivedPlan {
  /** Per schema, holds before windows: a window may read a hold. */
  readonly kernels: readonly (readonly KernelPlan[])[];
  readonly widths: readonly number[];
  slot(policy: number, index: number, output: DerivedOutput): number;
}

export function planDerived(ir: ProgramIr, share: boolean): DerivedPlan {
  const slots = new Map<string, number>();
  const kernels: KernelPlan[][] = [];
  const widths: number[] = [];
  for (const schema of ir.schemas.keys()) {
    const bySchema = new Map<string, { plan: KernelPlan; slots: Map<DerivedOutput, number> }>();
    let width = 0;
    for (const holds of [true, false]) {
      for (const [policy, policyIr] of ir.policies.entries()) {
        if (policyIr.meta.schema !== schema) continue;
        const outputs = outputsRead(policyIr);
        for (const [index, derived] of policyIr.derived.entries()) {
          if ((derived.meta.kernel === 'hold') !== holds) continue;
          const identity = share ? identify(policyIr, derived) : `${policy}/${index}`;
          let entry = bySchema.get(identity);
          if (entry === undefined) {
            const own = new Map<DerivedOutput, number>();
            entry = { plan: { meta: derived.meta, derived, policy, slots: own }, slots: own };
            bySchema.set(identity, entry);
          }
          for (const output of outputs[index]) {
            let slot = entry.slots.get(output);
            if (slot === undefined) {
              slot = width++;
              entry.slots.set(output, slot);
            }
            slots.set(`${policy}/${index}/${output}`, slot);
          }
        }
      }
    }
    kernels.push([...bySchema.values()].map((entry) => entry.plan));
    widths.push(width);
  }
  return {
    kernels,
    widths,
    slot(policy, index, output) {
      const slot = slots.get(`${policy}/${index}/${output}`);
      if (slot === undefined)
        throw new Error(`policy ${policy} reads derived ${index}.${output}, which nothing computes`);
      return slot;
    },
  };
}

/** What a kernel computes, free of the policy's own numbering. */
function identify(policy: PolicyIr, derived: DerivedIr): string {
  const { kernel, widthMs, capacity } = derived.meta;
  return JSON.stringify([kernel, widthMs, capacity, resolve(policy, derived.input), derived.where]);
}

function resolve(policy: PolicyIr, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => resolve(policy, entry));
  if (typeof value !== 'object' || value === null) return value;
  if ('op' in value && value.op === 'derived' && 'index' in value && typeof value.index === 'number') {
    return ['hold', identify(policy, policy.derived[value.index])];
  }
  return Object.entries(value).map(([name, entry]) => (name === 'text' ? null : [name, resolve(policy, entry)]));
}

/** The outputs of each derived entry that some condition, clause or other entry reads. */
function outputsRead(policy: PolicyIr): readonly (readonly DerivedOutput[])[] {
  const read = policy.derived.map(() => new Set<DerivedOutput>());
  const number = (ir: NumberIr): void => {
    switch (ir.op) {
      case 'number':
      case 'metric':
        return;
      case 'derived':
        read[ir.index].add(ir.output);
        return;
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
        number(ir.left);
        number(ir.right);
        return;
      case 'negate':
        number(ir.operand);
        return;
      case 'call':
        for (const arg of ir.args) number(arg);
    }
  };
  const boolean = (ir: BooleanIr): void => {
    for (const value of numbersOf(ir)) number(value);
    for (const operand of operandsOf(ir)) boolean(operand);
  };
  boolean(policy.when);
  if (policy.until !== null) boolean(policy.until);
  for (const clause of policy.clauses) if (clause.measured !== null) number(clause.measured);
  for (const derived of policy.derived) {
    if (isBooleanIr(derived.input)) boolean(derived.input);
    else number(derived.input);
  }
  return read.map((outputs) => [...outputs].sort());
}
