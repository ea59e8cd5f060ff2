// How a distribution grew in a window: buckets added up and taken away again, whatever their bounds. Where bounds differ
// from point to point, as exponential buckets do, each bucket is spread evenly over its width.

import type { DerivedMeta, DerivedOutput, HistogramKernel, HistogramPoint } from '../../contract.ts';
import { ExactSum } from './exact-sum.ts';
import { finite, Ring, stateOf } from './ring.ts';

interface Growth {
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  readonly counts: Float64Array;
  readonly count: number;
  readonly sum: number;
}

const nothing: Growth = {
  lows: new Float64Array(0),
  highs: new Float64Array(0),
  counts: new Float64Array(0),
  count: 0,
  sum: 0,
};

class History extends Ring {
  last: HistogramPoint | null = null;
  /** In order of time; the oldest one's lies before the window and does not count. */
  #growths: Growth[] = [];
  /** Those before it have left. */
  #oldest = 0;
  count = 0;
  /** Points whose sum was not sent. */
  unsummed = 0;
  readonly sum = new ExactSum();
  // Buckets in order of their lower, then their upper bound.
  lows: number[] = [];
  highs: number[] = [];
  counts: number[] = [];

  take(time: number, growth: Growth): void {
    const counts = this.size > 0;
    this.append(time, 0);
    this.#growths.push(counts ? growth : nothing);
    if (counts) this.#add(growth, 1);
  }

  drop(): void {
    this.shift();
    this.#growths[this.#oldest++] = nothing;
    if (this.#oldest > 64 && this.#oldest * 2 > this.#growths.length) {
      this.#growths = this.#growths.slice(this.#oldest);
      this.#oldest = 0;
    }
    if (this.size === 0) return;
    this.#add(this.#growths[this.#oldest], -1);
    this.#growths[this.#oldest] = nothing;
  }

  #add(growth: Growth, sign: 1 | -1): void {
    this.count += sign * growth.count;
    if (Number.isNaN(growth.sum)) this.unsummed += sign;
    else this.sum.add(sign * growth.sum);
    for (let b = 0; b < growth.counts.length; b++) {
      if (growth.counts[b] === 0) continue;
      const place = this.#place(growth.lows[b], growth.highs[b]);
      this.counts[place] += sign * growth.counts[b];
      // A bucket that is empty is none: bounds may drift for as long as the engine runs.
      if (this.counts[place] !== 0) continue;
      this.lows.splice(place, 1);
      this.highs.splice(place, 1);
      this.counts.splice(place, 1);
    }
  }

  #place(low: number, high: number): number {
    let from = 0;
    let to = this.lows.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.lows[middle] < low || (this.lows[middle] === low && this.highs[middle] < high)) from = middle + 1;
      else to = middle;
    }
    if (this.lows[from] === low && this.highs[from] === high) return from;
    this.lows.splice(from, 0, low);
    this.highs.splice(from, 0, high);
    this.counts.splice(from, 0, 0);
    return from;
  }
}

export class HistogramWindow implements HistogramKernel {
  readonly #states: (History | null)[] = [];
  readonly #meta: DerivedMeta;

  constructor(meta: DerivedMeta) {
    this.#meta = meta;
  }

  push(key: number, time: number, _value: number, out: Float64Array, at: number): void {
    this.observe(key, time, null, out, at);
  }

