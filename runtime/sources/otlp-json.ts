// An `ExportMetricsServiceRequest` in OTLP/JSON, from text to rows: the same rows as its protobuf twin. A wrong shape
// gives one error that names the path, and no row. Checked by hand on the way, since a schema library would walk every
// attribute of a request a second time.

import type { Intake } from '../evaluate/intake.ts';
import type { OtlpAttributes } from './otlp-attributes.ts';
import { jsonPoint } from './otlp-json-histogram.ts';
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
import { MalformedBody } from './protobuf-reader.ts';

/** Points of one metric are read so many in one step. */
const pointsPerStep = 128;

type Fields = { readonly [name: string]: unknown };

const ignoredKinds = [
  ['histogram', 'histogram', 'a histogram'],
  ['exponentialHistogram', 'exponentialHistogram', 'a histogram'],
  ['summary', 'summary', 'a summary'],
] as const;

export class OtlpJsonDecoder {
  readonly #rows: OtlpRows;
  readonly #attributes: ReadonlyMap<string, number>;

  /** Decoders of one intake share delta totals and counts by sharing `rows`. */
  constructor(intake: Intake, options: OtlpOptions, rows: OtlpRows = new OtlpRows(intake, options)) {
    this.#rows = rows;
    this.#attributes = new Map(rows.attributeNames.map((name, index) => [name, index]));
  }

  decode(body: Uint8Array): OtlpAccepted | OtlpRefused {
    return toItsEnd(this.steps(body));
  }

  /** The same in steps: the text is parsed as a whole, then its metrics are read one by one. See the protobuf twin. */
  *steps(body: Uint8Array): OtlpSteps {
    const rows = this.#rows;
    rows.begin();
    if (body.length > otlpBodyBytesMax) {
      return rows.refuse(
        `the OTLP body has ${body.length} bytes, more than the limit of ${otlpBodyBytesMax}: send smaller batches`,
        '',
      );
    }
    const json = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
    let ended = false;
    try {
      yield* this.#request(parsed(json));
      ended = true;
      return rows.finish();
    } catch (error) {
      ended = true;
      // Whatever it was, half a request must not stay.
      const reason = error instanceof Error ? error.message : String(error);
      return rows.refuse(`the OTLP body is not a metrics request in JSON: ${reason}; nothing of it was taken`, json);
    } finally {
      if (!ended) rows.abandon();
    }
  }

