// Which kernels a schema needs and which derived slot each output gets. With `share`, equal computations of different
// policies are one kernel; without, every policy has its own.

import type { DerivedMeta, DerivedOutput, SchemaMeta } from '../../runtime/contract.ts';

import type { BooleanIr, DerivedIr, NumberIr, PolicyIr, ProgramIr } from './ir.ts';
import { isBooleanIr, numbersOf, operandsOf } from './timers.ts';

export interface KernelPlan {
  readonly meta: DerivedMeta;
  readonly derived: DerivedIr;
  /** The policy whose numbering `derived` uses, and its number there. */
  readonly policy: number;
  readonly index: number;
  /** Derived slot of the first output; the others follow. */
  readonly slot: number;
  /** The keys that need it, ascending; `null`: every key. */
  readonly keys: readonly number[] | null;
}

export interface DerivedPlan {
  /** Per schema, each behind those it is fed by. */
  readonly kernels: readonly (readonly KernelPlan[])[];
  readonly widths: readonly number[];
  slot(policy: number, index: number, output: DerivedOutput): number;
}

export function planDerived(ir: ProgramIr, share: boolean): DerivedPlan {
  const slots = new Map<string, number>();
  const kernels: KernelPlan[][] = [];
  const widths: number[] = [];
  for (const schema of ir.schemas.keys()) {
    const wanted = wantedOf(ir, schema, share);
    const plans: KernelPlan[] = [];
    let width = 0;
    for (const { derived, policy, index, outputs, keys, readers } of wanted) {
      const read = [...outputs].sort();
      for (const reader of readers) {
        for (const [k, output] of read.entries()) slots.set(`${reader}/${output}`, width + k);
      }
      const ids = keys === null ? null : [...keys].sort((a, b) => a - b);
      plans.push({ meta: { ...derived.meta, outputs: read }, derived, policy, index, slot: width, keys: ids });
      width += read.length;
    }
    kernels.push(plans);
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

interface WantedKernel {
  readonly derived: DerivedIr;
  readonly policy: number;
  readonly index: number;
  readonly level: number;
  readonly outputs: Set<DerivedOutput>;
  keys: Set<number> | null;
  /** `policy/index` of each entry that it stands for. */
  readonly readers: string[];
}

/** The kernels of a schema: what feeds others first, next to each other those that the same keys need and are alike. */
function wantedOf(ir: ProgramIr, schema: number, share: boolean): readonly WantedKernel[] {
  const byIdentity = new Map<string, WantedKernel>();
  for (const [policy, policyIr] of ir.policies.entries()) {
    if (policyIr.meta.schema !== schema || policyIr.derived.length === 0) continue;
    const outputs = outputsRead(policyIr);
    const levels = levelsOf(policyIr);
    const identities = share ? identitiesOf(policyIr) : policyIr.derived.map((_, index) => `${policy}/${index}`);
    const { onlyKey } = policyIr.meta;
    for (const [index, derived] of policyIr.derived.entries()) {
      if (outputs[index].size === 0) continue;
      let entry = byIdentity.get(identities[index]);
      if (entry === undefined) {
        entry = { derived, policy, index, level: levels[index], outputs: new Set(), keys: new Set(), readers: [] };
        byIdentity.set(identities[index], entry);
      }
      for (const output of outputs[index]) entry.outputs.add(output);
      if (onlyKey < 0) entry.keys = null;
      else entry.keys?.add(onlyKey);
      entry.readers.push(`${policy}/${index}`);
    }
  }
  const keysText = ({ keys }: WantedKernel): string => (keys === null ? '' : [...keys].sort((a, b) => a - b).join());
  const order = [...byIdentity.values()].map((entry, place) => ({ entry, place, keys: keysText(entry) }));
  order.sort(
    (a, b) =>
      a.entry.level - b.entry.level ||
      (a.keys < b.keys ? -1 : a.keys > b.keys ? 1 : 0) ||
      Number(takesColumn(b.entry.derived)) - Number(takesColumn(a.entry.derived)) ||
      a.place - b.place,
  );
  return order.map(({ entry }) => entry);
}

/** Each member's row is taken before what all members have in common is pushed. */
export function takesMembers({ kernel }: Pick<DerivedMeta, 'kernel'>): boolean {
  return kernel === 'across' || kernel === 'merged' || kernel === 'attendance';
}

/** The column of `Batch.members` for a member tag. */
export function memberColumn(schema: SchemaMeta, tag: number): number {
  return schema.tags.slice(0, tag).filter(({ most }) => most !== undefined).length;
}

/** The values stand in a column as they are, and every row of a key is pushed. */
export function takesColumn({ input, where, meta }: DerivedIr): boolean {
  return (
    where === null &&
    meta.member === undefined &&
    meta.kernel !== 'histogram' &&
    (input.op === 'metric' || input.op === 'derived')
  );
}

/** The column of `Batch.points` for a histogram metric. */
export function pointColumn(schema: SchemaMeta, slot: number): number {
  return schema.metrics.slice(0, slot).filter(({ histogram }) => histogram === true).length;
}

/** What an expression reads of derived entries. */
export function derivedRead(ir: NumberIr | BooleanIr): readonly Extract<NumberIr, { op: 'derived' }>[] {
  if (!isBooleanIr(ir)) {
    switch (ir.op) {
      case 'number':
      case 'metric':
      case 'choose':
        return [];
      case 'derived':
        return [ir];
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
        return [...derivedRead(ir.left), ...derivedRead(ir.right)];
      case 'negate':
        return derivedRead(ir.operand);
      case 'call':
        return ir.args.flatMap(derivedRead);
    }
  }
  return [...numbersOf(ir), ...operandsOf(ir)].flatMap(derivedRead);
}

/** By entry: 0 when no other feeds it, else one more than those that do. Entries are fed by earlier ones only. */
function levelsOf(policy: PolicyIr): readonly number[] {
  const levels: number[] = [];
  for (const { input } of policy.derived) {
    levels.push(1 + Math.max(-1, ...derivedRead(input).map(({ index }) => levels[index])));
  }
  return levels;
}

/** What each entry computes, free of the policy's own numbering. */
function identitiesOf(policy: PolicyIr): readonly string[] {
  const identities: string[] = [];
  for (const { meta, input, where } of policy.derived) {
    const { kernel, widthMs, capacity, agoMs, agoCapacity, gapMs, member } = meta;
    const shape = [kernel, widthMs, capacity, agoMs, agoCapacity, gapMs, member];
    identities.push(JSON.stringify([shape, resolve(identities, input), where]));
  }
  return identities;
}

function resolve(identities: readonly string[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => resolve(identities, entry));
  if (typeof value !== 'object' || value === null) return value;
  if ('op' in value && value.op === 'derived' && 'index' in value && 'output' in value) {
    return ['derived', identities[value.index as number], value.output];
  }
  return Object.entries(value).map(([name, entry]) => (name === 'text' ? null : [name, resolve(identities, entry)]));
}

/** The outputs of each derived entry that some condition, clause or other entry reads. */
function outputsRead(policy: PolicyIr): readonly Set<DerivedOutput>[] {
  const read = policy.derived.map(() => new Set<DerivedOutput>());
  const note = (ir: NumberIr | BooleanIr | null): void => {
    if (ir !== null) for (const { index, output } of derivedRead(ir)) read[index].add(output);
  };
  note(policy.when);
  note(policy.until);
  for (const clause of policy.clauses) note(clause.measured);
  for (const derived of policy.derived) note(derived.input);
  return read;
}
