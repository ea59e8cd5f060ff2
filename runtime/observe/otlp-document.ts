// An `ExportMetricsServiceRequest` in protobuf as the document that OTLP/JSON would be, as far as a summary of telemetry
// looks at it: names, units, kinds, times, attributes, values. For samples, not for the way of events.
// Field numbers: opentelemetry-proto 1.x, metrics/v1/metrics.proto, common/v1/common.proto, resource/v1/resource.proto.

import { ProtobufReader, wireBytes, wireFixed64, wireVarint } from '../sources/protobuf-reader.ts';

type Document = Record<string, unknown>;
/** What stands in a field: `text`, numbers, a message of its own, or a list of such messages. */
type FieldRule =
  | { readonly name: string; readonly as: 'text' | 'double' | 'integer' | 'milliseconds' | 'true' }
  | { readonly name: string; readonly as: 'message' | 'list'; readonly rule: () => MessageRule };
type MessageRule = ReadonlyMap<number, FieldRule>;

const value: MessageRule = new Map<number, FieldRule>([
  [1, { name: 'stringValue', as: 'text' }],
  [2, { name: 'boolValue', as: 'true' }],
  [3, { name: 'intValue', as: 'integer' }],
  [4, { name: 'doubleValue', as: 'double' }],
]);
const attribute: MessageRule = new Map<number, FieldRule>([
  [1, { name: 'key', as: 'text' }],
  [2, { name: 'value', as: 'message', rule: () => value }],
]);
const attributesAt = (field: number): [number, FieldRule] => [
  field,
  { name: 'attributes', as: 'list', rule: () => attribute },
];
const time: [number, FieldRule] = [3, { name: 'timeUnixNano', as: 'milliseconds' }];
const numberPoint: MessageRule = new Map<number, FieldRule>([
  time,
  [4, { name: 'asDouble', as: 'double' }],
  [6, { name: 'asInt', as: 'integer' }],
  attributesAt(7),
]);
const histogramPoint: MessageRule = new Map<number, FieldRule>([time, attributesAt(9)]);
const exponentialPoint: MessageRule = new Map<number, FieldRule>([time, attributesAt(1)]);
const summaryPoint: MessageRule = new Map<number, FieldRule>([time, attributesAt(7)]);
const dataOf = (point: MessageRule): MessageRule =>
  new Map<number, FieldRule>([
    [1, { name: 'dataPoints', as: 'list', rule: () => point }],
    [3, { name: 'isMonotonic', as: 'true' }],
  ]);
const metric: MessageRule = new Map<number, FieldRule>([
  [1, { name: 'name', as: 'text' }],
  [3, { name: 'unit', as: 'text' }],
  [5, { name: 'gauge', as: 'message', rule: () => dataOf(numberPoint) }],
  [7, { name: 'sum', as: 'message', rule: () => dataOf(numberPoint) }],
  [9, { name: 'histogram', as: 'message', rule: () => dataOf(histogramPoint) }],
  [10, { name: 'exponentialHistogram', as: 'message', rule: () => dataOf(exponentialPoint) }],
  [11, { name: 'summary', as: 'message', rule: () => dataOf(summaryPoint) }],
]);
const scope: MessageRule = new Map([attributesAt(3)]);
const resource: MessageRule = new Map([attributesAt(1)]);
const scopeMetrics: MessageRule = new Map<number, FieldRule>([
  [1, { name: 'scope', as: 'message', rule: () => scope }],
  [2, { name: 'metrics', as: 'list', rule: () => metric }],
]);
const resourceMetrics: MessageRule = new Map<number, FieldRule>([
  [1, { name: 'resource', as: 'message', rule: () => resource }],
  [2, { name: 'scopeMetrics', as: 'list', rule: () => scopeMetrics }],
]);
const request: MessageRule = new Map<number, FieldRule>([
  [1, { name: 'resourceMetrics', as: 'list', rule: () => resourceMetrics }],
]);

const wires: Readonly<Record<FieldRule['as'], number>> = {
  text: wireBytes,
  message: wireBytes,
  list: wireBytes,
  double: wireFixed64,
  milliseconds: wireFixed64,
  // A value of 64 bits is fixed in a point, and of changing length in an attribute.
  integer: wireFixed64,
  true: wireVarint,
};

/** @throws MalformedBody when the bytes are no such request. */
export function otlpDocument(bytes: Uint8Array): unknown {
  return messageIn(new ProtobufReader(bytes), bytes.length, request);
}

function messageIn(reader: ProtobufReader, end: number, rule: MessageRule): Document {
  const document: Document = Object.create(null);
  while (reader.at < end) {
    const tag = reader.tag(end);
    const field = rule.get(tag >>> 3);
    const wire = tag & 7;
    const fits = field !== undefined && (wires[field.as] === wire || (field.as === 'integer' && wire === wireVarint));
    if (field === undefined || !fits) {
      reader.skip(tag, end);
      continue;
    }
    const read = fieldIn(reader, end, field, wire);
    if (field.as !== 'list') document[field.name] = read;
    else if (Array.isArray(document[field.name])) (document[field.name] as unknown[]).push(read);
    else document[field.name] = [read];
  }
  return document;
}

function fieldIn(reader: ProtobufReader, end: number, field: FieldRule, wire: number): unknown {
  switch (field.as) {
    case 'text': {
      const textEnd = reader.length(end);
      const text = new TextDecoder().decode(reader.bytes.subarray(reader.at, textEnd));
      reader.at = textEnd;
      return text;
    }
    case 'double':
      return reader.double(end);
    case 'integer':
      return wire === wireVarint ? reader.int64Text(end) : reader.sfixed64(end);
    case 'milliseconds':
      return reader.nanosecondsAsMs(end) * 1e6;
    case 'true':
      return reader.varint32(end) !== 0;
    case 'message':
    case 'list':
      return messageIn(reader, reader.length(end), field.rule());
  }
}
