// Judges a sorted batch of rows of one schema in one partition: groups rows by key, merges what has the same key and
// time, feeds the kernels, runs the policies that concern the key, lets deadlines pass. What it remembers lives in its
// memory. A policy sees its rows key by key; what fires is handed out in the order of event time.

import type { KernelFactory, PolicyCode, ProgramCode, ProgramMeta, SchemaMeta, Sink } from '../contract.ts';
import { JudgeMemory, offsetOf } from './judge-memory.ts';
import { isStored } from './kernels/kernel-store.ts';
import type { Plan } from './plan.ts';
import { type KeyPlan, Plans } from './plans.ts';
import type { PolicyFaults } from './policy-faults.ts';
import { Rows, rowShape } from './rows.ts';

/** A policy fired or re-armed for a key. Made only then. */
export interface Happening {
  readonly kind: 'fire' | 'rearm';
  readonly policy: number;
  readonly key: number;
  readonly time: number;
  readonly cause: number;
  readonly pendingAt: number;
  /** The row, for `explain` and its tags; a row of its own, with `seq` −1, when a deadline passed. */
  readonly batch: Rows;
  readonly row: number;
}

/** Where a judge leaves what happened. */
export interface Outbox {
  readonly happenings: Happening[];
  /** Policies that have thrown are not called any more. */
  readonly faults: PolicyFaults;
  /** The row lacks a metric that the policy requires. */
  skip(policy: number, key: number, batch: Rows, row: number): void;
  /** The key has more members by the tag than it may; those beyond are not taken. */
  crowded(tag: number, key: number): void;
}

export class Judge implements Sink {
  readonly schema: SchemaMeta;
  readonly #program: ProgramMeta;
  readonly #code: ProgramCode;
  readonly #outbox: Outbox;
  readonly memory: JudgeMemory;
  readonly #plans: (KeyPlan | undefined)[] = [];
  readonly #keys: Plans;
  /** Positions in the program of the policies that tick. */
  readonly ticking: readonly number[];
  readonly #tick: Rows;

  // Grouping by key; `#count` is all zero between batches.
  #count = new Int32Array(64);
  #touched = new Int32Array(64);

  // The batch and key under way; no batch while a deadline passes.
  #key = 0;
  #batch: Rows | null = null;

  constructor(
    program: ProgramMeta,
    code: ProgramCode,
    schemaIndex: number,
    createKernel: KernelFactory,
    outbox: Outbox,
  ) {
    this.schema = program.schemas[schemaIndex];
    this.#program = program;
    this.#code = code;
    this.#outbox = outbox;
    this.#keys = new Plans(program, code, schemaIndex, outbox.faults);
    this.ticking = this.#keys.ticking;
    this.memory = new JudgeMemory(program, schemaIndex, this.ticking.length, createKernel, (tag, key) =>
      outbox.crowded(tag, key),
    );
    this.#tick = new Rows(rowShape(this.schema), 1, true);
    this.#tick.derived.fill(Number.NaN);
  }

  /**
   * Judges rows `[first, batch.rows)`, ascending in time; with `distinct` no two of them have the same time. Deadlines
   * before `watermark` pass.
   */
  judge(batch: Rows, first: number, watermark: number, distinct: boolean): void {
    this.#batch = batch;
    const touched = this.#group(batch, first, distinct);
    let from = 0;
    for (let k = 0; k < touched; k++) {
      const key = this.#touched[k];
      const to = from + this.#count[key];
      this.#count[key] = 0;
      this.#run(batch, from, to, key);
      from = to;
    }
    this.pass(watermark);
  }

  get merged(): number {
    return this.memory.sameTime.merged;
  }

  /** Rows whose member had no place, of all tags. */
  get membersRefused(): number {
    return this.memory.members.refused;
  }

