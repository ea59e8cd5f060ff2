// Histograms in a snapshot.

import type { HistogramPoint } from '../../contract.ts';
import { addedBucketsMax } from '../histogram-point.ts';
import type { Growth } from '../kernels/distribution.ts';
import { StateReader } from './state-reader.ts';
import type { StateWriter } from './state-writer.ts';

const what = 'a histogram';

export function saveGrowth({ lows, highs, counts, count, sum }: Growth, to: StateWriter): void {
  to.numbers(lows);
  to.numbers(highs);
  to.numbers(counts);
  to.number(count);
  to.number(sum);
}

export function loadGrowth(from: StateReader): Growth {
  const [lows, highs, counts] = [numbers(from), numbers(from), numbers(from)];
  if (lows.length !== counts.length || highs.length !== counts.length) throw StateReader.damaged(what);
  return { lows, highs, counts, count: from.finite(what), sum: from.number(what) };
}

export function savePoint(point: HistogramPoint, to: StateWriter): void {
  saveGrowth(point, to);
  to.count(point.delta ? 1 : 0);
  to.number(point.startMs);
}

export function loadPoint(from: StateReader): HistogramPoint {
  return { ...loadGrowth(from), delta: from.count(1, what) === 1, startMs: from.number(what) };
}

function numbers(from: StateReader): Float64Array {
  const values = from.numbers(addedBucketsMax, what);
  if (!values.every(Number.isFinite)) throw StateReader.damaged(what);
  return values;
}
