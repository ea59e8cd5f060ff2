// OTLP requests as plain objects in the shape of OTLP/JSON, and an encoder to protobuf that is written apart from the
// decoder under test.

export interface OtlpAttribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly boolValue?: boolean;
    readonly intValue?: string;
    readonly doubleValue?: number;
  };
}

export interface OtlpPoint {
  readonly attributes?: OtlpAttribute[];
  /** Absent for a point without a time. */
  readonly timeUnixNano?: string;
  readonly asDouble?: number | string;
  readonly asInt?: string;
  readonly flags?: number;
}

export interface OtlpBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly string[];
}

/** A point of a histogram, of either kind. */
export interface OtlpHistogramPoint extends OtlpPoint {
  readonly startTimeUnixNano?: string;
  readonly count?: string;
  readonly sum?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
  readonly scale?: number;
  readonly zeroCount?: string;
  readonly zeroThreshold?: number;
  readonly positive?: OtlpBuckets;
  readonly negative?: OtlpBuckets;
}

interface OtlpHistogram {
  readonly aggregationTemporality?: number;
  readonly dataPoints: readonly OtlpHistogramPoint[];
}

export interface OtlpMetricJson {
  readonly name: string;
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly sum?: {
    readonly dataPoints: readonly OtlpPoint[];
    readonly aggregationTemporality: number;
    readonly isMonotonic: boolean;
  };
  readonly histogram?: OtlpHistogram;
  readonly exponentialHistogram?: OtlpHistogram;
  readonly summary?: { readonly dataPoints: readonly OtlpPoint[] };
}

export interface OtlpRequest {
  readonly resourceMetrics: readonly {
    readonly resource?: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeMetrics: readonly {
      readonly scope?: { readonly name?: string; readonly attributes?: readonly OtlpAttribute[] };
      readonly metrics?: readonly OtlpMetricJson[];
    }[];
  }[];
}

