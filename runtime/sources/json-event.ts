// One plain event, from text to a row by JSON.parse: the reference for what an event means, and the one that words the
// messages. The scanner in json-scanner.ts is a faster way to the same rows.

import { composedText, type EventTags, fieldWords } from '../evaluate/composition.ts';
import { valueTooLong } from '../evaluate/dictionary.ts';
import { type DeadLetterReason, type Intake, noRoomAdvice, type SchemaIntake } from '../evaluate/intake.ts';
import { isoTime } from './iso-time.ts';
import { readHistogram } from './json-histogram.ts';
import { nearestName } from './nearest-name.ts';

/** Undeclared metric names remembered per schema, for "did you mean". */
const undeclaredMax = 200;

export interface JsonEventOptions {
  /** Schema of events that don't name one; `null` for the program's only schema. */
  readonly schema: string | null;
  /** The wall clock, epoch milliseconds: an event may lie `aheadMs` ahead of it. */
  readonly now: () => number;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export class JsonEventReader {
  readonly #intake: Intake;
  readonly #now: () => number;
  /** The schema of events that don't name one. */
  readonly defaultSchema: SchemaIntake | null;
  /** By schema: metric names that came and are declared nowhere, at most 200. */
  readonly undeclared: readonly Set<string>[];
  /** Reused by every event: slots that the event at hand carries. */
  readonly #present: readonly Uint8Array[];

  /** Throws when `options.schema` is not declared: a wrong setting, not a wrong event. */
  constructor(intake: Intake, options: JsonEventOptions) {
    this.#intake = intake;
    this.#now = options.now;
    this.undeclared = intake.schemas.map(() => new Set<string>());
    this.#present = intake.schemas.map((schema) => new Uint8Array(schema.meta.metrics.length));
    const only = intake.schemas.length === 1 ? intake.schemas[0] : null;
    this.defaultSchema = options.schema === null ? only : (intake.schema(options.schema) ?? null);
    if (options.schema !== null && this.defaultSchema === null) {
      throw new Error(`the source's setting names the schema ${unknownSchema(options.schema, intake)}`);
    }
  }

  /** Appends the row of one event and returns its schema; `null` when it became a dead letter. */
  read(line: string, where: string): SchemaIntake | null {
    const event = this.#parse(line, where);
    if (event === null) return null;
    const schema = this.#schemaOf(event, line, where);
    if (schema === null) return null;
    const time = this.#timeOf(event, line, where);
    if (time === null) return null;
    const { metrics } = event;
    if (!isObject(metrics)) {
      return this.#reject(
        'not-an-event',
        `the event's \`metrics\` ${metrics === undefined ? 'are absent' : `are ${shown(metrics)}`}`,
        where,
        line,
        'send an object of numbers by name',
      );
    }
    const tags = event.tags ?? {};
    if (!isObject(tags)) {
      return this.#reject(
        'not-an-event',
        `the event's \`tags\` are ${shown(tags)}`,
        where,
        line,
        'send an object of strings by name',
      );
    }
    for (const name of Object.keys(metrics)) {
      const value = metrics[name];
      const slot = schema.metricSlot.get(name);
      if (slot === undefined) this.#rememberUndeclared(schema, name);
      else if (schema.pointColumn[slot] >= 0) {
        const read = value === null ? null : readHistogram(value, (wire) => schema.canonical(slot, wire));
        if (read !== null && 'fault' in read) return this.#badHistogram(name, read.fault, line, where);
      } else if (
        typeof value !== 'number' &&
        value !== null &&
        !(typeof value === 'boolean' && schema.bool[slot] === 1)
      ) {
        return this.#badMetric(name, value, schema.bool[slot] === 1, line, where);
      }
    }
    const key = this.#keyOf(schema, tags, time, line, where);
    if (key < 0) return null;
    this.#append(schema, time, key, metrics, tags);
    return schema;
  }

  #parse(line: string, where: string): { readonly [name: string]: Json } | null {
    let event: Json;
    try {
      event = JSON.parse(line) as Json;
    } catch (error) {
      const advice = /[:,[]\s*(NaN|-?Infinity)\b/.test(line)
        ? 'JSON has no NaN or Infinity: write null for an unknown value'
        : 'send one JSON object per line';
      return this.#reject('not-json', `the line is not JSON: ${reasonOf(error)}`, where, line, advice);
    }
    if (isObject(event)) return event;
    return this.#reject(
      'not-an-event',
      `the line is ${shown(event)}, not an event`,
      where,
      line,
      'send one JSON object per line',
    );
  }

  #schemaOf(event: { readonly [name: string]: Json }, line: string, where: string): SchemaIntake | null {
    const named = event.schema ?? null;
    if (named === null) {
      if (this.defaultSchema !== null) return this.defaultSchema;
      const names = this.#intake.schemas.map((schema) => `\`${schema.meta.name}\``).join(', ');
      const advice =
        names === '' ? 'declare a schema' : `add "schema" to the event or set one for the source: ${names}`;
      return this.#reject('no-schema', 'the event names no schema and the source has no default', where, line, advice);
    }
    if (typeof named !== 'string') {
      return this.#reject(
        'unknown-schema',
        `the event's \`schema\` is ${shown(named)}`,
        where,
        line,
        'send the name of a declared schema',
      );
    }
    const schema = this.#intake.schema(named);
    if (schema !== undefined) return schema;
    this.#intake.unknownSchema(named);
    return this.#reject(
      'unknown-schema',
      `the event's schema is ${unknownSchema(named, this.#intake)}`,
      where,
      line,
      null,
    );
  }

  #timeOf(event: { readonly [name: string]: Json }, line: string, where: string): number | null {
    const stamp = event.timestamp ?? null;
    const advice = 'send ISO 8601 with a zone, such as "2026-01-31T12:00:00Z", or epoch milliseconds';
    if (stamp === null) return this.#reject('no-timestamp', 'the event has no `timestamp`', where, line, advice);
    let time = Number.NaN;
    if (typeof stamp === 'number') time = Math.floor(stamp) + 0;
    else if (typeof stamp === 'string') time = isoTimeOf(stamp);
    if (!(time >= 0 && time < Number.POSITIVE_INFINITY)) {
      const fault = time < 0 ? 'lies before 1970' : 'is not a time';
      return this.#reject('bad-timestamp', `the event's \`timestamp\` ${shown(stamp)} ${fault}`, where, line, advice);
    }
    const now = this.#now();
    if (time > now + this.#intake.limits.aheadMs) {
      const finer = typeof stamp === 'number' && (near(stamp, now * 1e3) || near(stamp, now * 1e6));
      const hint = finer
        ? 'it looks like microseconds or nanoseconds: send milliseconds'
        : `check the sender's clock: ${this.#intake.limits.aheadMs} ms ahead is the most that is taken`;
      return this.#reject(
        'future-timestamp',
        `the event's \`timestamp\` ${shown(stamp)} lies in the future`,
        where,
        line,
        hint,
      );
    }
    return time;
  }

  #badMetric(name: string, value: Json, bool: boolean, line: string, where: string): null {
    const numeric = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
    const wanted = bool ? 'true or false' : 'a number';
    const advice = numeric ? `send ${Number(value)} without quotes` : `send ${wanted}, or null when it is unknown`;
    return this.#reject(
      'bad-metric',
      `metric \`${clipped(name)}\` is ${shown(value)}, not ${wanted}`,
      where,
      line,
      advice,
    );
  }

  #badHistogram(name: string, fault: string, line: string, where: string): null {
    const advice = 'send `{"bounds": [0.1, 1], "counts": [5, 3, 0], "sum": 1.7, "temporality": "delta"}`, or null';
    return this.#reject('bad-metric', `metric \`${clipped(name)}\` ${fault}`, where, line, advice);
  }

  #keyOf(
    schema: SchemaIntake,
    tags: { readonly [name: string]: Json },
    time: number,
    line: string,
    where: string,
  ): number {
    const { name, from, source } = schema.meta.key;
    const value =
      source === undefined
        ? (tagText(own(tags, name)) ?? tagText(own(tags, from)))
        : composedText(source, eventTags(tags));
    if (value === null || value === '') {
      const fault = value === '' ? 'is empty' : 'is absent';
      const advice = `schema \`${schema.meta.name}\` keeps its state by it: send it among \`tags\``;
      this.#reject('no-key', `the key tag ${fieldWords(schema.meta.key)} ${fault}`, where, line, advice);
      return -1;
    }
    const key = schema.keys.intern(value);
    if (key === valueTooLong) {
      const limit = `longer than ${schema.keys.unitsMax} characters`;
      const advice = `schema \`${schema.meta.name}\` keeps its state by it: send a shorter one`;
      this.#reject('too-large', `the key tag \`${name}\` is ${limit}`, where, line, advice);
    } else if (key < 0) {
      this.#intake.passTo(time);
      this.#reject(
        'too-many-keys',
        `schema \`${schema.meta.name}\` has no room for the key ${shown(value)}: it has reached its limit of ${schema.keys.limit} keys that are alive or for which a policy is active`,
        where,
        line,
        noRoomAdvice,
      );
    }
    return key;
  }

  #append(
    schema: SchemaIntake,
    time: number,
    key: number,
    metrics: { readonly [name: string]: Json },
    tags: { readonly [name: string]: Json },
  ): void {
    const { rows, meta } = schema;
    const row = rows.append(time, key, this.#intake.seq++);
    const present = this.#present[schema.index].fill(0);
    for (const name of Object.keys(metrics)) {
      const slot = schema.metricSlot.get(name);
      // When both names of a metric came, its declared name wins.
      if (slot === undefined || (present[slot] === 1 && name !== meta.metrics[slot].name)) continue;
      present[slot] = 1;
      const value = metrics[name];
      if (schema.pointColumn[slot] >= 0) {
        const read = readHistogram(value, (wire) => schema.canonical(slot, wire));
        schema.writePoint(row, slot, 'point' in read ? read.point : null);
        continue;
      }
      // What is left to be wrong is null.
      const known = value === null ? Number.NaN : schema.canonical(slot, Number(value));
      rows.values[row * rows.width + slot] = known;
      if (Number.isNaN(known)) schema.unknowns?.note(rows.seq[row], slot, value === null ? 'no-value' : 'not-finite');
    }
    for (const slot of schema.required) if (present[slot] === 0) rows.lacks[row] = 1;
    for (const name of Object.keys(tags)) {
      const tag = schema.tagSlot.get(name);
      if (tag === undefined || (name !== meta.tags[tag].name && tagText(own(tags, meta.tags[tag].name)) !== null))
        continue;
      const value = tagText(tags[name]);
      if (value !== null) rows.tags[row * rows.tagWidth + tag] = schema.tags[tag].intern(value);
    }
    if (schema.composed.length > 0) schema.composeTags(row, eventTags(tags));
  }

  #rememberUndeclared(schema: SchemaIntake, name: string): void {
    const names = this.undeclared[schema.index];
    if (names.size < undeclaredMax && name.length <= 200) names.add(name);
  }

  #reject(reason: DeadLetterReason, what: string, where: string, line: string, advice: string | null): null {
    this.#intake.reject(reason, `${what} (${where})${advice === null ? '' : `: ${advice}`}`, where, line);
    return null;
  }
}

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON.parse makes `__proto__` an own property like any other; inherited ones are not the sender's. */
function own(object: { readonly [name: string]: Json }, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A tag's value as text; `null` when it is absent or not a scalar. */
function tagText(value: Json | undefined): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function eventTags(tags: { readonly [name: string]: Json }): EventTags {
  return { text: (name) => tagText(own(tags, name)), names: () => Object.keys(tags) };
}

function isoTimeOf(stamp: string): number {
  if (stamp.length > 64) return Number.NaN;
  const bytes = Buffer.from(stamp, 'utf8');
  return isoTime(bytes, 0, bytes.length);
}

function near(value: number, expected: number): boolean {
  return value > expected / 3 && value < expected * 3;
}

function unknownSchema(name: string, intake: Intake): string {
  const names = intake.schemas.map((schema) => schema.meta.name);
  const nearest = nearestName(name, names);
  const declared = names.slice(0, 10).map((each) => `\`${each}\``);
  const advice = nearest === null ? `declared are ${declared.join(', ') || 'none'}` : `did you mean \`${nearest}\`?`;
  return `\`${clipped(name)}\`, which is not declared; ${advice}`;
}

function clipped(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}

/** A value for a message: its kind, and the value itself when it is short enough to help. */
function shown(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return `the string ${JSON.stringify(clipped(value))}`;
  return typeof value === 'object' ? 'an object' : `${value}`;
}

/** JSON.parse quotes what it read; keep what and where, without the excerpt that the dead letter holds anyway. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/, (\.\.\.)?"[\s\S]*$/, '').slice(0, 120);
}
