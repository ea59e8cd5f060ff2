// The points of a histogram in a window, each with what it grew since the one before: added to a distribution, which
// several may have in common, while the window reaches back to both, and taken away again.

import type { HistogramPoint } from '../../contract.ts';
import { loadGrowth, loadPoint, saveGrowth, savePoint } from '../state/point-state.ts';
import type { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import type { Distribution, Growth } from './distribution.ts';
import { loadSamples, Ring, saveSamples } from './ring.ts';

const nothing: Growth = {
  lows: new Float64Array(0),
  highs: new Float64Array(0),
  counts: new Float64Array(0),
  count: 0,
  sum: 0,
};

export class HistogramHistory extends Ring {
  /** Observations between the first and the last point. */
  count = 0;
  #last: HistogramPoint | null = null;
  /** In order of time; the oldest one's lies before the window and does not count. */
  #growths: Growth[] = [];
  /** Those before it have left. */
  #oldest = 0;
  readonly #grown: Distribution;

  constructor(grown: Distribution) {
    super();
    this.#grown = grown;
  }

  take(time: number, point: HistogramPoint): void {
    const growth = this.size > 0 ? growthOf(this.#last, point) : nothing;
    this.append(time, 0);
    this.#growths.push(growth);
    this.#add(growth, 1);
    this.#last = point;
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

  save(to: StateWriter): void {
    saveSamples(this, to);
    for (let k = 0; k < this.size; k++) saveGrowth(this.#growths[this.#oldest + k], to);
    if (this.size > 0 && this.#last !== null) savePoint(this.#last, to);
  }

  /** Into a history that has nothing yet. */
  load(from: StateReader, capacity: number): void {
    loadSamples(this, from, Number.POSITIVE_INFINITY);
    for (let k = 0; k < this.size; k++) {
      const growth = loadGrowth(from);
      this.#growths.push(k === 0 ? nothing : growth);
      if (k > 0) this.#add(growth, 1);
    }
    if (this.size > 0) this.#last = loadPoint(from);
    while (this.size > capacity) this.drop();
  }

  #add(growth: Growth, sign: 1 | -1): void {
    this.count += sign * growth.count;
    this.#grown.add(growth, sign);
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