  observe(key: number, time: number, point: HistogramPoint | null, out: Float64Array, at: number): void {
    const history = this.#states[key] ?? stateOf(this.#states, key, () => new History());
    const cut = time - this.#meta.widthMs;
    while (history.size > 0 && history.oldestTime <= cut) history.drop();
    if (point !== null) {
      if (history.size === this.#meta.capacity) history.drop();
      history.take(time, growthOf(history.last, point));
      history.last = point;
    }
    const { outputs } = this.#meta;
    for (let k = 0; k < outputs.length; k++) out[at + k] = output(history, outputs[k]);
  }
}

/** What came between two points. Without one before there is nothing to compare with. */
function growthOf(before: HistogramPoint | null, point: HistogramPoint): Growth {
  if (point.delta) return point;
  if (before === null || before.delta) return nothing;
  // A count that fell, or a later start: it began again at nothing.
  if (point.count < before.count || point.startMs > before.startMs) return point;
  const counts = Float64Array.from(point.counts);
  for (let b = 0; b < before.counts.length; b++) {
    if (before.counts[b] === 0) continue;
    const place = enclosing(point, before.lows[b], before.highs[b], b);
    // Other bounds: what was in that bucket can't be told from what has come since.
    if (place < 0) return nothing;
    counts[place] -= before.counts[b];
    if (counts[place] < 0) return point;
  }
  const { lows, highs } = point;
  return { lows, highs, counts, count: point.count - before.count, sum: point.sum - before.sum };
}

/** The bucket that holds all of (low, high]: exponential buckets grow coarser by halves. */
function enclosing({ lows, highs }: HistogramPoint, low: number, high: number, likely: number): number {
  if (lows[likely] === low && highs[likely] === high) return likely;
  for (let b = 0; b < lows.length; b++) if (lows[b] === low && highs[b] === high) return b;
  for (let b = 0; b < lows.length; b++) {
    if (lows[b] <= low && highs[b] >= high) return b;
  }
  return -1;
}

function output(history: History, name: DerivedOutput): number {
  if (history.size < 2) return Number.NaN;
  const { count } = history;
  const sum = history.unsummed > 0 ? Number.NaN : history.sum.value();
  if (name === 'count') return count;
  if (name === 'sum') return finite(sum);
  if (name === 'avg') return finite(sum / count);
  if (name === 'rate') {
    const elapsedMs = history.newestTime - history.oldestTime;
    return finite((count * 1000) / elapsedMs);
  }
  return quantile(history, Number(name.slice('quantile '.length)));
}

/** Where the share lies when each bucket is spread evenly over its width; NaN when nothing is in any. */
function quantile({ lows, highs, counts }: History, share: number): number {
  let total = 0;
  let apart = true;
  for (let b = 0; b < counts.length; b++) {
    total += counts[b];
    if (b > 0 && lows[b] < highs[b - 1]) apart = false;
  }
  if (!(total > 0)) return Number.NaN;
  const rank = share * total;
  return apart ? ranked(lows, highs, counts, rank) : rankedOverlapping(lows, highs, counts, rank);
}

function ranked(lows: readonly number[], highs: readonly number[], counts: readonly number[], rank: number): number {
  let before = 0;
  let b = 0;
  while (b < counts.length - 1 && before + counts[b] < rank) before += counts[b++];
  return finite(lows[b] + (highs[b] - lows[b]) * Math.min(1, (rank - before) / counts[b]));
}

/** Cuts the buckets at every bound first. */
function rankedOverlapping(
  lows: readonly number[],
  highs: readonly number[],
  counts: readonly number[],
  rank: number,
): number {
  const cuts = [...new Set([...lows, ...highs])].sort((a, b) => a - b);
  const pieces: [low: number, high: number, count: number][] = [];
  for (const [c, cut] of cuts.entries()) {
    let at = 0;
    let inside = 0;
    const next = cuts[c + 1] ?? cut;
    for (let b = 0; b < counts.length; b++) {
      if (lows[b] === highs[b]) at += lows[b] === cut ? counts[b] : 0;
      else if (lows[b] <= cut && highs[b] >= next && next > cut) {
        inside += (counts[b] * (next - cut)) / (highs[b] - lows[b]);
      }
    }
    if (at > 0) pieces.push([cut, cut, at]);
    if (inside > 0) pieces.push([cut, next, inside]);
  }
  const of = (column: 0 | 1 | 2): number[] => pieces.map((piece) => piece[column]);
  return ranked(of(0), of(1), of(2), rank);
}
