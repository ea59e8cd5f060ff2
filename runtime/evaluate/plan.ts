// The policies that concern a key, or many alike, and which of them a row can matter to. A policy at rest (not active,
// no timer running) stays as it is unless some group of its guard holds, so it is not called for rows that rule every
// group out. Guards stand in the order of their bounds: those out of reach cost nothing, however many there are.

import type { Batch, FeedSchema, PolicyCode, PolicyMeta, RunPolicy, Sink } from '../contract.ts';
import type { PolicyFaults } from './policy-faults.ts';

/** Rows looked at together: their least and greatest values decide who is called. Measured with 8 to 64. */
const chunkRows = 32;

/** Below so many policies it costs less to call them than to find out whom to call. */
const guardedPoliciesMin = 2;

export class Plan {
  /** Positions in the program. */
  readonly policies: Int32Array;
  /** Positions of ticking policies in the judge's list; they are run row by row. */
  readonly ticking: Int32Array;
  /** What fills the derived slots that the policies read. */
  readonly feeds: readonly FeedSchema[];
  /** The judge's state arrays of `policies`; out of date when `version` is not the judge's. */
  states: readonly Float64Array[] = [];
  version = -1;
  readonly #runs: readonly RunPolicy[];
  readonly #faults: PolicyFaults;
  /** The state of policy `p` for a key begins at the key's number times this. */
  readonly #strides: Int32Array;
  /** Where the state of each policy says that a timer runs: places `#seen[#seenFrom[p]] …`, relative to its offset. */
  readonly #seenFrom: Int32Array;
  readonly #seen: Int32Array;
  /** One bit a policy: all of them, and those that any row may matter to. */
  readonly #all: Int32Array;
  readonly #always: Int32Array;
  /** Entries of the ranges that groups ask for first: the groups of `#entries[e]` are `#groupFrom[e] …`. */
  readonly #entries: Int32Array;
  readonly #groupFrom: Int32Array;
  /** By group: its first bound, ascending for each entry, its second test, and the policy that it concerns. */
  readonly #firstBound: Float64Array;
  readonly #secondEntry: Int32Array;
  readonly #secondBound: Float64Array;
  readonly #owner: Int32Array;
  /** Who is called for the rows at hand, one bit a policy. */
  readonly #called: Int32Array;
  /** Greatest value of slot `k` at `2k`, its least negated at `2k + 1`; +∞ at the end. */
  readonly #ranges: Float64Array;
  /** By entry of the ranges: a little less than the least bound asked of it. What lies below need not be told apart. */
  readonly #floors: Float64Array;
  readonly #metricSlots: Int32Array;
  readonly #derivedSlots: Int32Array;

  constructor(
    policies: readonly number[],
    ticking: readonly number[],
    metas: readonly PolicyMeta[],
    codes: readonly PolicyCode[],
    strides: readonly number[],
    metrics: number,
    derived: number,
    feeds: readonly FeedSchema[],
    faults: PolicyFaults,
  ) {
    this.feeds = feeds;
    this.#faults = faults;
    this.policies = Int32Array.from(policies);
    this.ticking = Int32Array.from(ticking);
    this.#runs = policies.map((policy) => codes[policy].run);
    this.#strides = Int32Array.from(strides);
    const always = 2 * (metrics + derived);
    this.#ranges = new Float64Array(always + 1).fill(Number.POSITIVE_INFINITY);
    const groups = policies.map((policy) => guardBounds(codes[policy], always));
    const seen = policies.map((policy) =>
      metas[policy].state.flatMap(({ kind }, place) => (kind === 'seen' ? [place] : [])),
    );
    this.#seenFrom = starts(seen);
    this.#seen = Int32Array.from(seen.flat());
    const flat = groups.flat();
    const tests = groups
      .flatMap((own, owner) => own.map(([first, second]) => ({ first, second, owner })))
      .filter(({ first }) => first.entry !== always)
      .sort((a, b) => a.first.entry - b.first.entry || a.first.bound - b.first.bound);
    const begins = tests.flatMap(({ first }, at) => (first.entry === tests[at - 1]?.first.entry ? [] : [at]));
    this.#entries = Int32Array.from(begins, (at) => tests[at].first.entry);
    this.#groupFrom = Int32Array.from([...begins, tests.length]);
    this.#firstBound = Float64Array.from(tests, ({ first }) => first.bound);
    this.#secondEntry = Int32Array.from(tests, ({ second }) => second.entry);
    this.#secondBound = Float64Array.from(tests, ({ second }) => second.bound);
    this.#owner = Int32Array.from(tests, ({ owner }) => owner);
    this.#all = bitsOf(policies.length, () => true);
    this.#always = bitsOf(policies.length, (p) => groups[p].some(([first]) => first.entry === always));
    this.#called = new Int32Array(this.#all.length);
    this.#floors = new Float64Array(always + 1).fill(Number.POSITIVE_INFINITY);
    for (const { entry, bound } of flat.flat()) this.#floors[entry] = Math.min(this.#floors[entry], below(bound));
    const asked = new Set(flat.flat().map(({ entry }) => entry >> 1));
    const slots = [...asked].filter((slot) => slot < metrics + derived).sort((a, b) => a - b);
    this.#metricSlots = Int32Array.from(slots.filter((slot) => slot < metrics));
    this.#derivedSlots = Int32Array.from(slots.filter((slot) => slot >= metrics));
  }

