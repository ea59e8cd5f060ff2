// One schema's part of a carry: rows that wait, when keys were heard of, policies' states, members and windows.

import type { ProgramMeta } from '../../contract.ts';
import { fillInitial } from '../judge-memory.ts';
import type { Renumbering, StoredKernel } from '../kernels/kernel-store.ts';
import { isStored } from '../kernels/kernel-store.ts';
import { seesAllMembers } from '../kernels.ts';
import type { Stream } from '../partition.ts';
import type { PolicyFaults } from '../policy-faults.ts';
import { adoptRows } from './carry-rows.ts';
import { type NameChanges, renumberColumn } from './name-changes.ts';
import { type SchemaMatch, sameMembers } from './program-match.ts';
import { StateReader } from './state-reader.ts';
import { StateWriter } from './state-writer.ts';

export interface StreamCarry {
  readonly from: Stream;
  readonly to: Stream;
  readonly former: SchemaMatch;
  readonly program: ProgramMeta;
  /** By the new position, the former one of a policy that lives on. */
  readonly policies: readonly number[];
  /** Of the former program: what a policy that has thrown remembers may be anything. */
  readonly faults: PolicyFaults;
  readonly changes: NameChanges;
  /** Deadlines before it have passed, and rows before it have been judged. */
  readonly watermark: number;
}

export function adoptStream(carry: StreamCarry): void {
  const { from, to, former, changes, watermark } = carry;
  // With a greater lateness than before, rows may come that lie behind what was judged of their key.
  to.closedThrough = Math.max(from.closedThrough, watermark);
  to.sorted = from.sorted;
  adoptRows(to.pending, from.pending, to.intake, from.intake.meta, former, changes);
  adoptKeys(carry);
  adoptStates(carry);
  const [memory, before] = [to.judge.memory, from.judge.memory];
  memory.sameTime.merged = before.sameTime.merged;
  for (const column of memory.members.columns) {
    const tag = former.tags[column.tag];
    const own = before.members.columns.find((each) => each.tag === tag);
    if (own === undefined || !sameMembers(before.schema, memory.schema, tag, column.tag)) continue;
    column.adopt(own);
    column.renumberValues(changes.tags[column.tag]);
    column.renumberKeys(changes.keys);
  }
  for (const [window, earlier] of former.windows.entries()) if (earlier >= 0) adoptWindow(carry, window, earlier);
}

/** When keys were heard of, and the tags of their last rows. */
function adoptKeys({ from, to, former, changes }: StreamCarry): void {
  const [memory, before] = [to.judge.memory, from.judge.memory];
  memory.heard = before.heard;
  const { keys } = changes;
  for (const key of keys.to) memory.reserveKey(key);
  renumberSlots(memory.heard, 1, keys, (at) => memory.heard.fill(Number.NEGATIVE_INFINITY, at, at + 1));
  const width = memory.schema.tags.length;
  const count = before.schema.tags.length === 0 ? 0 : before.lastTags.length / before.schema.tags.length;
  if (count === 0 || width === 0) return;
  const isSame = width === before.schema.tags.length && former.tags.every((tag, at) => tag === at);
  const tags = isSame ? before.lastTags : new Int32Array(count * width).fill(-1);
  for (let tag = 0; tag < width && !isSame; tag++) {
    const earlier = former.tags[tag];
    if (earlier < 0) continue;
    for (let key = 0; key < count; key++)
      tags[key * width + tag] = before.lastTags[key * before.schema.tags.length + earlier];
  }
  memory.lastTags = tags;
  for (const [tag, change] of changes.tags.entries()) renumberColumn(tags, tag, width, count, change);
  for (const key of keys.to) memory.reserveTags(key, width);
  const { lastTags } = memory;
  renumberSlots(lastTags, width, keys, (at) => lastTags.fill(-1, at, at + width));
  if (former.tags.every((tag) => tag >= 0)) return;
  const rows = lastTags.length / width;
  const key = Int32Array.from({ length: rows }, (_, index) => (index < to.intake.keys.size ? index : -1));
  to.intake.matchNewPatterns({ rows, tags: lastTags, tagWidth: width, key }, (tag) => former.tags[tag] < 0);
}