  /**
   * The row that stands for a deadline of `key` that passed at `time`: no metric is known, tags are those of the key's
   * last row before, `tags[from] …`.
   */
  #tickRow(key: number, time: number, tags: Int32Array, from: number): Rows {
    const tick = this.#tick;
    tick.clear();
    tick.append(time, key, -1);
    for (let g = 0; g < tick.tagWidth; g++) tick.tags[g] = tags[from + g];
    tick.order[0] = 0;
    return tick;
  }

  /** The row under way, intact until it is reported. */
  #rowNow(): Rows {
    if (this.#batch !== null) return this.#batch;
    const own = new Rows(this.#tick, 1, true);
    own.copy(this.#tick, 0);
    own.derived.fill(Number.NaN);
    return own;
  }

  /** The state of a policy for a key, as `PolicyMeta.state` lays it out; `null` when the key was never judged. */
  stateOf(policy: number, key: number): Float64Array | null {
    const meta = this.#program.policies[policy];
    if (this.heardAt(key) === Number.NEGATIVE_INFINITY || (meta.onlyKey >= 0 && meta.onlyKey !== key)) return null;
    const offset = offsetOf(meta, key);
    const state = this.memory.states[policy];
    return offset < state.length ? state.slice(offset, offset + meta.state.length) : null;
  }

  /** The time of the key's last row that was judged; −∞ when there was none. */
  heardAt(key: number): number {
    const { heard } = this.memory;
    return key < heard.length ? heard[key] : Number.NEGATIVE_INFINITY;
  }

  /** Everything about a key but its name; nothing may wait for it. */
  forget(key: number): void {
    this.#plans[key] = undefined;
    this.memory.forget(key);
  }

  /** The ids of a tag's values that are remembered; members that are silent at `watermark` are forgotten on the way. */
  eachValue(tag: number, watermark: number, visit: (id: number) => void): void {
    const { lastTags, members, kernels, schema } = this.memory;
    for (let at = tag; at < lastTags.length; at += schema.tags.length) visit(lastTags[at]);
    members.eachValue(tag, watermark, visit);
    for (const [k, kernel] of kernels.entries()) {
      if (schema.derived[k].member === tag && isStored(kernel)) kernel.store.values?.each(visit);
    }
  }

  #run(batch: Rows, from: number, to: number, key: number): void {
    const { plan, awake } = this.#plans[key] ?? this.#plan(key);
    const { memory } = this;
    if (plan.version !== memory.version) this.#renew(plan);
    this.#key = key;
    const { feeds } = plan;
    const { members, kernels } = memory;
    members.number(batch, from, to, key);
    for (let f = 0; f < feeds.length; f++) feeds[f](batch, from, to, key, kernels);
    members.forget();
    memory.heard[key] = batch.time[batch.order[to - 1]];
    plan.run(batch, from, to, key, awake, this);
    if (plan.ticking.length > 0) this.#runTicking(batch, from, to, key, plan.ticking);
  }

  #runTicking(batch: Rows, from: number, to: number, key: number, ticking: Int32Array): void {
    const { order, tagWidth } = batch;
    const { memory } = this;
    memory.reserveTags(key, tagWidth);
    const { lastTags, nextDue } = memory;
    for (let p = 0; p < ticking.length; p++) {
      const index = ticking[p];
      const policy = this.ticking[index];
      const code = this.#code.policies[policy];
      const state = memory.states[policy];
      const offset = offsetOf(this.#program.policies[policy], key);
      if (this.#outbox.faults.isOff(policy)) continue;
      try {
        for (let i = from; i < to; i++) {
          const time = batch.time[order[i]];
          if (i === from) this.#passKey(code, state, offset, key, time, lastTags, key * tagWidth);
          else this.#passKey(code, state, offset, key, time, batch.tags, order[i - 1] * tagWidth);
          code.run(batch, i, i + 1, state, offset, this);
        }
        const due = code.due === null ? Number.POSITIVE_INFINITY : code.due(state, offset);
        if (due < nextDue[index]) nextDue[index] = due;
      } catch (error) {
        this.#batch = batch;
        this.#outbox.faults.report(policy, error);
      }
    }
    const last = order[to - 1] * tagWidth;
    for (let g = 0; g < tagWidth; g++) lastTags[key * tagWidth + g] = batch.tags[last + g];
  }

  /** Deadlines of one policy and key that lie before `time`; `tags[from] …` are those of the key's last row. */
  #passKey(
    code: PolicyCode,
    state: Float64Array,
    offset: number,
    key: number,
    time: number,
    tags: Int32Array,
    from: number,
  ): void {
    if (code.due === null) return;
    const batch = this.#batch;
    this.#batch = null;
    this.#key = key;
    for (let due = code.due(state, offset); due < time; due = code.due(state, offset)) {
      code.run(this.#tickRow(key, due, tags, from), 0, 1, state, offset, this);
    }
    this.#batch = batch;
  }

  /** Lets deadlines before `watermark` pass for every key, also for those without a row. */
  pass(watermark: number): void {
    const { heard, lastTags, nextDue, states } = this.memory;
    for (const [index, policy] of this.ticking.entries()) {
      if (nextDue[index] >= watermark) continue;
      const meta = this.#program.policies[policy];
      const code = this.#code.policies[policy];
      const state = states[policy];
      let next = Number.POSITIVE_INFINITY;
      try {
        for (let key = 0; key < heard.length; key++) {
          if (heard[key] === Number.NEGATIVE_INFINITY || (meta.onlyKey >= 0 && meta.onlyKey !== key)) continue;
          const offset = offsetOf(meta, key);
          // A policy that has not seen the key yet has no deadline for it.
          if (offset >= state.length) continue;
          this.#passKey(code, state, offset, key, watermark, lastTags, key * this.#tick.tagWidth);
          if (code.due !== null) next = Math.min(next, code.due(state, offset));
        }
      } catch (error) {
        next = Number.POSITIVE_INFINITY;
        this.#outbox.faults.report(policy, error);
      }
      nextDue[index] = next;
    }
  }

  /** Fills `batch.order` grouped by key and returns how many keys there are. */
  #group(batch: Rows, first: number, distinct: boolean): number {
    const { rows, key: keys, order } = batch;
    let touched = 0;
    for (let row = first; row < rows; row++) {
      const key = keys[row];
      if (key >= this.#count.length) this.#growKeys(key);
      if (this.#count[key]++ === 0) {
        if (touched === this.#touched.length) this.#touched = wider(this.#touched, touched * 2);
        this.#touched[touched++] = key;
      }
    }
    if (touched === 1 && distinct) {
      for (let row = first; row < rows; row++) order[row - first] = row;
      return 1;
    }
    // `#count` holds the next free place of each key while rows are dealt out, and its rows again afterwards.
    let next = 0;
    for (let k = 0; k < touched; k++) {
      const key = this.#touched[k];
      const rowsOfKey = this.#count[key];
      this.#count[key] = next;
      next += rowsOfKey;
    }
    for (let row = first; row < rows; row++) order[this.#count[keys[row]]++] = row;
    let from = 0;
    let place = 0;
    for (let k = 0; k < touched; k++) {
      const key = this.#touched[k];
      const to = this.#count[key];
      const start = place;
      if (distinct) place += to - from;
      else place = this.memory.sameTime.merge(batch, from, to, place);
      this.#count[key] = place - start;
      from = to;
    }
    return touched;
  }

  #plan(key: number): KeyPlan {
    const { memory } = this;
    const made = this.#keys.make(key);
    const { plan, awake } = made;
    const { policies, ticking } = plan;
    if (this.heardAt(key) !== Number.NEGATIVE_INFINITY) plan.letRest(awake, key, memory.states, memory.settled);
    memory.reserveKey(key);
    for (const policy of policies) memory.reserveState(policy, key);
    for (const index of ticking) memory.reserveState(this.ticking[index], key);
    while (this.#plans.length <= key) this.#plans.push(undefined);
    this.#plans[key] = made;
    return made;
  }

  #renew(plan: Plan): void {
    const { states, version } = this.memory;
    plan.states = Array.from(plan.policies, (policy) => states[policy]);
    plan.version = version;
  }

  #growKeys(key: number): void {
    this.#count = wider(this.#count, Math.max(key + 1, this.#count.length * 2));
  }

  // Sink: called by generated code, only when something happens.

  fire(policy: number, row: number, time: number, cause: number, pendingAt: number): void {
    this.#outbox.happenings.push({
      kind: 'fire',
      policy,
      key: this.#key,
      time,
      cause,
      pendingAt,
      batch: this.#rowNow(),
      row,
    });
  }

  rearm(policy: number, row: number, time: number): void {
    this.#outbox.happenings.push({
      kind: 'rearm',
      policy,
      key: this.#key,
      time,
      cause: 0,
      pendingAt: time,
      batch: this.#rowNow(),
      row,
    });
  }

  skip(policy: number, row: number): void {
    if (this.#batch !== null) this.#outbox.skip(policy, this.#key, this.#batch, row);
  }
}

function wider(old: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length);
  grown.set(old);
  return grown;
}
