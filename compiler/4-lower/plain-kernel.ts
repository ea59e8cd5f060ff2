// Windows that keep every sample and compute each result from scratch, as the law words it: what the incremental
// kernels are held to. Shares no code with them.

import type { DerivedMeta, DerivedOutput, Kernel } from '../../runtime/contract.ts';
import { add, type ExactNumber, exact, multiply, nearest, subtract, sumOf } from './exact-number.ts';

interface Sample {
  readonly time: number;
  readonly value: number;
}

interface History {
  /** Too young for the window. */
  readonly waiting: readonly Sample[];
  readonly samples: readonly Sample[];
  /** `share`: since when samples have come without a gap. */
  readonly since: number;
}

const nothing: History = { waiting: [], samples: [], since: Number.NaN };

/** `ewma` looks back on so many time constants at least, and on twice as many at most. */
const constantsPerBlock = 20;
/** Squares of larger values have no number. */
const largestExact = 1e100;

export class PlainKernel implements Kernel {
  readonly #meta: DerivedMeta;
  readonly #histories = new Map<number, History>();

  constructor(meta: DerivedMeta) {
    this.#meta = meta;
  }

  push(key: number, time: number, value: number, out: Float64Array, at: number): void {
    const end = time - this.#meta.agoMs;
    const history = this.#move(this.#histories.get(key) ?? nothing, time, value);
    this.#histories.set(key, history);
    for (const [k, output] of this.#meta.outputs.entries()) out[at + k] = finite(this.#result(history, output, end));
  }

  #move({ waiting, samples, since }: History, time: number, value: number): History {
    const { agoMs, agoCapacity } = this.#meta;
    const end = time - agoMs;
    const come = Number.isNaN(value) ? [] : [{ time, value }];
    if (agoMs === 0) return { waiting: [], ...this.#taken({ samples, since }, come, end) };
    const due = waiting.filter((sample) => sample.time <= end);
    const left = [...waiting.filter((sample) => sample.time > end), ...come];
    return { waiting: left.slice(-agoCapacity), ...this.#taken({ samples, since }, due, end) };
  }

  /** The samples of the window that ends at `end`, the oldest first. */
  #taken(before: Omit<History, 'waiting'>, come: readonly Sample[], end: number): Omit<History, 'waiting'> {
    const { kernel, widthMs, capacity, gapMs } = this.#meta;
    let { samples, since } = before;
    for (const sample of come) {
      const last = samples[samples.length - 1];
      const gap = last === undefined || sample.time - last.time > gapMs;
      if ((kernel === 'recent' || kernel === 'share') && gap) samples = [];
      if (gap) since = sample.time;
      samples = [...samples, sample];
      if (kernel !== 'share' && kernel !== 'ewma') samples = samples.slice(-capacity);
    }
    if (kernel === 'ewma') {
      const block = widthMs * constantsPerBlock;
      const newest = samples[samples.length - 1]?.time ?? 0;
      const from = (Math.floor(newest / block) - 1) * block;
      const start = samples.findLastIndex((sample, k) => k > 0 && sample.time - samples[k - 1].time > block);
      samples = samples.slice(Math.max(0, start)).filter((sample) => sample.time >= from);
    } else if (kernel === 'hold') samples = samples.slice(-1);
    // The last sample stays, to measure the gap by it.
    else if (kernel === 'share')
      samples = samples.filter(({ time }, k) => time > end - widthMs || k === samples.length - 1);
    else if (kernel !== 'recent') samples = samples.filter((sample) => sample.time > end - widthMs);
    return { samples, since };
  }

  #result({ samples, since }: History, output: DerivedOutput, end: number): number {
    const { kernel, widthMs, gapMs, capacity } = this.#meta;
    const values = samples.map((sample) => sample.value);
    if (output === 'count') return values.length;
    if (values.length === 0) return Number.NaN;
    const newest = samples[samples.length - 1];
    switch (kernel) {
      case 'hold':
        return end - newest.time <= widthMs ? newest.value : Number.NaN;
      case 'min':
        return Math.min(...values);
      case 'max':
        return Math.max(...values);
      case 'sum':
        if (output === 'stddev') return deviation(values);
        return output === 'avg' ? mean(values) : exactSum(values);
      case 'ends':
        if (output === 'delta') return values.length < 2 ? Number.NaN : newest.value - values[0];
        if (output === 'extrapolatedDelta')
          return values.length < 2 ? Number.NaN : stretch(newest.value - values[0], null, samples, end, widthMs);
        return output === 'first' ? values[0] : newest.value;
      case 'rank':
        return quantile(values, Number(output.split(' ')[1]));
      case 'changes':
        return values.filter((value, k) => k > 0 && value !== values[k - 1]).length;
      case 'increase':
        if (samples.length < 2) return Number.NaN;
        if (output === 'latestRate') return growth(samples.slice(-2), true);
        if (output === 'extrapolated' || output === 'extrapolatedRate') {
          const whole = stretch(growth(samples, false), values[0], samples, end, widthMs);
          return output === 'extrapolated' ? whole : (whole * 1000) / widthMs;
        }
        return growth(samples, output === 'rate');
      case 'trend':
        return trend(samples, output === 'slope', end);
      case 'ewma':
        return end - newest.time <= widthMs * constantsPerBlock ? forgetting(samples, widthMs) : Number.NaN;
      case 'recent':
        return end - newest.time <= gapMs ? total(values) : Number.NaN;
      case 'across':
      case 'attendance':
      case 'histogram':
      case 'merged':
        throw new Error(`${kernel} has an interpreter of its own`);
      case 'share': {
        const inside = samples.filter((sample) => sample.time > end - widthMs).slice(-capacity);
        if (end - newest.time > gapMs || inside.length === 0) return Number.NaN;
        if (output === 'value' && end - since < widthMs) return 0;
        return total(inside.map((sample) => sample.value)) / inside.length;
      }
    }
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** √(n·Σx² − (Σx)²) / n */
export function deviation(values: readonly number[]): number {
  if (values.some((value) => Math.abs(value) > largestExact)) return Number.NaN;
  const numbers = values.map(exact);
  const sum = sumOf(numbers);
  const squares = sumOf(numbers.map((x) => multiply(x, x)));
  const spread = subtract(multiply(exact(values.length), squares), multiply(sum, sum));
  return Math.sqrt(nearest(spread)) / values.length;
}

/** As `quantile_over_time` of Prometheus has it. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const weight = rank - Math.floor(rank);
  const low = sorted[Math.floor(rank)];
  const high = sorted[Math.min(Math.floor(rank) + 1, sorted.length - 1)];
  return low === high ? low : low * (1 - weight) + high * weight;
}

/** A value below the one before it is a restart: it has grown from zero since. */
function growth(samples: readonly Sample[], perSecond: boolean): number {
  if (samples.length < 2) return Number.NaN;
  const values = samples.map((sample) => sample.value);
  const growths = values.slice(1).map((after, k) => (after >= values[k] ? after - values[k] : after));
  const elapsedMs = samples[samples.length - 1].time - samples[0].time;
  return perSecond ? (exactSum(growths) * 1000) / elapsedMs : exactSum(growths);
}

/** To the window's ends, or by half the mean distance; a counter not beyond where it was zero. As in Prometheus. */
function stretch(
  change: number,
  first: number | null,
  samples: readonly Sample[],
  end: number,
  widthMs: number,
): number {
  const [from, to] = [samples[0].time, samples[samples.length - 1].time];
  const apart = (to - from) / (samples.length - 1);
  let before = from - (end - widthMs);
  if (first !== null && change > 0 && first >= 0) before = Math.min(before, (to - from) * (first / change));
  let length = to - from;
  length += before < apart * 1.1 ? before : apart / 2;
  length += end - to < apart * 1.1 ? end - to : apart / 2;
  return change * (length / (to - from));
}

/** Least squares: slope (n·Σtx − Σt·Σx) / (n·Σt² − (Σt)²), and the line's value at the end. */
function trend(samples: readonly Sample[], slope: boolean, end: number): number {
  if (samples.length < 2 || samples.some(({ value }) => Math.abs(value) > largestExact)) return Number.NaN;
  const n = samples.length;
  const times = samples.map((sample) => exact(sample.time));
  const values = samples.map((sample) => exact(sample.value));
  const product = (left: readonly ExactNumber[], right: readonly ExactNumber[]): ExactNumber =>
    subtract(multiply(exact(n), sumOf(left.map((x, k) => multiply(x, right[k])))), multiply(sumOf(left), sumOf(right)));
  const slopePerMs = nearest(product(times, values)) / nearest(product(times, times));
  if (slope) return slopePerMs * 1000;
  const distance = add(multiply(exact(n), exact(end)), multiply(exact(-1), sumOf(times)));
  return nearest(sumOf(values)) / n + slopePerMs * (nearest(distance) / n);
}

function forgetting(samples: readonly Sample[], constantMs: number): number {
  let mean = samples[0].value;
  for (const [k, { time, value }] of samples.entries()) {
    if (k === 0) continue;
    const part = 1 - Math.exp(-(time - samples[k - 1].time) / constantMs);
    const next = mean + part * (value - mean);
    mean = Number.isFinite(next) ? next : mean * (1 - part) + value * part;
  }
  return mean;
}

/** Sum with the rounding errors added up beside it. Source: Neumaier (1974), improved Kahan–Babuška summation. */
/** The mean to the last bit: that of equal values is that value. Source: the remainder of a division is a double. */
function mean(values: readonly number[]): number {
  const n = values.length;
  const sum = exactSum(values);
  const quotient = sum / n;
  const magnitude = Math.abs(quotient);
  if (!(magnitude < 1e290 && magnitude >= 1e-290)) return quotient;
  // What rounding the sum lost, and what rounding the quotient lost.
  const lost = exactSum([...values, -sum]);
  const scaled = 134_217_729 * quotient;
  const upper = scaled - (scaled - quotient);
  return quotient + (sum - upper * n - (quotient - upper) * n + lost) / n;
}

function exactSum(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const x of values) {
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return sum + lost;
}

function finite(x: number): number {
  return Number.isFinite(x) ? x : Number.NaN;
}
