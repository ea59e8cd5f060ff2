// Members of a key for the interpreter: every value is kept and every result computed from scratch. Shares no code with
// the incremental kernels.

import type {
  AcrossKernel,
  DerivedMeta,
  DerivedOutput,
  HistogramKernel,
  HistogramPoint,
  Kernel,
  MemberKernel,
} from '../../runtime/contract.ts';
import { exact, nearest, nearestQuotient, sumOf } from './exact-number.ts';
import { PlainHistogram, PlainMerged } from './plain-histogram.ts';
import { deviation, PlainKernel, quantile } from './plain-kernel.ts';

/** Larger values have no sum. */
const largestExact = 1e100;

/** The kernel of a derived entry, whoever its state belongs to. */
export function createPlainKernel(meta: DerivedMeta): Kernel {
  if (meta.kernel === 'across') return new PlainAcross(meta);
  if (meta.kernel === 'attendance') return new PlainAttendance(meta);
  if (meta.kernel === 'merged') return new PlainMerged(meta);
  return meta.member === undefined ? createOwn(meta) : new PlainMembers(meta);
}

function createOwn(meta: DerivedMeta): Kernel {
  return meta.kernel === 'histogram' ? new PlainHistogram(meta) : new PlainKernel(meta);
}

class PlainMembers implements MemberKernel, HistogramKernel {
  readonly #meta: DerivedMeta;
  readonly #own = new Map<number, Kernel>();

  constructor(meta: DerivedMeta) {
    this.#meta = meta;
  }

  push(member: number, time: number, value: number, out: Float64Array, at: number): void {
    this.#of(member).push(0, time, member < 0 ? Number.NaN : value, out, at);
    if (member < 0) out.fill(Number.NaN, at, at + this.#meta.outputs.length);
  }

  observe(member: number, time: number, point: HistogramPoint | null, out: Float64Array, at: number): void {
    (this.#of(member) as HistogramKernel).observe(0, time, member < 0 ? null : point, out, at);
    if (member < 0) out.fill(Number.NaN, at, at + this.#meta.outputs.length);
  }

  #of(member: number): Kernel {
    const own = this.#own.get(member) ?? createOwn(this.#meta);
    if (member >= 0) this.#own.set(member, own);
    return own;
  }

  forget(member: number): void {
    this.#own.delete(member);
  }
}

class PlainAcross implements AcrossKernel {
  readonly #meta: DerivedMeta;
  readonly #byKey = new Map<number, Map<number, { readonly time: number; readonly value: number }>>();

  constructor(meta: DerivedMeta) {
    this.#meta = meta;
  }

  take(key: number, member: number, time: number, value: number): void {
    const members = this.#byKey.get(key) ?? new Map();
    if (member >= 0 && !Number.isNaN(value)) members.set(member, { time, value });
    this.#byKey.set(key, members);
  }

  push(key: number, time: number, _value: number, out: Float64Array, at: number): void {
    const members = [...(this.#byKey.get(key) ?? new Map()).values()];
    const values = members.filter((member) => time - member.time <= this.#meta.widthMs).map((member) => member.value);
    for (const [k, output] of this.#meta.outputs.entries()) out[at + k] = common(values, output);
  }
}

interface Heard {
  readonly value: number;
  readonly time: number;
}

/** `value` is that of the member's tag. */
class PlainAttendance implements AcrossKernel {
  readonly #meta: DerivedMeta;
  /** The latest of each member that is remembered, the longest ago first; and when others were heard of. */
  readonly #byKey = new Map<number, { readonly heard: readonly Heard[]; readonly leftOut: readonly number[] }>();

  constructor(meta: DerivedMeta) {
    this.#meta = meta;
  }

  take(key: number, member: number, time: number, value: number): void {
    if (Number.isNaN(value) || value === -1) return;
    const { heard, leftOut } = this.#of(key, time);
    if (member < 0) {
      this.#byKey.set(key, { heard, leftOut: [...leftOut, time] });
      return;
    }
    const all = [...heard.filter((other) => other.value !== value), { value, time }];
    const forgotten = all.slice(0, Math.max(0, all.length - this.#meta.capacity));
    this.#byKey.set(key, {
      heard: all.slice(forgotten.length),
      leftOut: [...leftOut, ...forgotten.map((other) => other.time)],
    });
  }

  push(key: number, time: number, _value: number, out: Float64Array, at: number): void {
    const { heard, leftOut } = this.#of(key, time);
    const silent = heard.find((member) => time - member.time > this.#meta.gapMs);
    if (silent !== undefined) out[at] = -2 - silent.value;
    else out[at] = leftOut.length > 0 ? -1 : 1;
  }

  /** Without those that are gone at `time`. */
  #of(key: number, time: number): { readonly heard: readonly Heard[]; readonly leftOut: readonly number[] } {
    const { heard, leftOut } = this.#byKey.get(key) ?? { heard: [], leftOut: [] };
    const isRecent = (since: number): boolean => time - since <= this.#meta.widthMs;
    return { heard: heard.filter((member) => isRecent(member.time)), leftOut: leftOut.filter(isRecent) };
  }
}

function common(values: readonly number[], output: DerivedOutput): number {
  if (output === 'count') return values.length;
  if (values.length === 0) return Number.NaN;
  if (output === 'least') return Math.min(...values);
  if (output === 'greatest') return Math.max(...values);
  if (output.startsWith('quantile ')) return quantile(values, Number(output.split(' ')[1]));
  if (values.some((value) => Math.abs(value) > largestExact)) return Number.NaN;
  if (output === 'stddev') return deviation(values);
  const sum = sumOf(values.map(exact));
  return output === 'avg' ? nearestQuotient(sum, values.length) : nearest(sum);
}
