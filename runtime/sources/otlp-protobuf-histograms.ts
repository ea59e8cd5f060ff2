// Histogram points of OTLP in protobuf, explicit and exponential, from bytes to rows.
// Field numbers: opentelemetry-proto 1.x, metrics/v1/metrics.proto.

import {
  bucketsMax,
  countsFault,
  explicitPoint,
  exponentialPoint,
  type PointFrame,
  pointFault,
} from '../evaluate/histogram-point.ts';
import type { OtlpMetric, OtlpRows, PointMaker } from './otlp-rows.ts';
import { MalformedBody, type ProtobufReader } from './protobuf-reader.ts';

const dataPoints = 10;
const temporalityField = 16;
const temporalityDelta = 1;
const flagNoRecordedValue = 1;
// Both kinds of points.
const pointStart = 17;
const pointTime = 25;
const pointCount = 33;
const pointSum = 41;
// Explicit: counts as fixed64 and bounds as doubles, packed or one by one.
const explicitCounts = 50;
const explicitCount = 49;
const explicitBounds = 58;
const explicitBound = 57;
const explicitAttributes = 74;
const explicitFlags = 80;
// Exponential.
const exponentialAttributes = 10;
const exponentialScale = 48;
const exponentialZeroCount = 57;
const exponentialPositive = 66;
const exponentialNegative = 74;
const exponentialFlags = 80;
const exponentialZeroThreshold = 113;
const bucketsOffset = 8;
const bucketsCounts = 18;
const bucketsCount = 16;

interface Buckets {
  offset: number;
  readonly counts: number[];
}

export class OtlpProtobufHistograms {
  readonly #rows: OtlpRows;
  readonly #attribute: (end: number) => void;

  /** `attribute` reads one attribute of the point at hand, up to `end`. */
  constructor(rows: OtlpRows, attribute: (end: number) => void) {
    this.#rows = rows;
    this.#attribute = attribute;
  }

  /** Reads the points of one metric, up to `end`. */
  read(reader: ProtobufReader, metric: OtlpMetric, exponential: boolean, end: number): void {
    const start = reader.at;
    let delta = false;
    // Temporality usually follows the points.
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === temporalityField) delta = reader.varint32(end) === temporalityDelta;
      else reader.skip(tag, end);
    }
    reader.at = start;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag !== dataPoints) reader.skip(tag, end);
      else if (exponential) this.#exponential(reader, metric, delta, reader.length(end));
      else this.#explicit(reader, metric, delta, reader.length(end));
    }
  }

  #explicit(reader: ProtobufReader, metric: OtlpMetric, delta: boolean, end: number): void {
    const shared = new SharedFields(delta);
    const counts: number[] = [];
    const bounds: number[] = [];
    let flags = 0;
    this.#rows.point.clear();
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === explicitAttributes) this.#attribute(reader.length(end));
      else if (tag === explicitCounts) packed(reader, end, counts, (inner) => reader.sfixed64(inner));
      else if (tag === explicitCount) counts.push(reader.sfixed64(end));
      else if (tag === explicitBounds) packed(reader, end, bounds, (inner) => reader.double(inner));
      else if (tag === explicitBound) bounds.push(reader.double(end));
      else if (tag === explicitFlags) flags = reader.varint32(end);
      else if (!shared.take(tag, reader, end)) reader.skip(tag, end);
    }
    const make: PointMaker = (canonical) =>
      explicitPoint(bounds.map(canonical), counts.length === 0 ? [shared.count] : counts, shared.frame(canonical));
    // Without buckets only count and sum are told.
    const own = counts.length === 0 && bounds.length === 0 ? null : pointFault(bounds, counts);
    const fault = own ?? countsFault([shared.count]);
    if (fault !== null) throw new MalformedBody(`a histogram of metric ${metric.name} ${fault}`);
    this.#rows.addHistogram(metric, shared.timeMs, (flags & flagNoRecordedValue) !== 0 ? null : make);
  }

  #exponential(reader: ProtobufReader, metric: OtlpMetric, delta: boolean, end: number): void {
    const shared = new SharedFields(delta);
    const positive: Buckets = { offset: 0, counts: [] };
    const negative: Buckets = { offset: 0, counts: [] };
    const zero = { count: 0, threshold: 0 };
    let scale = 0;
    let flags = 0;
    this.#rows.point.clear();
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === exponentialAttributes) this.#attribute(reader.length(end));
      else if (tag === exponentialScale) scale = zigzag(reader.varint32(end));
      else if (tag === exponentialZeroCount) zero.count = reader.sfixed64(end);
      else if (tag === exponentialZeroThreshold) zero.threshold = reader.double(end);
      else if (tag === exponentialPositive) readBuckets(reader, reader.length(end), positive);
      else if (tag === exponentialNegative) readBuckets(reader, reader.length(end), negative);
      else if (tag === exponentialFlags) flags = reader.varint32(end);
      else if (!shared.take(tag, reader, end)) reader.skip(tag, end);
    }
    const fault = countsFault([...positive.counts, ...negative.counts, zero.count, shared.count]);
    if (fault !== null) throw new MalformedBody(`a histogram of metric ${metric.name} ${fault}`);
    const make: PointMaker = (canonical) =>
      exponentialPoint(scale, positive, negative, zero, canonical, shared.frame(canonical));
    this.#rows.addHistogram(metric, shared.timeMs, (flags & flagNoRecordedValue) !== 0 ? null : make);
  }
}

class SharedFields {
  count = 0;
  timeMs = 0;
  readonly #delta: boolean;
  #sum = Number.NaN;
  #startMs = 0;

  constructor(delta: boolean) {
    this.#delta = delta;
  }

  /** False when the field is none of those that both kinds have. */
  take(tag: number, reader: ProtobufReader, end: number): boolean {
    if (tag === pointTime) this.timeMs = reader.nanosecondsAsMs(end);
    else if (tag === pointStart) this.#startMs = reader.nanosecondsAsMs(end);
    else if (tag === pointCount) this.count = reader.sfixed64(end);
    else if (tag === pointSum) this.#sum = reader.double(end);
    else return false;
    return true;
  }

  frame(canonical: (wire: number) => number): PointFrame {
    const startMs = this.#startMs > 0 ? this.#startMs : Number.NaN;
    return { count: this.count, sum: canonical(this.#sum), delta: this.#delta, startMs };
  }
}

function readBuckets(reader: ProtobufReader, end: number, into: Buckets): void {
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === bucketsOffset) into.offset = zigzag(reader.varint32(end));
    else if (tag === bucketsCounts) packed(reader, end, into.counts, (inner) => Number(reader.int64Text(inner)));
    else if (tag === bucketsCount) into.counts.push(Number(reader.int64Text(end)));
    else reader.skip(tag, end);
    if (into.counts.length > bucketsMax) throw new MalformedBody(`a histogram has more than ${bucketsMax} buckets`);
  }
}

function packed(reader: ProtobufReader, end: number, into: number[], next: (end: number) => number): void {
  const stop = reader.length(end);
  while (reader.at < stop) {
    into.push(next(stop));
    if (into.length > bucketsMax) throw new MalformedBody(`a histogram has more than ${bucketsMax} buckets`);
  }
}

function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
