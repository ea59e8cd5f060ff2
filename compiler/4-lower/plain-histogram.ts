// Windows of histograms for the interpreter: every point is kept and each result computed from scratch. Shares no code
// with the incremental kernel.

import type {
  DerivedMeta,
  DerivedOutput,
  HistogramKernel,
  HistogramPoint,
  MergedKernel,
} from '../../runtime/contract.ts';
import { exact, nearest, sumOf } from './exact-number.ts';

interface Bucket {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

interface Growth {
  readonly buckets: readonly Bucket[];
  readonly count: number;
  readonly sum: number;
}

interface Sample {
  readonly time: number;
  readonly point: HistogramPoint;
}

/** Of more different buckets no quantile is told. */
const differentMost = 8000;

const none: Growth = { buckets: [], count: 0, sum: 0 };

export class PlainHistogram implements HistogramKernel {
  readonly #meta: DerivedMeta;
  readonly #samples = new Map<number, readonly Sample[]>();

  constructor(meta: DerivedMeta) {
    this.#meta = meta;
  }

  push(key: number, time: number, _value: number, out: Float64Array, at: number): void {
    this.observe(key, time, null, out, at);
  }

  observe(key: number, time: number, point: HistogramPoint | null, out: Float64Array, at: number): void {
    const { widthMs, capacity, outputs } = this.#meta;
    const before = this.#samples.get(key) ?? [];
    const come = point === null ? before : [...before, { time, point }];
    const samples = come.filter((sample) => sample.time > time - widthMs).slice(-capacity);
    this.#samples.set(key, samples);
    const growths = growthsOf(samples);
    for (const [k, output] of outputs.entries()) out[at + k] = finite(result(growths, elapsedOf(samples), output));
  }
}

/** The windows of all members of a key as one. */
export class PlainMerged implements MergedKernel {
  readonly #meta: DerivedMeta;
  readonly #byKey = new Map<number, Map<number, readonly Sample[]>>();

  constructor(meta: DerivedMeta) {
    this.#meta = meta;
  }

  take(key: number, member: number, time: number, point: HistogramPoint | null): void {
    if (member < 0 || point === null) return;
    const members = this.#byKey.get(key) ?? new Map<number, readonly Sample[]>();
    this.#byKey.set(key, members);
    const known = members.get(member) ?? [];
    const before = this.#isSilent(known, time) ? [] : known;
    members.set(member, [...before, { time, point }].slice(-this.#meta.capacity));
  }

  push(key: number, time: number, _value: number, out: Float64Array, at: number): void {
    const { widthMs, outputs } = this.#meta;
    const windows = [...(this.#byKey.get(key)?.values() ?? [])]
      .filter((samples) => !this.#isSilent(samples, time))
      .map((samples) => samples.filter((sample) => sample.time > time - widthMs))
      .filter((samples) => samples.length >= 2);
    const growths = windows.map(growthsOf);
    const rates = windows.map((samples, w) => result(growths[w], elapsedOf(samples), 'rate'));
    const rate = rates.every(Number.isFinite) ? nearest(sumOf(rates.map(exact))) : Number.NaN;
    for (const [k, output] of outputs.entries()) {
      const value = output === 'rate' ? rate : result(growths.flat(), 0, output);
      out[at + k] = windows.length === 0 ? Number.NaN : finite(value);
    }
  }

  #isSilent(samples: readonly Sample[], time: number): boolean {
    return time - (samples[samples.length - 1]?.time ?? time) > this.#meta.gapMs;
  }
}

function growthsOf(samples: readonly Sample[]): readonly Growth[] {
  return samples.slice(1).map((sample, k) => growth(samples[k].point, sample.point));
}

function elapsedOf(samples: readonly Sample[]): number {
  return samples.length < 2 ? Number.NaN : samples[samples.length - 1].time - samples[0].time;
}

function bucketsOf({ lows, highs, counts }: HistogramPoint): readonly Bucket[] {
  return Array.from(counts, (count, b) => ({ low: lows[b], high: highs[b], count }));
}

function growth(before: HistogramPoint, point: HistogramPoint): Growth {
  const whole: Growth = { buckets: bucketsOf(point), count: point.count, sum: point.sum };
  if (point.delta) return whole;
  if (before.delta) return none;
  if (point.count < before.count || point.startMs > before.startMs) return whole;
  const left = bucketsOf(point).map((bucket) => ({ ...bucket }));
  for (const { low, high, count } of bucketsOf(before)) {
    if (count === 0) continue;
    const same = left.find((bucket) => bucket.low === low && bucket.high === high);
    const home = same ?? left.find((bucket) => bucket.low <= low && bucket.high >= high);
    if (home === undefined) return none;
    home.count -= count;
    if (home.count < 0) return whole;
  }
  return { buckets: left, count: point.count - before.count, sum: point.sum - before.sum };
}

function result(growths: readonly Growth[], elapsedMs: number, output: DerivedOutput): number {
  if (Number.isNaN(elapsedMs)) return Number.NaN;
  const count = growths.reduce((total, each) => total + each.count, 0);
  if (output === 'count') return count;
  if (output === 'rate') return (count * 1000) / elapsedMs;
  if (output.startsWith('quantile ')) return quantile(growths, Number(output.split(' ')[1]));
  if (growths.some(({ sum }) => Number.isNaN(sum))) return Number.NaN;
  const sum = nearest(sumOf(growths.map((each) => exact(each.sum))));
  return output === 'avg' ? sum / count : sum;
}

/** Every bucket spread evenly over its width, as `histogram_quantile` of Prometheus has it. */
function quantile(growths: readonly Growth[], share: number): number {
  const merged = new Map<string, Bucket>();
  for (const { low, high, count } of growths.flatMap(({ buckets }) => buckets)) {
    const known = merged.get(`${low} ${high}`)?.count ?? 0;
    merged.set(`${low} ${high}`, { low, high, count: known + count });
  }
  const all = [...merged.values()].filter(({ count }) => count > 0).sort((a, b) => a.low - b.low || a.high - b.high);
  const total = all.reduce((sum, { count }) => sum + count, 0);
  if (total === 0 || all.length > differentMost) return Number.NaN;
  const overlap = all.some(({ low }, k) => k > 0 && low < all[k - 1].high);
  const pieces = overlap ? cut(all) : all;
  let before = 0;
  for (const [k, { low, high, count }] of pieces.entries()) {
    if (before + count >= share * total || k === pieces.length - 1)
      return low + (high - low) * Math.min(1, (share * total - before) / count);
    before += count;
  }
  return Number.NaN;
}

/** The same distribution in pieces that do not overlap. */
function cut(buckets: readonly Bucket[]): readonly Bucket[] {
  const bounds = [...new Set(buckets.flatMap(({ low, high }) => [low, high]))].sort((a, b) => a - b);
  return bounds.flatMap((bound, k) => {
    const next = bounds[k + 1] ?? bound;
    const at = buckets.filter(({ low, high }) => low === bound && high === bound);
    const over = buckets.filter(({ low, high }) => low < high && low <= bound && high >= next && next > bound);
    const there = at.reduce((sum, { count }) => sum + count, 0);
    const spread = over.reduce((sum, { low, high, count }) => sum + (count * (next - bound)) / (high - low), 0);
    return [
      ...(there > 0 ? [{ low: bound, high: bound, count: there }] : []),
      ...(spread > 0 ? [{ low: bound, high: next, count: spread }] : []),
    ];
  });
}

function finite(x: number): number {
  return Number.isFinite(x) ? x : Number.NaN;
}