/** What policies remember whose meaning is unchanged. */
function adoptStates({ from, to, program, policies, faults, changes }: StreamCarry): void {
  const [memory, before] = [to.judge.memory, from.judge.memory];
  const earlierPlace = new Map(from.judge.ticking.map((policy, place) => [policy, place]));
  const place = new Map(to.judge.ticking.map((policy, index) => [policy, index]));
  for (const [policy, earlier] of policies.entries()) {
    const meta = program.policies[policy];
    if (earlier < 0 || meta.schema !== to.intake.index || faults.isOff(earlier)) continue;
    memory.states[policy] = before.states[earlier];
    memory.settled[policy] = 1;
    const due = before.nextDue[earlierPlace.get(earlier) ?? -1];
    if (due !== undefined) memory.nextDue[place.get(policy) ?? -1] = due;
    if (meta.onlyKey >= 0) continue;
    const { state } = meta;
    const known = memory.states[policy].length;
    for (const [index, key] of changes.keys.to.entries())
      if (changes.keys.from[index] * state.length < known) memory.reserveState(policy, key);
    const states = memory.states[policy];
    renumberSlots(states, state.length, changes.keys, (at) => fillInitial(states, state, at, at + state.length));
  }
  memory.version++;
}

function adoptWindow(carry: StreamCarry, window: number, earlier: number): void {
  const { from, to, changes } = carry;
  const [memory, before] = [to.judge.memory, from.judge.memory];
  const [kernel, former] = [memory.kernels[window], before.kernels[earlier]];
  if (!isStored(kernel) || !isStored(former)) return;
  const meta = memory.schema.derived[window];
  const column = memory.members.columns.find(({ tag }) => tag === meta.member);
  if (kernel.store.shape === former.store.shape) kernel.store.adopt(former.store);
  else reshape(former, kernel, column?.numbers ?? 0);
  const isOfKeys = column === undefined || seesAllMembers(meta);
  if (isOfKeys) kernel.store.renumber(changes.keys);
  if (meta.member !== undefined) kernel.store.values?.renumber(changes.tags[meta.member]);
  // What is fed no more would be out of date if it were fed again.
  for (const key of keysNoMore(carry, window, earlier)) {
    if (isOfKeys) kernel.store.forget(key);
    else for (const member of column.numbersOf(key)) kernel.store.forget(member);
  }
}

/** Something else is read of the window, or it has another room: its states are written down and read back. */
function reshape(former: StoredKernel, kernel: StoredKernel, members: number): void {
  const writer = new StateWriter();
  for (let owner = 0; owner < former.store.owners; owner++) {
    writer.clear();
    former.store.save(owner, writer);
    const reader = new StateReader(writer.bytes());
    reader.members = members;
    reader.values = Number.POSITIVE_INFINITY;
    kernel.store.load(owner, reader);
  }
}

/** The keys, by their new ids, of which the window was fed and is not any more. */
function keysNoMore({ from, to }: StreamCarry, window: number, earlier: number): readonly number[] {
  const { keys } = to.judge.schema.derived[window];
  if (keys === undefined) return [];
  const now = new Set(keys);
  const before = from.judge.schema.derived[earlier].keys;
  const { literals } = from.judge.schema.key;
  const fed = before?.map((id) => to.intake.keys.find(literals[id])) ?? to.judge.memory.heard.keys();
  return [...fed].filter((key) => key >= 0 && !now.has(key));
}

/** Moves `stride` numbers for each key; `blank` empties those that begin at a place. Beyond the end all are empty. */
function renumberSlots(
  values: Float64Array | Int32Array,
  stride: number,
  { from, to }: Renumbering,
  blank: (at: number) => void,
): void {
  const moved = from.map((key) => values.slice(key * stride, (key + 1) * stride));
  for (const key of from) if ((key + 1) * stride <= values.length) blank(key * stride);
  for (const [index, key] of to.entries()) {
    if (moved[index].length === stride && (key + 1) * stride <= values.length) values.set(moved[index], key * stride);
  }
}
