// What a judge remembers of a schema's keys from one batch to the next: policies' states, windows, members, when each key
// was heard of last. All that a snapshot holds of a schema beside its rows and names.

import type { Kernel, KernelFactory, PolicyMeta, ProgramMeta, SchemaMeta } from '../contract.ts';
import { isStored } from './kernels/kernel-store.ts';
import { seesAllMembers } from './kernels.ts';
import { MemberColumns } from './members.ts';
import { SameTime } from './same-time.ts';

export class JudgeMemory {
  readonly schema: SchemaMeta;
  readonly kernels: readonly Kernel[];
  readonly members: MemberColumns;
  /** State by position of the policy in the program; empty arrays for policies of other schemas. */
  readonly states: Float64Array[];
  /** By policy: 1 when its states stand for all that its keys have sent, though this judge has not seen it. */
  readonly settled: Uint8Array;
  /** Counts how often a state array was replaced by another one. */
  version = 0;
  /** By key: the time of its last row; −∞ for one that was never judged. */
  heard = new Float64Array(0);
  /** Tags of each key's last row; kept only where deadlines need them. */
  lastTags = new Int32Array(0);
  /** Lower bound of the next deadline of each policy that ticks, in the order of the program. */
  readonly nextDue: Float64Array;
  readonly sameTime: SameTime;
  readonly #policies: readonly PolicyMeta[];

  /** `crowded` is told of a key that has no place for a member. */
  constructor(
    { policies, schemas }: ProgramMeta,
    schema: number,
    ticking: number,
    createKernel: KernelFactory,
    crowded: (tag: number, key: number) => void,
  ) {
    this.schema = schemas[schema];
    this.#policies = policies;
    this.kernels = this.schema.derived.map((meta) => createKernel(meta));
    this.members = new MemberColumns(this.schema, this.kernels, crowded);
    this.sameTime = new SameTime(this.schema);
    this.states = policies.map(() => new Float64Array(0));
    this.settled = new Uint8Array(policies.length);
    this.nextDue = new Float64Array(ticking).fill(Number.POSITIVE_INFINITY);
  }

  /** Makes room for a key. */
  reserveKey(key: number): void {
    if (key < this.heard.length) return;
    const longer = new Float64Array(Math.max(64, (key + 1) * 2)).fill(Number.NEGATIVE_INFINITY);
    longer.set(this.heard);
    this.heard = longer;
  }

  reserveTags(key: number, tagWidth: number): void {
    if ((key + 1) * tagWidth <= this.lastTags.length) return;
    const longer = new Int32Array(Math.max(64, (key + 1) * 2) * tagWidth).fill(-1);
    longer.set(this.lastTags);
    this.lastTags = longer;
  }

  /** Leaves nothing of a key behind. */
  forget(key: number): void {
    if (key < this.heard.length) this.heard[key] = Number.NEGATIVE_INFINITY;
    const width = this.schema.tags.length;
    if ((key + 1) * width <= this.lastTags.length) this.lastTags.fill(-1, key * width, (key + 1) * width);
    for (const [policy, { onlyKey, state: slots }] of this.#policies.entries()) {
      const state = this.states[policy];
      const offset = key * slots.length;
      if (onlyKey < 0 && offset < state.length) fillInitial(state, slots, offset, offset + slots.length);
    }
    for (const [k, kernel] of this.kernels.entries()) {
      const meta = this.schema.derived[k];
      if (isStored(kernel) && (meta.member === undefined || seesAllMembers(meta))) kernel.store.forget(key);
    }
    this.members.forgetKey(key);
  }

  /** Makes room for the state of a policy for a key. */
  reserveState(policy: number, key: number): void {
    const meta = this.#policies[policy];
    const { state } = meta;
    const needed = offsetOf(meta, key) + state.length;
    const old = this.states[policy];
    if (old.length >= needed) return;
    const length = meta.onlyKey >= 0 ? needed : Math.max(needed, old.length * 2);
    const grown = new Float64Array(length);
    grown.set(old);
    fillInitial(grown, state, old.length, length);
    this.states[policy] = grown;
    this.version++;
  }
}

/** How far apart the states of two neighbouring keys lie: a policy of one key has one state. */
export function strideOf(policy: PolicyMeta): number {
  return policy.onlyKey >= 0 ? 0 : policy.state.length;
}

/** Where the state of a policy for a key begins. */
export function offsetOf(policy: PolicyMeta, key: number): number {
  return key * strideOf(policy);
}

/** Writes the state of a key that was never judged to `states[from, to)`. */
export function fillInitial(states: Float64Array, slots: PolicyMeta['state'], from: number, to: number): void {
  for (let at = from; at < to; at++) states[at] = initialState(slots[at % slots.length].kind);
}

function initialState(kind: PolicyMeta['state'][number]['kind']): number {
  switch (kind) {
    case 'active':
    case 'since':
      return 0;
    case 'last-fired':
    case 'last-row':
    case 'seen':
    case 'last-true':
    case 'last-unknown':
      return Number.NEGATIVE_INFINITY;
    case 'last-present':
      return Number.NaN;
  }
}
