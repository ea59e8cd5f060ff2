// One histogram point of OTLP/JSON, explicit or exponential. 64-bit counts come as strings; a wrong shape names its path.

import {
  bucketsMax,
  countsFault,
  explicitPoint,
  exponentialPoint,
  type PointFrame,
  pointFault,
} from '../evaluate/histogram-point.ts';
import type { PointMaker } from './otlp-rows.ts';
import { MalformedBody } from './protobuf-reader.ts';

type Fields = { readonly [name: string]: unknown };

/** What makes the point in the unit of a schema. Throws `MalformedBody`. */
export function jsonPoint(
  point: Fields,
  exponential: boolean,
  delta: boolean,
  startMs: number,
  path: string,
): PointMaker {
  const count = countAt(point.count, `${path}.count`);
  const sum = (point.sum ?? null) === null ? Number.NaN : numberAt(point.sum, `${path}.sum`);
  const frame = (canonical: (wire: number) => number): PointFrame => ({
    count,
    sum: canonical(sum),
    delta,
    startMs: startMs > 0 ? startMs : Number.NaN,
  });
  if (exponential) {
    const scale = numberAt(point.scale ?? 0, `${path}.scale`);
    const positive = bucketsAt(point.positive, `${path}.positive`);
    const negative = bucketsAt(point.negative, `${path}.negative`);
    const zero = {
      count: countAt(point.zeroCount, `${path}.zeroCount`),
      threshold: numberAt(point.zeroThreshold ?? 0, `${path}.zeroThreshold`),
    };
    const fault = countsFault([...positive.counts, ...negative.counts]);
    if (fault !== null) throw new MalformedBody(`\`${path}\` ${fault}`);
    return (canonical) => exponentialPoint(scale, positive, negative, zero, canonical, frame(canonical));
  }
  const bounds = numbersAt(point.explicitBounds, `${path}.explicitBounds`);
  const counts = numbersAt(point.bucketCounts, `${path}.bucketCounts`);
  // Without buckets only count and sum are told.
  if (counts.length === 0 && bounds.length === 0) return (canonical) => explicitPoint([], [count], frame(canonical));
  const fault = pointFault(bounds, counts);
  if (fault !== null) throw new MalformedBody(`\`${path}\` ${fault}`);
  return (canonical) => explicitPoint(bounds.map(canonical), counts, frame(canonical));
}

function bucketsAt(value: unknown, path: string): { readonly offset: number; readonly counts: readonly number[] } {
  if ((value ?? null) === null) return { offset: 0, counts: [] };
  if (typeof value !== 'object') throw new MalformedBody(`\`${path}\` must be an object`);
  const { offset, bucketCounts } = value as Fields;
  return { offset: numberAt(offset ?? 0, `${path}.offset`), counts: numbersAt(bucketCounts, `${path}.bucketCounts`) };
}

function numbersAt(value: unknown, path: string): readonly number[] {
  if ((value ?? null) === null) return [];
  if (!Array.isArray(value)) throw new MalformedBody(`\`${path}\` must be a list`);
  if (value.length > bucketsMax) throw new MalformedBody(`\`${path}\` has more than ${bucketsMax} entries`);
  return value.map((each, index) => numberAt(each, `${path}[${index}]`));
}

function countAt(value: unknown, path: string): number {
  const count = numberAt(value ?? 0, path);
  if (countsFault([count]) === null) return count;
  throw new MalformedBody(`\`${path}\` must be a whole number of observations, but is ${count}`);
}

function numberAt(value: unknown, path: string): number {
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new MalformedBody(`\`${path}\` must be a number, but is ${JSON.stringify(value)?.slice(0, 60) ?? 'absent'}`);
}
