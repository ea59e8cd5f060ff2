// The policies that concern a key, or many alike, and which of them a row can matter to. A policy at rest (not active, no timer
// running) stays as it is unless some group of its guard holds, so it is not called for rows that rule every group out.

import type { Batch, FeedSchema, PolicyCode, PolicyMeta, RunPolicy, Sink } from '../contract.ts';

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
  /** The state of policy `p` for a key begins at the key's number times this. */
  readonly #strides: Int32Array;
  /** Where the state of each policy says that a timer runs: places `#seen[#seenFrom[p]] …`, relative to its offset. */
  readonly #seenFrom: Int32Array;
  readonly #seen: Int32Array;
  /** Groups of policy `p` are `#groupFrom[p] …`: both bounds of a group are reached by some row, as far as ranges tell. */
  readonly #groupFrom: Int32Array;
  readonly #firstEntry: Int32Array;
  readonly #firstBound: Float64Array;
  readonly #secondEntry: Int32Array;
  readonly #secondBound: Float64Array;
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
  ) {
    this.feeds = feeds;
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
    this.#groupFrom = starts(groups);
    const flat = groups.flat();
    this.#firstEntry = Int32Array.from(flat, ([first]) => first.entry);
    this.#firstBound = Float64Array.from(flat, ([first]) => first.bound);
    this.#secondEntry = Int32Array.from(flat, ([, second]) => second.entry);
    this.#secondBound = Float64Array.from(flat, ([, second]) => second.bound);
    this.#floors = new Float64Array(always + 1).fill(Number.POSITIVE_INFINITY);
    for (const { entry, bound } of flat.flat()) this.#floors[entry] = Math.min(this.#floors[entry], below(bound));
    const asked = new Set(flat.flat().map(({ entry }) => entry >> 1));
    const slots = [...asked].filter((slot) => slot < metrics + derived).sort((a, b) => a - b);
    this.#metricSlots = Int32Array.from(slots.filter((slot) => slot < metrics));
    this.#derivedSlots = Int32Array.from(slots.filter((slot) => slot >= metrics));
  }

  /**
   * Judges rows `order[from] … order[to - 1]` of the key; `states` must be up to date. `awake` is the key's: which
   * policies must see every row.
   */
  run(batch: Batch, from: number, to: number, key: number, awake: Uint8Array, sink: Sink): void {
    const policies = this.#runs.length;
    if (policies < guardedPoliciesMin) {
      for (let p = 0; p < policies; p++) this.#runs[p](batch, from, to, this.states[p], key * this.#strides[p], sink);
      return;
    }
    for (let start = from; start < to; start += chunkRows) {
      const end = Math.min(start + chunkRows, to);
      // A row without a required metric is reported by each policy that misses it.
      if (lacking(batch, start, end)) this.#runAll(batch, start, end, key, awake, sink);
      else {
        this.#measure(batch, start, end);
        this.#runAffected(batch, start, end, key, awake, sink);
      }
    }
  }

  #runAll(batch: Batch, from: number, to: number, key: number, awake: Uint8Array, sink: Sink): void {
    for (let p = 0; p < this.#runs.length; p++) awake[p] = this.#runOne(p, batch, from, to, key, sink);
  }

  #runAffected(batch: Batch, from: number, to: number, key: number, awake: Uint8Array, sink: Sink): void {
    const groupFrom = this.#groupFrom;
    const firstEntry = this.#firstEntry;
    const firstBound = this.#firstBound;
    const secondEntry = this.#secondEntry;
    const secondBound = this.#secondBound;
    const ranges = this.#ranges;
    let group = 0;
    for (let p = 0; p < awake.length; p++) {
      const groupTo = groupFrom[p + 1];
      let affected = awake[p] !== 0;
      for (; group < groupTo; group++) {
        if (ranges[firstEntry[group]] >= firstBound[group] && ranges[secondEntry[group]] >= secondBound[group])
          affected = true;
      }
      if (affected) awake[p] = this.#runOne(p, batch, from, to, key, sink);
    }
  }

  /** 1 when the policy must see the next row too, whatever it is. */
  #runOne(p: number, batch: Batch, from: number, to: number, key: number, sink: Sink): number {
    const state = this.states[p];
    const offset = key * this.#strides[p];
    this.#runs[p](batch, from, to, state, offset, sink);
    let awake = state[offset] !== 0 ? 1 : 0;
    for (let s = this.#seenFrom[p]; s < this.#seenFrom[p + 1]; s++) {
      if (state[offset + this.#seen[s]] !== Number.NEGATIVE_INFINITY) awake = 1;
    }
    return awake;
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