/** `reversed` writes the fields of every message in the opposite order, which protobuf allows. */
export function otlpProtobuf(request: OtlpRequest, reversed = false): Buffer<ArrayBuffer> {
  const join = (fields: readonly Buffer[]): Buffer<ArrayBuffer> =>
    Buffer.concat(reversed ? fields.toReversed() : fields);
  const bytes = (field: number, value: Buffer): Buffer =>
    Buffer.concat([varint(BigInt(field * 8 + 2)), varint(BigInt(value.length)), value]);
  const text = (field: number, value: string | undefined): Buffer =>
    value === undefined ? Buffer.alloc(0) : bytes(field, Buffer.from(value));
  const number = (field: number, value: bigint): Buffer => Buffer.concat([varint(BigInt(field * 8)), varint(value)]);

  const attribute = ({ key, value }: OtlpAttribute): Buffer => {
    const inner: Buffer[] = [text(1, value.stringValue)];
    if (value.boolValue !== undefined) inner.push(number(2, value.boolValue ? 1n : 0n));
    if (value.intValue !== undefined) inner.push(number(3, BigInt(value.intValue)));
    if (value.doubleValue !== undefined) inner.push(double(4, value.doubleValue));
    return join([text(1, key), bytes(2, join(inner))]);
  };
  const attributes = (field: number, list: readonly OtlpAttribute[] = []): Buffer[] =>
    list.map((each) => bytes(field, attribute(each)));
  const point = (value: OtlpPoint): Buffer =>
    join([
      fixed(2, 123n),
      ...(value.timeUnixNano === undefined ? [] : [fixed(3, BigInt(value.timeUnixNano))]),
      ...(value.asDouble === undefined ? [] : [double(4, Number(value.asDouble))]),
      ...(value.asInt === undefined ? [] : [fixed(6, BigInt.asUintN(64, BigInt(value.asInt)))]),
      ...attributes(7, value.attributes),
      ...(value.flags === undefined ? [] : [number(8, BigInt(value.flags))]),
    ]);
  const points = (data: { readonly dataPoints: readonly OtlpPoint[] }): Buffer[] =>
    data.dataPoints.map((each) => bytes(1, point(each)));
  const signed = (field: number, value: number): Buffer =>
    number(field, BigInt(value < 0 ? -2 * value - 1 : 2 * value));
  const buckets = (field: number, value: OtlpBuckets | undefined): Buffer[] =>
    value === undefined
      ? []
      : [
          bytes(
            field,
            join([
              signed(1, value.offset),
              bytes(2, Buffer.concat(value.bucketCounts.map((count) => varint(BigInt(count))))),
            ]),
          ),
        ];
  const packed = (field: number, values: readonly Buffer[]): Buffer =>
    bytes(field, Buffer.concat(values.map((value) => value.subarray(1))));
  const histogramPoint = (value: OtlpHistogramPoint, exponential: boolean): Buffer =>
    join([
      ...(value.startTimeUnixNano === undefined ? [] : [fixed(2, BigInt(value.startTimeUnixNano))]),
      ...(value.timeUnixNano === undefined ? [] : [fixed(3, BigInt(value.timeUnixNano))]),
      ...(value.count === undefined ? [] : [fixed(4, BigInt(value.count))]),
      ...(value.sum === undefined ? [] : [double(5, value.sum)]),
      ...(exponential || value.bucketCounts === undefined
        ? []
        : [
            packed(
              6,
              value.bucketCounts.map((count) => fixed(6, BigInt(count))),
            ),
          ]),
      ...(exponential || value.explicitBounds === undefined
        ? []
        : [
            packed(
              7,
              value.explicitBounds.map((bound) => double(7, bound)),
            ),
          ]),
      ...(value.scale === undefined ? [] : [signed(6, value.scale)]),
      ...(value.zeroCount === undefined ? [] : [fixed(7, BigInt(value.zeroCount))]),
      ...buckets(8, value.positive),
      ...buckets(9, value.negative),
      ...(value.zeroThreshold === undefined ? [] : [double(14, value.zeroThreshold)]),
      ...(value.flags === undefined ? [] : [number(10, BigInt(value.flags))]),
      ...attributes(exponential ? 1 : 9, value.attributes),
    ]);
  const histogram = (data: OtlpHistogram, exponential: boolean): Buffer =>
    join([
      ...data.dataPoints.map((each) => bytes(1, histogramPoint(each, exponential))),
      ...(data.aggregationTemporality === undefined ? [] : [number(2, BigInt(data.aggregationTemporality))]),
    ]);
  const metric = (value: OtlpMetricJson): Buffer =>
    join([
      text(1, value.name),
      text(2, 'what it is'),
      ...(value.gauge === undefined ? [] : [bytes(5, join(points(value.gauge)))]),
      ...(value.sum === undefined
        ? []
        : [
            bytes(
              7,
              join([
                ...points(value.sum),
                number(2, BigInt(value.sum.aggregationTemporality)),
                number(3, value.sum.isMonotonic ? 1n : 0n),
              ]),
            ),
          ]),
      ...(value.histogram === undefined ? [] : [bytes(9, histogram(value.histogram, false))]),
      ...(value.exponentialHistogram === undefined ? [] : [bytes(10, histogram(value.exponentialHistogram, true))]),
      ...(value.summary === undefined ? [] : [bytes(11, join(points(value.summary)))]),
    ]);
  return join(
    request.resourceMetrics.map(({ resource, scopeMetrics }) =>
      bytes(
        1,
        join([
          bytes(1, join(attributes(1, resource?.attributes))),
          ...scopeMetrics.map(({ scope, metrics }) =>
            bytes(
              2,
              join([
                bytes(1, join([text(1, scope?.name), ...attributes(3, scope?.attributes)])),
                ...(metrics ?? []).map((each) => bytes(2, metric(each))),
              ]),
            ),
          ),
          text(3, 'https://example.org/schema'),
        ]),
      ),
    ),
  );
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Buffer.from(out);
}

function fixed(field: number, value: bigint): Buffer {
  const buffer = Buffer.alloc(9);
  buffer[0] = field * 8 + 1;
  buffer.writeBigUInt64LE(value, 1);
  return buffer;
}

function double(field: number, value: number): Buffer {
  const buffer = Buffer.alloc(9);
  buffer[0] = field * 8 + 1;
  buffer.writeDoubleLE(value, 1);
  return buffer;
}
