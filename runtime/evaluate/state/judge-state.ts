// What a judge remembers, in a snapshot: policies' states, when keys were heard of, members, windows.

import type { PolicyCode, PolicyMeta } from '../../contract.ts';
import { otherId } from '../dictionary.ts';
import type { SchemaIntake } from '../intake.ts';
import type { JudgeMemory } from '../judge-memory.ts';
import { isStored } from '../kernels/kernel-store.ts';
import { seesAllMembers } from '../kernels.ts';
import type { PolicyFaults } from '../policy-faults.ts';
import { StateReader } from './state-reader.ts';
import type { StateWriter } from './state-writer.ts';

/** The policies of the program, and which of them judge rows of the schema. */
export interface JudgePolicies {
  readonly metas: readonly PolicyMeta[];
  readonly codes: readonly PolicyCode[];
  readonly faults: PolicyFaults;
  readonly schema: number;
}

export function saveMemory(
  memory: JudgeMemory,
  { keys }: SchemaIntake,
  policies: JudgePolicies,
  to: StateWriter,
): void {
  const { heard, lastTags, members, kernels, schema } = memory;
  to.number(memory.sameTime.merged);
  to.numbers(heard, Math.min(heard.length, keys.size));
  to.numbers(lastTags, Math.min(lastTags.length, keys.size * schema.tags.length));
  for (const [policy, meta] of policies.metas.entries()) {
    if (meta.schema !== policies.schema) continue;
    const length = meta.onlyKey >= 0 ? meta.state.length : keys.size * meta.state.length;
    // What a policy that has thrown left behind may be anything.
    const saved = policies.faults.isOff(policy) ? 0 : Math.min(memory.states[policy].length, length);
    to.numbers(memory.states[policy], saved);
  }
  for (const column of members.columns) column.save(to);
  for (const [k, kernel] of kernels.entries()) {
    if (!isStored(kernel)) throw new Error('these windows can’t be written down: they are not the engine’s own');
    const owners = ownersOf(memory, k, keys.size);
    for (let owner = 0; owner < owners; owner++) kernel.store.save(owner, to);
  }
}

/** Fills the memory of a judge that has judged nothing yet; `watermark`: deadlines before it have passed. */
export function loadMemory(
  memory: JudgeMemory,
  intake: SchemaIntake,
  policies: JudgePolicies,
  watermark: number,
  from: StateReader,
): void {
  const keys = intake.keys.size;
  memory.sameTime.merged = from.finite('a count');
  memory.heard = from.numbers(keys, 'the keys');
  memory.lastTags = from.integers(keys * memory.schema.tags.length, 'the tags of keys');
  checkTags(memory, intake);
  for (const [policy, meta] of policies.metas.entries()) {
    if (meta.schema !== policies.schema) continue;
    memory.states[policy] = loadStates(meta, keys, from);
    memory.settled[policy] = 1;
  }
  memory.version++;
  checkDeadlines(memory, policies, watermark);
  for (const column of memory.members.columns) column.load(from, keys, intake.tags[column.tag].size);
  for (const [k, kernel] of memory.kernels.entries()) {
    if (!isStored(kernel)) throw new Error('these windows can’t be read back: they are not the engine’s own');
    const { member } = memory.schema.derived[k];
    from.members = membersOf(memory, k);
    from.values = member === undefined ? 0 : intake.tags[member].size;
    const owners = ownersOf(memory, k, keys);
    for (let owner = 0; owner < owners; owner++) kernel.store.load(owner, from);
  }
}

/** How many numbers the members of the kernel's tag have; 0 when it has none. */
function membersOf({ schema, members }: JudgeMemory, kernel: number): number {
  const { member } = schema.derived[kernel];
  return members.columns.find(({ tag }) => tag === member)?.numbers ?? 0;
}

/** How many may have a state in the kernel. */
function ownersOf(memory: JudgeMemory, kernel: number, keys: number): number {
  const meta = memory.schema.derived[kernel];
  return meta.member === undefined || seesAllMembers(meta) ? keys : membersOf(memory, kernel);
}

function loadStates(meta: PolicyMeta, keys: number, from: StateReader): Float64Array {
  const what = `the state of policy ${meta.name}`;
  const { length } = meta.state;
  const states = from.numbers((meta.onlyKey >= 0 ? 1 : keys) * length, what);
  if (states.length % length !== 0) throw StateReader.damaged(what);
  return states;
}

function checkTags({ lastTags, schema }: JudgeMemory, { tags }: SchemaIntake): void {
  const width = schema.tags.length;
  for (let at = 0; at < lastTags.length; at++) {
    const id = lastTags[at];
    if (id < -1 || (id >= tags[at % width].size && id !== otherId)) throw StateReader.damaged('the tags of keys');
  }
}

/** A deadline that should have passed long ago would be followed, step by step, up to the present. */
function checkDeadlines(memory: JudgeMemory, { metas, codes, schema }: JudgePolicies, watermark: number): void {
  let index = 0;
  for (const [policy, meta] of metas.entries()) {
    if (meta.schema !== schema || !meta.ticks) continue;
    const state = memory.states[policy];
    const due = codes[policy].due;
    let next = Number.POSITIVE_INFINITY;
    for (let offset = 0; offset < state.length && due !== null; offset += meta.state.length) {
      next = Math.min(next, due(state, offset));
    }
    if (next < watermark) throw StateReader.damaged(`the state of policy ${meta.name}`);
    memory.nextDue[index++] = next;
  }
}
