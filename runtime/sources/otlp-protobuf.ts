// An `ExportMetricsServiceRequest` in protobuf, from bytes to rows. Reads the names first and passes by length over
// everything that no schema reads. A malformed body gives one error and no row.
// Field numbers: opentelemetry-proto 1.x, metrics/v1/metrics.proto, common/v1/common.proto, resource/v1/resource.proto.

import type { Intake } from '../evaluate/intake.ts';
import { text } from './byte-dictionary.ts';
import { NameTable } from './name-table.ts';
import type { OtlpAttributes } from './otlp-attributes.ts';
import { OtlpProtobufHistograms } from './otlp-protobuf-histograms.ts';
import {
  type OtlpAccepted,
  type OtlpMetric,
  type OtlpOptions,
  type OtlpRefused,
  OtlpRows,
  type OtlpSteps,
  otlpBodyBytesMax,
  toItsEnd,
} from './otlp-rows.ts';
import { kindDelta, kindGauge, kindSum } from './otlp-schema.ts';
import { ProtobufReader } from './protobuf-reader.ts';

// Tags are field number × 8 + wire type.
const requestResourceMetrics = 10;
const resourceMetricsResource = 10;
const resourceMetricsScopeMetrics = 18;
const resourceAttributes = 10;
const scopeMetricsScope = 10;
const scopeMetricsMetrics = 18;
const scopeAttributes = 26;
const metricName = 10;
const metricGauge = 42;
const metricSum = 58;
const metricHistogram = 74;
const metricExponentialHistogram = 82;
const metricSummary = 90;
const dataPoints = 10;
const sumTemporality = 16;
const sumMonotonic = 24;
const pointTime = 25;
const pointDouble = 33;
const pointInt = 49;
const pointAttributes = 58;
const pointFlags = 64;
const keyValueKey = 10;
const keyValueValue = 18;
const valueString = 10;
const valueBool = 16;
const valueInt = 24;
const valueDouble = 33;

/** Points of one metric are read so far in one step. */
const stepBytes = 16 * 1024;

const temporalityDelta = 1;
const flagNoRecordedValue = 1;

export class OtlpProtobufDecoder {
  readonly #rows: OtlpRows;
  readonly #metricNames: NameTable;
  readonly #metrics: readonly (OtlpMetric | null)[];
  readonly #attributeNames: NameTable;
  readonly #histograms: OtlpProtobufHistograms;
  #reader = new ProtobufReader(new Uint8Array(0));

  /** Decoders of one intake share delta totals and counts by sharing `rows`. */
  constructor(intake: Intake, options: OtlpOptions, rows: OtlpRows = new OtlpRows(intake, options)) {
    this.#rows = rows;
    const names = rows.metricNames;
    this.#metricNames = new NameTable(names);
    this.#metrics = names.map((name) => rows.metric(name));
    this.#attributeNames = new NameTable(rows.attributeNames);
    this.#histograms = new OtlpProtobufHistograms(rows, (end) => this.#attribute(end, rows.point));
  }

  decode(body: Uint8Array): OtlpAccepted | OtlpRefused {
    return toItsEnd(this.steps(body));
  }

  /**
   * The same in steps of less than a millisecond, for a body so large that others must have their turn meanwhile. Until
   * its end nobody may look at the intake's rows; ending it early (`return`) takes the body's rows back.
   */
  *steps(body: Uint8Array): OtlpSteps {
    const rows = this.#rows;
    rows.begin();
    if (body.length > otlpBodyBytesMax) {
      return rows.refuse(
        `the OTLP body has ${body.length} bytes, more than the limit of ${otlpBodyBytesMax}: send smaller batches`,
        '',
      );
    }
    const reader = new ProtobufReader(body);
    this.#reader = reader;
    let ended = false;
    try {
      while (reader.at < body.length) {
        const tag = reader.tag(body.length);
        if (tag === requestResourceMetrics) yield* this.#resourceMetrics(reader.length(body.length));
        else reader.skip(tag, body.length);
      }
      ended = true;
      return rows.finish();
    } catch (error) {
      ended = true;
      // Whatever it was, half a request must not stay.
      const reason = error instanceof Error ? error.message : String(error);
      return rows.refuse(
        `the OTLP body is not a metrics request in protobuf: ${reason}; ${advice(body)}`,
        excerptOf(body),
      );
    } finally {
      if (!ended) rows.abandon();
      // The body shall not be kept until the next one comes.
      this.#reader = new ProtobufReader(new Uint8Array(0));
    }
  }

