// The members of a schema's keys by one tag: each gets a dense number under which kernels keep its state. A member that
// is silent for longer than `stale after` is none any more and begins anew when it returns; a key has at most so many.

import type { Batch, DerivedMeta, Kernel, MemberKernel, SchemaMeta } from '../contract.ts';
import { otherId } from './dictionary.ts';
import type { Renumbering } from './kernels/kernel-store.ts';
import { seesAllMembers } from './kernels.ts';
import { StateReader } from './state/state-reader.ts';
import type { StateWriter } from './state/state-writer.ts';

/** Positions of the tags whose values are members, ascending: the columns of `Batch.members`. */
export function memberTags(meta: SchemaMeta): readonly number[] {
  return meta.tags.flatMap(({ most }, tag) => (most === undefined ? [] : [tag]));
}

/** More numbers than members can have been given. */
const numbersMost = 1 << 26;

export class Members {
  /** Position of the tag in the schema. */
  readonly tag: number;
  readonly #most: number;
  readonly #staleMs: number;
  /** By key: the numbers of its members by the tag's value. */
  #byKey: (Map<number, number> | null)[] = [];
  /** By key: no member of it was silent for longer than since this time when it was last found full. */
  #oldest = new Float64Array(0);
  /** By number: when the member was last seen. */
  #seen = new Float64Array(16);
  #numbers = 0;
  #free: number[] = [];
  /** Numbers that stand for nobody since the last `release`. */
  readonly retired: number[] = [];
  /** Rows whose member had no place. */
  refused = 0;

  constructor(tag: number, most: number, staleMs: number) {
    this.tag = tag;
    this.#most = most;
    this.#staleMs = staleMs;
  }

  /** The number of the member of `key` with that value, seen at `time`; −1 when the key has no place for it. */
  at(key: number, value: number, time: number): number {
    const own = this.#byKey[key] ?? this.#open(key);
    const known = own.get(value);
    if (known !== undefined) {
      if (time - this.#seen[known] <= this.#staleMs) {
        this.#seen[known] = time;
        return known;
      }
      this.retired.push(known);
      return this.#give(own, value, time);
    }
    if (own.size >= this.#most && !this.#makePlace(own, key, time)) {
      this.refused++;
      return -1;
    }
    return this.#give(own, value, time);
  }

  /** Retired numbers may be given again: every kernel has forgotten them. */
  release(): void {
    for (const number of this.retired) this.#free.push(number);
    this.retired.length = 0;
  }

  /** Members have lower numbers. */
  get numbers(): number {
    return this.#numbers;
  }

  /** Those of a key. */
  numbersOf(key: number): Iterable<number> {
    return this.#byKey[key]?.values() ?? [];
  }

  /** Nothing is known of the key any more: its members' numbers are retired. */
  forgetKey(key: number): void {
    const own = this.#byKey[key];
    if (own === undefined || own === null) return;
    for (const number of own.values()) this.retired.push(number);
    this.#byKey[key] = null;
    this.#oldest[key] = Number.NEGATIVE_INFINITY;
  }