  /**
   * Judges rows `order[from] … order[to - 1]` of the key; `states` must be up to date. `awake` is the key's: one bit for
   * each policy that must see every row, as `awakeAtFirst` makes it.
   */
  run(batch: Batch, from: number, to: number, key: number, awake: Int32Array, sink: Sink): void {
    const policies = this.#runs.length;
    if (policies < guardedPoliciesMin) {
      for (let p = 0; p < policies; p++) this.#call(p, batch, from, to, this.states[p], key * this.#strides[p], sink);
      return;
    }
    for (let start = from; start < to; start += chunkRows) {
      const end = Math.min(start + chunkRows, to);
      // A row without a required metric is reported by each policy that misses it.
      if (lacking(batch, start, end)) this.#called.set(this.#all);
      else {
        this.#measure(batch, start, end);
        this.#choose(awake);
      }
      this.#runCalled(batch, start, end, key, awake, sink);
    }
  }

  /** Whatever came before is taken for unknown: every policy runs once before it can rest. */
  awakeAtFirst(): Int32Array {
    return this.#all.slice();
  }

  /** Takes policies out of `awake` that are `settled`, have seen the key, and are at rest. `states`: by policy. */
  letRest(awake: Int32Array, key: number, states: readonly Float64Array[], settled: Uint8Array): void {
    for (let p = 0; p < this.policies.length; p++) {
      const policy = this.policies[p];
      const offset = key * this.#strides[p];
      if (settled[policy] === 0 || offset >= states[policy].length) continue;
      if (!this.#isUnderWay(p, states[policy], offset)) awake[p >> 5] &= ~(1 << (p & 31));
    }
  }

  /** Finds out who is called: bounds are in order, so those that no row reaches are not looked at one by one. */
  #choose(awake: Int32Array): void {
    const called = this.#called;
    for (let word = 0; word < called.length; word++) called[word] = awake[word] | this.#always[word];
    const entries = this.#entries;
    const groupFrom = this.#groupFrom;
    const firstBound = this.#firstBound;
    const secondEntry = this.#secondEntry;
    const secondBound = this.#secondBound;
    const owner = this.#owner;
    const ranges = this.#ranges;
    for (let e = 0; e < entries.length; e++) {
      const reached = ranges[entries[e]];
      const end = groupFrom[e + 1];
      for (let group = groupFrom[e]; group < end && firstBound[group] <= reached; group++) {
        if (ranges[secondEntry[group]] < secondBound[group]) continue;
        const p = owner[group];
        called[p >> 5] |= 1 << (p & 31);
      }
    }
  }

  /** In the order of the program. */
  #runCalled(batch: Batch, from: number, to: number, key: number, awake: Int32Array, sink: Sink): void {
    const called = this.#called;
    for (let word = 0; word < called.length; word++) {
      for (let bits = called[word]; bits !== 0; bits &= bits - 1) {
        const bit = bits & -bits;
        const p = (word << 5) + 31 - Math.clz32(bit);
        if (this.#runOne(p, batch, from, to, key, sink)) awake[word] |= bit;
        else awake[word] &= ~bit;
      }
    }
  }

