// One message of telemetry cut into one for each key, so that a key's events can live on one partition: OTLP by resource,
// in protobuf without decoding more than the resource, in JSON as documents; a plain event has one key anyway.

import type { TagMeta } from '../../contract.ts';
import { composedText, type EventTags } from '../../evaluate/composition.ts';
import { ProtobufReader } from '../protobuf-reader.ts';

export interface KeyedPart {
  /** `null`: nothing in it tells the key. */
  readonly key: string | null;
  readonly value: Uint8Array;
}

const requestResourceMetrics = 10;
const resourceMetricsResource = 10;
const resourceAttributes = 10;
const keyValueKey = 10;
const keyValueValue = 18;
const valueString = 10;
const valueBool = 16;
const valueInt = 24;
const valueDouble = 33;
const protobufStart = 0x0a;

type Fields = Readonly<Record<string, unknown>>;

/** The parts of `value` in the order of their first appearance. Errors: it is no telemetry. */
export function splitTelemetry(value: Uint8Array, key: TagMeta): readonly KeyedPart[] {
  return value[0] === protobufStart ? splitProtobuf(value, key) : splitJson(value, key);
}

function splitProtobuf(value: Uint8Array, key: TagMeta): readonly KeyedPart[] {
  const reader = new ProtobufReader(value);
  const parts = new Map<string | null, Uint8Array[]>();
  while (reader.at < value.length) {
    const start = reader.at;
    const tag = reader.tag(value.length);
    if (tag !== requestResourceMetrics) {
      reader.skip(tag, value.length);
      continue;
    }
    const end = reader.length(value.length);
    const found = keyOf(resourceOf(reader, end), key);
    reader.at = end;
    const known = parts.get(found);
    if (known === undefined) parts.set(found, [value.subarray(start, end)]);
    else known.push(value.subarray(start, end));
  }
  // Requests behind one another are one request.
  return [...parts].map(([found, slices]) => ({
    key: found,
    value: slices.length === 1 ? (slices[0] ?? value) : Buffer.concat(slices),
  }));
}

function resourceOf(reader: ProtobufReader, end: number): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag !== resourceMetricsResource) {
      reader.skip(tag, end);
      continue;
    }
    const resourceEnd = reader.length(end);
    while (reader.at < resourceEnd) {
      const inner = reader.tag(resourceEnd);
      if (inner === resourceAttributes) readAttribute(reader, reader.length(resourceEnd), attributes);
      else reader.skip(inner, resourceEnd);
    }
  }
  return attributes;
}

function readAttribute(reader: ProtobufReader, end: number, into: Map<string, string>): void {
  let name = '';
  let text: string | null = null;
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === keyValueKey) name = textAt(reader, reader.length(end));
    else if (tag === keyValueValue) text = readValue(reader, reader.length(end));
    else reader.skip(tag, end);
  }
  if (text !== null) into.set(name, text);
}

function readValue(reader: ProtobufReader, end: number): string | null {
  let text: string | null = null;
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === valueString) text = textAt(reader, reader.length(end));
    else if (tag === valueBool) text = reader.varint32(end) !== 0 ? 'true' : 'false';
    else if (tag === valueInt) text = reader.int64Text(end);
    else if (tag === valueDouble) text = String(reader.double(end));
    else reader.skip(tag, end);
  }
  return text;
}

function textAt(reader: ProtobufReader, end: number): string {
  const { bytes, at } = reader;
  reader.at = end;
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('utf8');
}

function splitJson(value: Uint8Array, key: TagMeta): readonly KeyedPart[] {
  const document: unknown = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8'));
  if (!isFields(document)) throw new Error('it is no object');
  const { resourceMetrics } = document;
  if (!Array.isArray(resourceMetrics)) return [{ key: keyOf(textsOf(document.tags), key), value }];
  const parts = new Map<string | null, unknown[]>();
  for (const each of resourceMetrics) {
    const resource = isFields(each) && isFields(each.resource) ? each.resource : {};
    const found = keyOf(attributesOf(resource.attributes), key);
    const known = parts.get(found);
    if (known === undefined) parts.set(found, [each]);
    else known.push(each);
  }
  if (parts.size === 1) return [...parts.keys()].map((found) => ({ key: found, value }));
  return [...parts].map(([found, list]) => ({
    key: found,
    value: Buffer.from(JSON.stringify({ resourceMetrics: list })),
  }));
}

function attributesOf(attributes: unknown): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  if (!Array.isArray(attributes)) return texts;
  for (const attribute of attributes) {
    if (!isFields(attribute) || typeof attribute.key !== 'string' || !isFields(attribute.value)) continue;
    const { stringValue, boolValue, intValue, doubleValue } = attribute.value;
    const found = stringValue ?? boolValue ?? intValue ?? doubleValue;
    if (isScalar(found)) texts.set(attribute.key, String(found));
  }
  return texts;
}

function textsOf(tags: unknown): ReadonlyMap<string, string> {
  const scalars = isFields(tags) ? Object.entries(tags).filter(([, each]) => isScalar(each)) : [];
  return new Map(scalars.map(([name, each]) => [name, String(each)]));
}

function keyOf(texts: ReadonlyMap<string, string>, { name, from, source }: TagMeta): string | null {
  const tags: EventTags = { text: (each) => texts.get(each) ?? null, names: () => texts.keys() };
  // An empty field counts as an absent one.
  const found = source === undefined ? texts.get(name) || texts.get(from) : composedText(source, tags);
  return found === undefined || found === '' ? null : found;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
