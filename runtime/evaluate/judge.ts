// Judges a sorted batch of rows of one schema in one partition: groups rows by key, merges what has the same key and
// time, feeds the kernels, runs the policies that concern the key, lets deadlines pass. State lives here, in typed
// arrays per policy. A policy sees its rows key by key; what fires is handed out in the order of event time.

import type {
  Kernel,
  KernelFactory,
  PolicyCode,
  PolicyMeta,
  ProgramCode,
  ProgramMeta,
  SchemaMeta,
  Sink,
} from '../contract.ts';
import { MemberColumns } from './members.ts';
import type { Plan } from './plan.ts';
import { type KeyPlan, Plans, strideOf } from './plans.ts';
import type { PolicyFaults } from './policy-faults.ts';
import { Rows, rowShape } from './rows.ts';
import { SameTime } from './same-time.ts';

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
  readonly #kernels: readonly Kernel[];
  readonly #outbox: Outbox;
  /** State by position of the policy in the program; empty arrays for policies of other schemas. */
  readonly states: Float64Array[];
  readonly #plans: (KeyPlan | undefined)[] = [];
  /** Counts how often a state array was replaced by a longer one. */
  #version = 0;
  readonly #keys: Plans;
  readonly #ticking: readonly number[];
  /** Lower bound of the next deadline of each ticking policy, by its position in `#ticking`. */
  readonly #nextDue: Float64Array;
  readonly #tick: Rows;
  /** Tags of each key's last row; kept only where deadlines need them. */
  #lastTags = new Int32Array(0);

  readonly #sameTime: SameTime;
  readonly #members: MemberColumns;

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
    this.#kernels = this.schema.derived.map(createKernel);
    this.#sameTime = new SameTime(this.schema);
    this.#members = new MemberColumns(this.schema, this.#kernels, (tag, key) => outbox.crowded(tag, key));
    this.states = program.policies.map(() => new Float64Array(0));
    this.#keys = new Plans(program, code, schemaIndex, outbox.faults);
    this.#ticking = this.#keys.ticking;
    this.#nextDue = new Float64Array(this.#ticking.length).fill(Number.POSITIVE_INFINITY);
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
    return this.#sameTime.merged;
  }

  /** Rows whose member had no place, of all tags. */
  get membersRefused(): number {
    return this.#members.refused;
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
    if (this.#plans[key] === undefined || (meta.onlyKey >= 0 && meta.onlyKey !== key)) return null;
    const offset = this.#offset(meta, key);
    return this.states[policy].slice(offset, offset + meta.state.length);
  }

  #run(batch: Rows, from: number, to: number, key: number): void {
    const { plan, awake } = this.#plans[key] ?? this.#plan(key);
    if (plan.version !== this.#version) this.#renew(plan);
    this.#key = key;
    const { feeds } = plan;
    this.#members.number(batch, from, to, key);
    for (let f = 0; f < feeds.length; f++) feeds[f](batch, from, to, key, this.#kernels);
    this.#members.forget();
    plan.run(batch, from, to, key, awake, this);
    if (plan.ticking.length > 0) this.#runTicking(batch, from, to, key, plan.ticking);
  }

  #runTicking(batch: Rows, from: number, to: number, key: number, ticking: Int32Array): void {
    const { order, tagWidth } = batch;
    this.#reserveTags(key, tagWidth);
    const lastTags = this.#lastTags;
    for (let p = 0; p < ticking.length; p++) {
      const index = ticking[p];
      const policy = this.#ticking[index];
      const code = this.#code.policies[policy];
      const state = this.states[policy];
      const offset = this.#offset(this.#program.policies[policy], key);
      if (this.#outbox.faults.isOff(policy)) continue;
      try {
        for (let i = from; i < to; i++) {
          const time = batch.time[order[i]];
          if (i === from) this.#passKey(code, state, offset, key, time, lastTags, key * tagWidth);
          else this.#passKey(code, state, offset, key, time, batch.tags, order[i - 1] * tagWidth);
          code.run(batch, i, i + 1, state, offset, this);
        }
        const due = code.due === null ? Number.POSITIVE_INFINITY : code.due(state, offset);
        if (due < this.#nextDue[index]) this.#nextDue[index] = due;
      } catch (error) {
        this.#batch = batch;
        this.#outbox.faults.report(policy, error);
      }
    }
    const last = order[to - 1] * tagWidth;
    for (let g = 0; g < tagWidth; g++) lastTags[key * tagWidth + g] = batch.tags[last + g];
  }

  #reserveTags(key: number, tagWidth: number): void {
    if ((key + 1) * tagWidth <= this.#lastTags.length) return;
    const longer = new Int32Array(Math.max(64, (key + 1) * 2) * tagWidth).fill(-1);
    longer.set(this.#lastTags);
    this.#lastTags = longer;
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
    for (const [index, policy] of this.#ticking.entries()) {
      if (this.#nextDue[index] >= watermark) continue;
      const meta = this.#program.policies[policy];
      const code = this.#code.policies[policy];
      const state = this.states[policy];
      let next = Number.POSITIVE_INFINITY;
      try {
        for (let key = 0; key < this.#plans.length; key++) {
          if (this.#plans[key] === undefined || (meta.onlyKey >= 0 && meta.onlyKey !== key)) continue;
          const offset = this.#offset(meta, key);
          this.#passKey(code, state, offset, key, watermark, this.#lastTags, key * this.#tick.tagWidth);
          if (code.due !== null) next = Math.min(next, code.due(state, offset));
        }
      } catch (error) {
        next = Number.POSITIVE_INFINITY;
        this.#outbox.faults.report(policy, error);
      }
      this.#nextDue[index] = next;
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
      else place = this.#sameTime.merge(batch, from, to, place);
      this.#count[key] = place - start;
      from = to;
    }
    return touched;
  }

  #plan(key: number): KeyPlan {
    const made = this.#keys.make(key);
    const { policies, ticking } = made.plan;
    for (const policy of policies) this.#reserve(policy, key);
    for (const index of ticking) this.#reserve(this.#ticking[index], key);
    while (this.#plans.length <= key) this.#plans.push(undefined);
    this.#plans[key] = made;
    return made;
  }

  #renew(plan: Plan): void {
    plan.states = Array.from(plan.policies, (policy) => this.states[policy]);
    plan.version = this.#version;
  }

  #offset(policy: PolicyMeta, key: number): number {
    return key * strideOf(policy);
  }

  #reserve(policy: number, key: number): void {
    const { state } = this.#program.policies[policy];
    const needed = this.#offset(this.#program.policies[policy], key) + state.length;
    const old = this.states[policy];
    if (old.length >= needed) return;
    const length = this.#program.policies[policy].onlyKey >= 0 ? needed : Math.max(needed, old.length * 2);
    const grown = new Float64Array(length);
    grown.set(old);
    for (let at = old.length; at < length; at++) grown[at] = initialState(state[at % state.length].kind);
    this.states[policy] = grown;
    this.#version++;
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

function wider(old: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length);
  grown.set(old);
  return grown;
}