  /** Fields may come in any order, and attributes are needed before metrics: two rounds. */
  *#resourceMetrics(end: number): Generator<undefined, void> {
    const reader = this.#reader;
    const start = reader.at;
    this.#rows.resource.clear();
    this.#rows.scope.clear();
    this.#attributesIn(end, resourceMetricsResource, resourceAttributes, this.#rows.resource);
    this.#rows.baseChanged();
    reader.at = start;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === resourceMetricsScopeMetrics) yield* this.#scopeMetrics(reader.length(end));
      else reader.skip(tag, end);
    }
  }

  *#scopeMetrics(end: number): Generator<undefined, void> {
    const reader = this.#reader;
    const start = reader.at;
    this.#rows.scope.clear();
    this.#attributesIn(end, scopeMetricsScope, scopeAttributes, this.#rows.scope);
    this.#rows.baseChanged();
    reader.at = start;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === scopeMetricsMetrics) yield* this.#metric(reader.length(end));
      else reader.skip(tag, end);
    }
  }

  /** Reads the attributes of the field `holder` of the message that ends at `end`. */
  #attributesIn(end: number, holder: number, attributes: number, into: OtlpAttributes): void {
    const reader = this.#reader;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag !== holder) {
        reader.skip(tag, end);
        continue;
      }
      const holderEnd = reader.length(end);
      while (reader.at < holderEnd) {
        const inner = reader.tag(holderEnd);
        if (inner === attributes) this.#attribute(reader.length(holderEnd), into);
        else reader.skip(inner, holderEnd);
      }
    }
  }

  *#metric(end: number): Generator<undefined, void> {
    const reader = this.#reader;
    let nameStart = 0;
    let nameEnd = 0;
    let kind = 0;
    let dataStart = 0;
    let dataEnd = 0;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if ((tag & 7) !== 2) {
        reader.skip(tag, end);
        continue;
      }
      const fieldEnd = reader.length(end);
      if (tag === metricName) {
        nameStart = reader.at;
        nameEnd = fieldEnd;
      } else if (tag >= metricGauge && tag <= metricSummary) {
        kind = tag;
        dataStart = reader.at;
        dataEnd = fieldEnd;
      }
      reader.at = fieldEnd;
    }
    const index = this.#metricNames.find(reader.bytes, nameStart, nameEnd);
    const metric = index < 0 ? null : this.#metrics[index];
    reader.at = dataStart;
    if (kind === metricGauge || kind === metricSum) {
      if (metric === null) this.#rows.unmatchedBytes(reader.bytes, nameStart, nameEnd);
      else if (metric.asNumber) yield* this.#numbers(metric, kind, dataEnd);
      else this.#rows.unreadable(metric.name, 'a number');
    } else if (metric?.asHistogram && (kind === metricHistogram || kind === metricExponentialHistogram)) {
      this.#histograms.read(reader, metric, kind === metricExponentialHistogram, dataEnd);
    } else if (kind !== 0) this.#ignore(metric, kind, dataEnd);
    reader.at = end;
    yield;
  }

  #ignore(metric: OtlpMetric | null, kind: number, end: number): void {
    const reader = this.#reader;
    let points = 0;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === dataPoints) points++;
      reader.skip(tag, end);
    }
    const { ignored } = this.#rows;
    if (kind === metricHistogram) ignored.histogram += points;
    else if (kind === metricExponentialHistogram) ignored.exponentialHistogram += points;
    else if (kind === metricSummary) ignored.summary += points;
    if (metric !== null && points > 0)
      this.#rows.unreadable(metric.name, kind === metricSummary ? 'a summary' : 'a histogram');
  }

  *#numbers(metric: OtlpMetric, field: number, end: number): Generator<undefined, void> {
    const reader = this.#reader;
    const start = reader.at;
    let kind = kindGauge;
    let monotonic = false;
    if (field === metricSum) {
      kind = kindSum;
      // Temporality usually follows the points.
      while (reader.at < end) {
        const tag = reader.tag(end);
        if (tag === sumTemporality) kind = reader.varint32(end) === temporalityDelta ? kindDelta : kindSum;
        else if (tag === sumMonotonic) monotonic = reader.varint32(end) !== 0;
        else reader.skip(tag, end);
      }
      reader.at = start;
    }
    let stepEnd = reader.at + stepBytes;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === dataPoints) this.#point(metric, kind, monotonic, reader.length(end));
      else reader.skip(tag, end);
      if (reader.at > stepEnd) {
        yield;
        stepEnd = reader.at + stepBytes;
      }
    }
  }

  #point(metric: OtlpMetric, kind: number, monotonic: boolean, end: number): void {
    const reader = this.#reader;
    const { point } = this.#rows;
    point.clear();
    let timeMs = 0;
    let value = Number.NaN;
    let flags = 0;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === pointAttributes) this.#attribute(reader.length(end), point);
      else if (tag === pointTime) timeMs = reader.nanosecondsAsMs(end);
      else if (tag === pointDouble) value = reader.double(end);
      else if (tag === pointInt) value = reader.sfixed64(end);
      else if (tag === pointFlags) flags = reader.varint32(end);
      else reader.skip(tag, end);
    }
    if ((flags & flagNoRecordedValue) !== 0) value = Number.NaN;
    this.#rows.add(metric, kind, monotonic, timeMs, value);
  }

  /** Reads one KeyValue into `into` when some schema reads that attribute. */
  #attribute(end: number, into: OtlpAttributes): void {
    const reader = this.#reader;
    let attribute = -1;
    let nameStart = 0;
    let nameEnd = 0;
    let valueStart = -1;
    let valueEnd = -1;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag !== keyValueKey && tag !== keyValueValue) {
        reader.skip(tag, end);
        continue;
      }
      const fieldEnd = reader.length(end);
      if (tag === keyValueKey) {
        attribute = this.#attributeNames.find(reader.bytes, reader.at, fieldEnd);
        nameStart = reader.at;
        nameEnd = fieldEnd;
      } else {
        valueStart = reader.at;
        valueEnd = fieldEnd;
      }
      reader.at = fieldEnd;
    }
    if (valueStart < 0) return;
    if (attribute < 0) {
      if (into.others !== null) this.#other(text(reader.bytes, nameStart, nameEnd), valueStart, valueEnd, into.others);
      reader.at = end;
      return;
    }
    reader.at = valueStart;
    while (reader.at < valueEnd) {
      const tag = reader.tag(valueEnd);
      if (tag === valueString) {
        const stringEnd = reader.length(valueEnd);
        into.setBytes(attribute, reader.bytes, reader.at, stringEnd);
        reader.at = stringEnd;
      } else if (tag === valueBool) into.setText(attribute, reader.varint32(valueEnd) !== 0 ? 'true' : 'false');
      else if (tag === valueInt) into.setText(attribute, reader.int64Text(valueEnd));
      else if (tag === valueDouble) into.setText(attribute, String(reader.double(valueEnd)));
      else reader.skip(tag, valueEnd);
    }
    reader.at = end;
  }

  /** The same for an attribute that only a key or tag made of all of them reads. */
  #other(name: string, start: number, end: number, into: Map<string, string>): void {
    const reader = this.#reader;
    reader.at = start;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === valueString) {
        const stringEnd = reader.length(end);
        into.set(name, text(reader.bytes, reader.at, stringEnd));
        reader.at = stringEnd;
      } else if (tag === valueBool) into.set(name, reader.varint32(end) !== 0 ? 'true' : 'false');
      else if (tag === valueInt) into.set(name, reader.int64Text(end));
      else if (tag === valueDouble) into.set(name, String(reader.double(end)));
      else reader.skip(tag, end);
    }
  }
}

function advice(body: Uint8Array): string {
  if (body[0] === 0x1f && body[1] === 0x8b) return 'it looks like gzip: set Content-Encoding';
  if (body[0] === 0x7b) return 'it looks like JSON: set Content-Type to application/json';
  return 'nothing of it was taken; send it again in full';
}

function excerptOf(body: Uint8Array): string {
  return Buffer.from(body.subarray(0, 100)).toString('hex');
}
