// A distribution that is added to and taken away from, whatever its buckets' bounds. Where bounds differ from one to the
// other, as exponential buckets do, each bucket is spread evenly over its width.

import { ExactSum } from './exact-sum.ts';
import { finite } from './ring.ts';

/** What came, by bucket and in all. */
export interface Growth {
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  readonly counts: Float64Array;
  readonly count: number;
  readonly sum: number;
}

/** Different buckets out of which a quantile is told: their senders choose the bounds, and all are looked through. */
const differentMost = 8000;

export class Distribution {
  count = 0;
  /** Growths whose sum was not sent. */
  #unsummed = 0;
  readonly #sum = new ExactSum();
  // Buckets in order of their lower, then their upper bound.
  readonly #lows: number[] = [];
  readonly #highs: number[] = [];
  readonly #counts: number[] = [];
  /** How many growths have something in the bucket. */
  readonly #users: number[] = [];
  readonly #columns = [this.#lows, this.#highs, this.#counts, this.#users];

  add(growth: Growth, sign: 1 | -1): void {
    this.count += sign * growth.count;
    if (Number.isNaN(growth.sum)) this.#unsummed += sign;
    else this.#sum.add(sign * growth.sum);
    const { lows, highs, counts } = growth;
    let missing: number[] | null = null;
    let emptied = false;
    for (let b = 0; b < counts.length; b++) {
      if (counts[b] === 0) continue;
      const place = this.#find(lows[b], highs[b]);
      if (place < 0) {
        missing ??= [];
        missing.push(b);
        continue;
      }
      this.#counts[place] += sign * counts[b];
      this.#users[place] += sign;
      if (this.#users[place] === 0) emptied = true;
    }
    if (missing !== null) this.#insert(growth, missing);
    // A bucket that nobody has is none: bounds may drift for as long as the engine runs.
    if (emptied) this.#sweep();
  }

  sum(): number {
    return this.#unsummed > 0 ? Number.NaN : this.#sum.value();
  }

  /** −1 when there is no such bucket. */
  #find(low: number, high: number): number {
    let from = 0;
    let to = this.#lows.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#lows[middle] < low || (this.#lows[middle] === low && this.#highs[middle] < high)) from = middle + 1;
      else to = middle;
    }
    return this.#lows[from] === low && this.#highs[from] === high ? from : -1;
  }

  /** Enters all new buckets at once: their senders choose how many there are. `buckets` are in order, mostly. */
  #insert({ lows, highs, counts }: Growth, buckets: readonly number[]): void {
    const come: { readonly low: number; readonly high: number; count: number; users: number }[] = [];
    for (const b of [...buckets].sort((left, right) => lows[left] - lows[right] || highs[left] - highs[right])) {
      const last = come[come.length - 1];
      if (last !== undefined && last.low === lows[b] && last.high === highs[b]) {
        last.count += counts[b];
        last.users++;
      } else come.push({ low: lows[b], high: highs[b], count: counts[b], users: 1 });
    }
    let from = this.#lows.length - 1;
    for (const column of this.#columns) for (let c = 0; c < come.length; c++) column.push(0);
    let to = this.#lows.length - 1;
    for (let c = come.length - 1; c >= 0; to--) {
      const { low, high, count, users } = come[c];
      if (from >= 0 && (this.#lows[from] > low || (this.#lows[from] === low && this.#highs[from] > high))) {
        for (const column of this.#columns) column[to] = column[from];
        from--;
        continue;
      }
      this.#lows[to] = low;
      this.#highs[to] = high;
      this.#counts[to] = count;
      this.#users[to] = users;
      c--;
    }
  }

  /** Takes out the buckets that nobody has. */
  #sweep(): void {
    let kept = 0;
    for (let b = 0; b < this.#users.length; b++) {
      if (this.#users[b] === 0) continue;
      if (kept < b) for (const column of this.#columns) column[kept] = column[b];
      kept++;
    }
    for (const column of this.#columns) column.length = kept;
  }

  /** Where the share lies when each bucket is spread evenly over its width; NaN when nothing is in any, or there are too many. */
  quantile(share: number): number {
    const [lows, highs, counts] = [this.#lows, this.#highs, this.#counts];
    if (lows.length > differentMost) return Number.NaN;
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
}

function ranked(lows: readonly number[], highs: readonly number[], counts: readonly number[], rank: number): number {
  let before = 0;
  let b = 0;
  while (b < counts.length - 1 && before + counts[b] < rank) before += counts[b++];
  return finite(lows[b] + (highs[b] - lows[b]) * Math.min(1, (rank - before) / counts[b]));
}

/**
 * Cuts the buckets at every bound first. Their senders choose the bounds, so the work grows with the number of buckets
 * and not with its square; densities come and go without rounding.
 */
function rankedOverlapping(
  lows: readonly number[],
  highs: readonly number[],
  counts: readonly number[],
  rank: number,
): number {
  const cuts = [...new Set([...lows, ...highs])].sort((a, b) => a - b);
  const byHigh = [...highs.keys()].filter((b) => lows[b] < highs[b]).sort((a, b) => highs[a] - highs[b]);
  const densityOf = (b: number): number => counts[b] / (highs[b] - lows[b]);
  const density = new ExactSum();
  const pieces: [low: number, high: number, count: number][] = [];
  let begun = 0;
  let ended = 0;
  for (const [c, cut] of cuts.entries()) {
    let at = 0;
    while (ended < byHigh.length && highs[byHigh[ended]] === cut) density.add(-densityOf(byHigh[ended++]));
    for (; begun < lows.length && lows[begun] === cut; begun++) {
      if (highs[begun] === cut) at += counts[begun];
      else density.add(densityOf(begun));
    }
    const next = cuts[c + 1] ?? cut;
    const inside = density.value() * (next - cut);
    if (at > 0) pieces.push([cut, cut, at]);
    if (inside > 0) pieces.push([cut, next, inside]);
  }
  const of = (column: 0 | 1 | 2): number[] => pieces.map((piece) => piece[column]);
  return ranked(of(0), of(1), of(2), rank);
}
