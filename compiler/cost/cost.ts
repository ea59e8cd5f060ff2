// The bound of a program, before it has seen one event: bytes per key, operations per event, look-back; of each policy
// as if it were alone, of each schema with equal windows shared, as the compiled program shares them.

import type { SchemaMeta } from '../../runtime/contract.ts';
import { type KernelPlan, planDerived } from '../4-lower/derived.ts';
import type { PolicyIr, ProgramIr } from '../4-lower/ir.ts';
import { policyLookBackMs } from '../4-lower/program-meta.ts';
import { stateSlots } from '../4-lower/timers.ts';
import { optimize } from '../5-optimize/optimize.ts';
import { kernelBytes, kernelOperations } from './kernel-costs.ts';

export interface Cost {
  /** At most, once every window is full. */
  readonly bytesPerKey: number;
  /** Comparisons, calculations and samples touched for one event, when nothing can be left out. */
  readonly operationsPerEvent: number;
  /** History that a decision can still depend on. */
  readonly lookBackMs: number;
}

export interface PolicyCost extends Cost {
  readonly policy: string;
  readonly schema: string;
  /** `file.ddl:line` */
  readonly source: string;
}

export interface SchemaCost extends Cost {
  readonly schema: string;
  readonly policies: number;
  /** Windows and holds, shared ones once. */
  readonly windows: number;
}

export interface ProgramCost {
  readonly policies: readonly PolicyCost[];
  /** Only schemas that some policy reads. */
  readonly schemas: readonly SchemaCost[];
  /** Keys of different schemas cost apart: bytes and operations of the dearest schema, the longest look-back. */
  readonly most: Cost;
}

/** A state slot is one double. */
const slotBytes = 8;

export function programCost(program: ProgramIr): ProgramCost {
  const ir = optimize(program);
  const shared = planDerived(ir, true).kernels;
  const alone = kernelsByPolicy(ir);
  const policies = ir.policies.map((policy, index): PolicyCost => {
    const schema = ir.schemas[policy.meta.schema];
    const { name, source } = policy.meta;
    return { policy: name, schema: schema.name, source, ...costOf([policy], alone.get(index) ?? [], schema) };
  });
  const schemas = ir.schemas.flatMap((schema, index): SchemaCost[] => {
    const own = ir.policies.filter((policy) => policy.meta.schema === index);
    const kernels = shared[index];
    if (own.length === 0) return [];
    return [{ schema: schema.name, policies: own.length, windows: kernels.length, ...costOf(own, kernels, schema) }];
  });
  return { policies, schemas, most: most(schemas) };
}

/** Every policy's own kernels, nothing shared. */
function kernelsByPolicy(ir: ProgramIr): ReadonlyMap<number, readonly KernelPlan[]> {
  const kernels = planDerived(ir, false).kernels.flat();
  const byPolicy = new Map<number, KernelPlan[]>();
  for (const kernel of kernels) {
    const own = byPolicy.get(kernel.policy);
    if (own === undefined) byPolicy.set(kernel.policy, [kernel]);
    else own.push(kernel);
  }
  return byPolicy;
}

function costOf(policies: readonly PolicyIr[], kernels: readonly KernelPlan[], schema: SchemaMeta): Cost {
  const pushes = kernels.map(
    ({ meta, derived }) => kernelOperations(meta) + operations(derived.input) + operations(derived.where),
  );
  const slots = sum(policies.map((policy) => stateSlots(policy).length));
  return {
    bytesPerKey: slots * slotBytes + sum(kernels.map(({ meta }) => kernelBytes(meta, membersMost(schema, meta)))),
    operationsPerEvent: sum(policies.map(conditionOperations)) + sum(pushes),
    lookBackMs: Math.max(...policies.map((policy) => policyLookBackMs(policy, schema))),
  };
}

function membersMost({ tags }: SchemaMeta, { member }: KernelPlan['meta']): number {
  return member === undefined ? 1 : (tags[member]?.most ?? 1);
}

function most(schemas: readonly Cost[]): Cost {
  return {
    bytesPerKey: Math.max(0, ...schemas.map((schema) => schema.bytesPerKey)),
    operationsPerEvent: Math.max(0, ...schemas.map((schema) => schema.operationsPerEvent)),
    lookBackMs: Math.max(0, ...schemas.map((schema) => schema.lookBackMs)),
  };
}

function conditionOperations({ where, when, until }: PolicyIr): number {
  return operations(where) + operations(when) + operations(until);
}

/** Parts of a condition or calculation that do something: each node of the tree but the constants. */
function operations(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0;
  if (Array.isArray(node)) return sum(node.map(operations));
  const inner = sum(Object.values(node).map(operations));
  return inner + ('op' in node && node.op !== 'number' && node.op !== 'constant' ? 1 : 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
