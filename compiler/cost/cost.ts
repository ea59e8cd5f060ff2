// The bound of a program, before it has seen one event: bytes per key, operations per event, look-back; of each policy
// as if it were alone, of each schema with equal windows shared, as the compiled program shares them.

import type { DerivedMeta } from '../../runtime/contract.ts';
import { planDerived } from '../4-lower/derived.ts';
import type { BooleanIr, NumberIr, PolicyIr, ProgramIr } from '../4-lower/ir.ts';
import { policyLookBackMs } from '../4-lower/program-meta.ts';
import { stateSlots } from '../4-lower/timers.ts';
import { optimize } from '../5-optimize/optimize.ts';
import { kernelCosts } from './kernel-costs.ts';

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
  const plan = planDerived(ir, true);
  const policies = ir.policies.map((policy) => policyCost(policy, ir));
  const schemas = ir.schemas.flatMap((schema, index): SchemaCost[] => {
    const own = ir.policies.filter((policy) => policy.meta.schema === index);
    if (own.length === 0) return [];
    const kernels = plan.kernels[index];
    return [
      {
        schema: schema.name,
        policies: own.length,
        windows: kernels.length,
        bytesPerKey: sum(own.map(stateBytes)) + sum(kernels.map(({ meta }) => kernelBytes(meta))),
        operationsPerEvent:
          sum(own.map(conditionOperations)) +
          sum(kernels.map(({ meta, derived }) => pushOperations(meta, derived.input, derived.where))),
        lookBackMs: Math.max(...own.map((policy) => policyLookBackMs(policy, schema))),
      },
    ];
  });
  return { policies, schemas, most: most(schemas) };
}

function policyCost(policy: PolicyIr, ir: ProgramIr): PolicyCost {
  const { meta, derived } = policy;
  const schema = ir.schemas[meta.schema];
  return {
    policy: meta.name,
    schema: schema.name,
    source: meta.source,
    bytesPerKey: stateBytes(policy) + sum(derived.map((entry) => kernelBytes(entry.meta))),
    operationsPerEvent:
      conditionOperations(policy) + sum(derived.map((entry) => pushOperations(entry.meta, entry.input, entry.where))),
    lookBackMs: policyLookBackMs(policy, schema),
  };
}

function most(schemas: readonly Cost[]): Cost {
  return {
    bytesPerKey: Math.max(0, ...schemas.map((schema) => schema.bytesPerKey)),
    operationsPerEvent: Math.max(0, ...schemas.map((schema) => schema.operationsPerEvent)),
    lookBackMs: Math.max(0, ...schemas.map((schema) => schema.lookBackMs)),
  };
}

function stateBytes(policy: PolicyIr): number {
  return stateSlots(policy).length * slotBytes;
}

function kernelBytes(meta: DerivedMeta): number {
  return kernelCosts[meta.kernel].bytes(meta);
}

function conditionOperations({ where, when, until }: PolicyIr): number {
  return operations(where) + operations(when) + operations(until);
}

function pushOperations(meta: DerivedMeta, input: NumberIr | BooleanIr, where: BooleanIr | null): number {
  return kernelCosts[meta.kernel].operations(meta) + operations(input) + operations(where);
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