  /** Whether the policy must see the next row too, whatever it is. */
  #runOne(p: number, batch: Batch, from: number, to: number, key: number, sink: Sink): boolean {
    const state = this.states[p];
    const offset = key * this.#strides[p];
    this.#call(p, batch, from, to, state, offset, sink);
    return this.#isUnderWay(p, state, offset);
  }

  /** The policy is active or one of its timers runs. */
  #isUnderWay(p: number, state: Float64Array, offset: number): boolean {
    if (state[offset] !== 0) return true;
    for (let s = this.#seenFrom[p]; s < this.#seenFrom[p + 1]; s++) {
      if (state[offset + this.#seen[s]] !== Number.NEGATIVE_INFINITY) return true;
    }
    return false;
  }

  #call(p: number, batch: Batch, from: number, to: number, state: Float64Array, offset: number, sink: Sink): void {
    const policy = this.policies[p];
    if (this.#faults.isOff(policy)) return;
    try {
      this.#runs[p](batch, from, to, state, offset, sink);
    } catch (error) {
      this.#faults.report(policy, error);
    }
  }

  /** Ranges of the slots that guards ask for. An unknown value makes no comparison hold and is left out. */
  #measure(batch: Batch, from: number, to: number): void {
    const { order, values, width, derived, derivedWidth } = batch;
    const metricSlots = this.#metricSlots;
    for (let s = 0; s < metricSlots.length; s++) {
      const slot = metricSlots[s];
      rangeOf(values, order, from, to, width, slot, this.#floors, this.#ranges, 2 * slot);
    }
    const derivedSlots = this.#derivedSlots;
    for (let s = 0; s < derivedSlots.length; s++) {
      const slot = derivedSlots[s];
      rangeOf(derived, order, from, to, derivedWidth, slot - width, this.#floors, this.#ranges, 2 * slot);
    }
  }
}

interface Bound {
  readonly entry: number;
  readonly bound: number;
}

/** Each group as two lower bounds on entries of the ranges; `always` is the entry that reaches every bound. */
function guardBounds(code: PolicyCode, always: number): readonly (readonly [Bound, Bound])[] {
  const open: Bound = { entry: always, bound: 0 };
  if (code.guard === undefined) return [[open, open]];
  return code.guard.map((group) => {
    const [first = open, second = open] = group.map(
      // `>` is taken for `>=`: to call a policy once too often is no mistake.
      ([slot, comparator, value]): Bound =>
        comparator === '>' || comparator === '>='
          ? { entry: 2 * slot, bound: value }
          : { entry: 2 * slot + 1, bound: -value },
    );
    return [first, second];
  });
}

/** One bit for each of so many that has the property. */
function bitsOf(count: number, has: (index: number) => boolean): Int32Array {
  const bits = new Int32Array((count + 31) >> 5);
  for (let index = 0; index < count; index++) if (has(index)) bits[index >> 5] |= 1 << (index & 31);
  return bits;
}

/** Where each list starts when all are laid end to end, and where the last ends. */
function starts(lists: readonly (readonly unknown[])[]): Int32Array {
  const from = new Int32Array(lists.length + 1);
  for (const [index, list] of lists.entries()) from[index + 1] = from[index] + list.length;
  return from;
}

function lacking(batch: Batch, from: number, to: number): boolean {
  const { order, lacks } = batch;
  let some = 0;
  for (let i = from; i < to; i++) some |= lacks[order[i]];
  return some !== 0;
}

/** A number below a finite one, near it. */
function below(bound: number): number {
  return bound - Math.max(Math.abs(bound) * 2 ** -50, Number.MIN_VALUE);
}

/**
 * Writes the greatest and the negated least known value of a column over some rows to `out[at]`, `out[at + 1]`, or the
 * floor of that entry when it is greater. Most values reach neither floor, so the branches can be foreseen: measured
 * against a plain search of both extremes, which was twice as slow as all the rest.
 */
function rangeOf(
  column: Float64Array,
  order: Int32Array,
  from: number,
  to: number,
  width: number,
  slot: number,
  floors: Float64Array,
  out: Float64Array,
  at: number,
): void {
  let high = floors[at];
  let low = -floors[at + 1];
  for (let i = from; i < to; i++) {
    const value = column[order[i] * width + slot];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  out[at] = high;
  out[at + 1] = -low;
}