  *#request(json: unknown): Generator<undefined, void> {
    const request = fieldsOf(json, 'the body');
    if (request.resourceMetrics === undefined && request.resource_metrics !== undefined) {
      throw new MalformedBody('it has `resource_metrics`, but OTLP/JSON writes `resourceMetrics`');
    }
    for (const [i, each] of listOf(request.resourceMetrics, 'resourceMetrics').entries()) {
      const path = `resourceMetrics[${i}]`;
      const resourceMetrics = fieldsOf(each, path);
      this.#rows.resource.clear();
      this.#rows.scope.clear();
      this.#holder(resourceMetrics.resource, `${path}.resource`, this.#rows.resource);
      for (const [j, inner] of listOf(resourceMetrics.scopeMetrics, `${path}.scopeMetrics`).entries()) {
        yield* this.#scopeMetrics(inner, `${path}.scopeMetrics[${j}]`);
      }
    }
  }

  *#scopeMetrics(json: unknown, path: string): Generator<undefined, void> {
    const scopeMetrics = fieldsOf(json, path);
    this.#rows.scope.clear();
    this.#holder(scopeMetrics.scope, `${path}.scope`, this.#rows.scope);
    this.#rows.baseChanged();
    for (const [i, metric] of listOf(scopeMetrics.metrics, `${path}.metrics`).entries()) {
      yield* this.#metric(fieldsOf(metric, `${path}.metrics[${i}]`), `${path}.metrics[${i}]`);
    }
  }

  *#metric(metric: Fields, path: string): Generator<undefined, void> {
    const name = metric.name ?? '';
    if (typeof name !== 'string') throw wrong(`${path}.name`, 'a string', name);
    for (const [field, counter, words] of ignoredKinds) {
      if ((metric[field] ?? null) === null) continue;
      const points = listOf(fieldsOf(metric[field], `${path}.${field}`).dataPoints, `${path}.${field}.dataPoints`);
      const declared = this.#rows.metric(name);
      if (declared?.asHistogram && field !== 'summary') {
        this.#histograms(declared, fieldsOf(metric[field], `${path}.${field}`), field, points, `${path}.${field}`);
        continue;
      }
      this.#rows.ignored[counter] += points.length;
      if (points.length > 0 && declared !== null) this.#rows.unreadable(name, words);
    }
    if ((metric.gauge ?? null) !== null)
      yield* this.#numbers(name, fieldsOf(metric.gauge, `${path}.gauge`), false, `${path}.gauge`);
    if ((metric.sum ?? null) !== null)
      yield* this.#numbers(name, fieldsOf(metric.sum, `${path}.sum`), true, `${path}.sum`);
    yield;
  }

  *#numbers(name: string, data: Fields, sum: boolean, path: string): Generator<undefined, void> {
    const metric = this.#rows.metric(name);
    const points = listOf(data.dataPoints, `${path}.dataPoints`);
    if (metric === null) {
      this.#rows.unmatched(name);
      return;
    }
    if (!metric.asNumber) {
      this.#rows.unreadable(name, 'a number');
      return;
    }
    const delta = isDelta(data.aggregationTemporality);
    const kind = sum ? (delta ? kindDelta : kindSum) : kindGauge;
    for (let i = 0; i < points.length; i++) {
      const point = points[i];
      if (!isFields(point)) throw wrong(`${path}.dataPoints[${i}]`, 'an object', point);
      this.#rows.point.clear();
      const attributes = point.attributes ?? null;
      if (attributes !== null) this.#attributesOf(attributes, this.#rows.point, path, i);
      const flags = point.flags ?? 0;
      if (typeof flags !== 'number') throw wrong(`${path}.dataPoints[${i}].flags`, 'a number', flags);
      const timeMs = millisecondsOf(point.timeUnixNano ?? 0);
      if (Number.isNaN(timeMs)) {
        throw wrong(`${path}.dataPoints[${i}].timeUnixNano`, 'nanoseconds since 1970', point.timeUnixNano);
      }
      const value = (flags & 1) === 1 ? Number.NaN : numberOf(point, path, i);
      this.#rows.add(metric, kind, data.isMonotonic === true, timeMs, value);
      if (i % pointsPerStep === pointsPerStep - 1) yield;
    }
  }

  #histograms(
    metric: OtlpMetric,
    data: Fields,
    field: 'histogram' | 'exponentialHistogram',
    points: readonly unknown[],
    path: string,
  ): void {
    const delta = isDelta(data.aggregationTemporality);
    for (const [i, point] of points.entries()) {
      const at = `${path}.dataPoints[${i}]`;
      if (!isFields(point)) throw wrong(at, 'an object', point);
      this.#rows.point.clear();
      const attributes = point.attributes ?? null;
      if (attributes !== null) this.#attributesOf(attributes, this.#rows.point, path, i);
      const flags = point.flags ?? 0;
      const timeMs = millisecondsOf(point.timeUnixNano ?? 0);
      if (Number.isNaN(timeMs)) throw wrong(`${at}.timeUnixNano`, 'nanoseconds since 1970', point.timeUnixNano);
      const startMs = millisecondsOf(point.startTimeUnixNano ?? 0);
      const recorded = typeof flags === 'number' && (flags & 1) === 0;
      const make = recorded ? jsonPoint(point, field === 'exponentialHistogram', delta, startMs, at) : null;
      this.#rows.addHistogram(metric, timeMs, make);
    }
  }

  #holder(json: unknown, path: string, into: OtlpAttributes): void {
    const attributes = (json ?? null) === null ? null : (fieldsOf(json, path).attributes ?? null);
    if (attributes !== null) this.#attributesOf(attributes, into, path, -1);
    this.#rows.baseChanged();
  }

  /** `point` is the data point's position for the path, −1 for a resource or scope. */
  #attributesOf(json: unknown, into: OtlpAttributes, path: string, point: number): void {
    const where = (): string => `${path}${point < 0 ? '' : `.dataPoints[${point}]`}.attributes`;
    if (!Array.isArray(json)) throw wrong(where(), 'a list', json);
    for (let i = 0; i < json.length; i++) {
      const entry: unknown = json[i];
      if (!isFields(entry)) throw wrong(`${where()}[${i}]`, 'an object', entry);
      if (typeof entry.key !== 'string') throw wrong(`${where()}[${i}].key`, 'a string', entry.key);
      const attribute = this.#attributes.get(entry.key);
      if (attribute === undefined && into.others === null) continue;
      const value = entry.value ?? null;
      if (value === null) continue;
      if (!isFields(value)) throw wrong(`${where()}[${i}].value`, 'an object such as {"stringValue": "…"}', value);
      const scalar = value.stringValue ?? value.boolValue ?? value.intValue ?? value.doubleValue;
      if (typeof scalar === 'string' || typeof scalar === 'number' || typeof scalar === 'boolean') {
        if (attribute === undefined) into.others?.set(entry.key, String(scalar));
        else into.setText(attribute, String(scalar));
      }
    }
  }
}

function isDelta(temporality: unknown): boolean {
  return temporality === 1 || temporality === 'AGGREGATION_TEMPORALITY_DELTA';
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/, (\.\.\.)?"[\s\S]*$/, '').slice(0, 120) : 'it cannot be parsed';
    throw new MalformedBody(`it is not JSON (${reason})`);
  }
}

/** The point's number; NaN when there is none. 64-bit integers come as strings, and so do NaN and the infinities. */
function numberOf(point: Fields, path: string, index: number): number {
  const field = (point.asDouble ?? null) === null ? 'asInt' : 'asDouble';
  const value = point[field] ?? null;
  if (typeof value === 'number') return value;
  if (value === null) return Number.NaN;
  if (typeof value === 'string') {
    if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return Number(value);
    if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number.NaN;
  }
  throw wrong(`${path}.dataPoints[${index}].${field}`, 'a number', value);
}

/** NaN for what is no time. */
function millisecondsOf(time: unknown): number {
  if (typeof time === 'string' && /^\d{1,20}$/.test(time)) return time.length <= 6 ? 0 : Number(time.slice(0, -6));
  if (typeof time !== 'number' || !(time >= 0) || time === Number.POSITIVE_INFINITY) return Number.NaN;
  // As a JSON number nanoseconds are off by up to 128: that must not take a millisecond away.
  return Math.floor((time + (Number.isSafeInteger(time) ? 0 : 128)) / 1e6);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown, path: string): Fields {
  if (isFields(value)) return value;
  throw wrong(path, 'an object', value);
}

const nothing: readonly unknown[] = [];

function listOf(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if ((value ?? null) === null) return nothing;
  throw wrong(path, 'a list', value);
}

function wrong(path: string, wanted: string, found: unknown): MalformedBody {
  return new MalformedBody(`\`${path}\` must be ${wanted}, but is ${shown(found)}`);
}

function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value);
}