  /** Takes out of every key who is silent at `time`: whoever returns begins anew all the same. Tells the keys before. */
  forgetSilent(time: number, tell: (key: number) => void): void {
    for (const [key, own] of this.#byKey.entries()) {
      if (own === null) continue;
      let isTold = false;
      for (const [value, number] of own) {
        if (time - this.#seen[number] <= this.#staleMs) continue;
        if (!isTold) tell(key);
        isTold = true;
        own.delete(value);
        this.retired.push(number);
      }
    }
  }

  eachValue(visit: (value: number) => void): void {
    for (const own of this.#byKey) for (const value of own?.keys() ?? []) visit(value);
  }

  renumberValues({ from, to }: Renumbering): void {
    if (from.length === 0) return;
    for (const own of this.#byKey) {
      if (own === null) continue;
      const moved = from.map((value) => own.get(value));
      for (const value of from) own.delete(value);
      for (const [index, number] of moved.entries()) if (number !== undefined) own.set(to[index], number);
    }
  }

  renumberKeys({ from, to }: Renumbering): void {
    const moved = from.map((key) => [this.#byKey[key] ?? null, this.#oldest[key]] as const);
    for (const key of from) if (key < this.#byKey.length) this.#byKey[key] = null;
    for (const [index, key] of to.entries()) {
      const [own, oldest] = moved[index];
      if (own === null) continue;
      this.#open(key);
      this.#byKey[key] = own;
      this.#oldest[key] = oldest;
    }
  }

  /** Takes the members of `other`, which must be of the same tag and must not be used any more. */
  adopt(other: Members): void {
    this.#byKey = other.#byKey;
    this.#oldest = other.#oldest;
    this.#seen = other.#seen;
    this.#numbers = other.#numbers;
    this.#free = other.#free;
    this.refused = other.refused;
  }

  save(to: StateWriter): void {
    to.number(this.refused);
    to.numbers(this.#seen, this.#numbers);
    to.numbers(Int32Array.from(this.#free));
    const owners = this.#byKey.findLastIndex((own) => own !== null && own.size > 0) + 1;
    to.count(owners);
    for (const [key, own] of this.#byKey.slice(0, owners).entries()) {
      to.count(own?.size ?? 0);
      if (own === null || own.size === 0) continue;
      to.number(this.#oldest[key]);
      for (const [value, number] of own) {
        to.count(value);
        to.count(number);
      }
    }
  }

  /** `keys`, `values`: how many there are of both. */
  load(from: StateReader, keys: number, values: number): void {
    const what = `the members of a tag`;
    this.refused = from.finite(what);
    const seen = from.numbers(numbersMost, what);
    this.#numbers = seen.length;
    this.#seen = new Float64Array(Math.max(16, seen.length));
    this.#seen.set(seen);
    const given = new Uint8Array(seen.length);
    const give = (number: number): number => {
      if (number >= given.length || given[number] === 1) throw StateReader.damaged(what);
      given[number] = 1;
      return number;
    };
    this.#free = Array.from(from.integers(seen.length, what), give);
    const owners = from.count(keys, what);
    for (let key = 0; key < owners; key++) {
      const size = from.count(this.#most, what);
      if (size === 0) continue;
      const own = this.#open(key);
      this.#oldest[key] = from.number(what);
      for (let left = size; left > 0; left--) {
        const value = from.count(values - 1, what);
        own.set(value, give(from.count(seen.length - 1, what)));
      }
    }
  }

  #open(key: number): Map<number, number> {
    while (this.#byKey.length <= key) this.#byKey.push(null);
    const own = new Map<number, number>();
    this.#byKey[key] = own;
    if (key >= this.#oldest.length) {
      const longer = new Float64Array(Math.max(64, (key + 1) * 2)).fill(Number.NEGATIVE_INFINITY);
      longer.set(this.#oldest);
      this.#oldest = longer;
    }
    return own;
  }

  #give(own: Map<number, number>, value: number, time: number): number {
    const number = this.#free.pop() ?? this.#numbers++;
    if (number === this.#seen.length) {
      const longer = new Float64Array(number * 2);
      longer.set(this.#seen);
      this.#seen = longer;
    }
    this.#seen[number] = time;
    own.set(value, number);
    return number;
  }

  /** Takes out who is silent for too long. Looks through the members only when one of them can be. */
  #makePlace(own: Map<number, number>, key: number, time: number): boolean {
    if (time - this.#oldest[key] <= this.#staleMs) return false;
    let oldest = time;
    for (const [value, number] of own) {
      if (time - this.#seen[number] > this.#staleMs) {
        own.delete(value);
        this.retired.push(number);
      } else oldest = Math.min(oldest, this.#seen[number]);
    }
    this.#oldest[key] = oldest;
    return own.size < this.#most;
  }
}

/** The members of all tags of a schema that have some: the columns of its rows. */
export class MemberColumns {
  /** By column of the rows. */
  readonly columns: readonly Members[];
  /** By column: kernels that keep its members' state. */
  readonly #kernels: readonly (readonly MemberKernel[])[];
  /** Kernels that take all members of a tag together. */
  readonly #together: readonly { readonly tag: number; readonly kernel: Kernel; readonly ignored: Float64Array }[];
  readonly #crowded: (tag: number, key: number) => void;

  /** `crowded` is told of each stretch of rows in which a key had no place for a member. */
  constructor(schema: SchemaMeta, kernels: readonly Kernel[], crowded: (tag: number, key: number) => void) {
    const tags = memberTags(schema);
    this.columns = tags.map((tag) => new Members(tag, schema.tags[tag].most ?? 0, schema.staleMs));
    this.#kernels = tags.map((tag) =>
      kernels.filter((_, k): _ is MemberKernel => keepsMembers(schema.derived[k], tag)),
    );
    this.#together = schema.derived.flatMap((meta, k) =>
      seesAllMembers(meta) && meta.member !== undefined
        ? [{ tag: meta.member, kernel: kernels[k], ignored: new Float64Array(meta.outputs.length) }]
        : [],
    );
    this.#crowded = crowded;
  }

  get refused(): number {
    return this.columns.reduce((sum, { refused }) => sum + refused, 0);
  }

  /** Fills `batch.members` for rows `order[from…to)` of `key`. */
  number(batch: Batch, from: number, to: number, key: number): void {
    const { order, time, tags, tagWidth, members, memberWidth } = batch;
    for (let column = 0; column < memberWidth; column++) {
      const known = this.columns[column];
      const before = known.refused;
      for (let i = from; i < to; i++) {
        const row = order[i];
        const value = tags[row * tagWidth + known.tag];
        // Values without a place of their own are not one member.
        const isOne = value !== -1 && value !== otherId;
        members[row * memberWidth + column] = isOne ? known.at(key, value, time[row]) : -1;
      }
      if (known.refused > before) this.#crowded(known.tag, key);
    }
  }

  /** Nothing is known of the key any more. */
  forgetKey(key: number): void {
    for (const column of this.columns) column.forgetKey(key);
    this.forget();
  }

  /** The values of a member tag by which members are known; those who are silent at `time` are none any more. */
  eachValue(tag: number, time: number, visit: (value: number) => void): void {
    const column = this.columns.find((each) => each.tag === tag);
    if (column === undefined) return;
    const together = this.#together.filter((kernel) => kernel.tag === tag);
    // What takes all members together lets go of the silent ones before their numbers are given again.
    column.forgetSilent(time, (key) => {
      for (const { kernel, ignored } of together) kernel.push(key, time, Number.NaN, ignored, 0);
    });
    this.forget();
    column.eachValue(visit);
  }

  /** The rows numbered last have gone through the kernels: numbers that stand for nobody may be given again. */
  forget(): void {
    for (let column = 0; column < this.columns.length; column++) {
      const members = this.columns[column];
      if (members.retired.length === 0) continue;
      for (const kernel of this.#kernels[column]) for (const member of members.retired) kernel.forget(member);
      members.release();
    }
  }
}

function keepsMembers(meta: DerivedMeta, tag: number): boolean {
  return meta.member === tag && !seesAllMembers(meta);
}
