// Where decoded events land: for each schema of the program its names on the wire, its dictionaries and its rows.
// A decoder looks names up here, appends rows, and reports what it can't use as a dead letter; it never throws.

import type { HistogramPoint, ProgramMeta, SchemaMeta, TagSourceMeta } from '../contract.ts';
import { composedText, type EventTags } from './composition.ts';
import { Dictionary, type NoPlace, valueTooLong } from './dictionary.ts';
import { pointColumn } from './histogram-point.ts';
import { Rows, rowShape } from './rows.ts';
import { loadRows, saveRows } from './state/rows-state.ts';
import type { StateReader } from './state/state-reader.ts';
import type { StateWriter } from './state/state-writer.ts';
import { type TaggedRows, TagPatterns } from './tag-patterns.ts';
import type { UnknownValues } from './unknown-values.ts';

export interface IntakeLimits {
  /** Keys per schema that are remembered at once; an event with one more is a dead letter. */
  readonly keys: number;
  /** Values per tag that are held on to at once; all further ones count as one, which equals none that a program names. */
  readonly tagValues: number;
  /** Milliseconds that an event's time may lie ahead of the clock. */
  readonly aheadMs: number;
  /** False: nothing that has fallen silent is forgotten; for comparison. */
  readonly forgets?: boolean;
}

export const defaultIntakeLimits: IntakeLimits = { keys: 100_000, tagValues: 100_000, aheadMs: 300_000 };

/** What to do about a schema that has no room for one more key. */
export const noRoomAdvice =
  'take what grows without end out of the key, let policies re-arm when a key is gone, or spread the keys over more partitions';

const unknownSchemasMax = 200;

export type DeadLetterReason =
  | 'not-json'
  | 'not-an-event'
  | 'no-timestamp'
  | 'bad-timestamp'
  | 'future-timestamp'
  | 'bad-metric'
  | 'no-key'
  | 'no-schema'
  | 'unknown-schema'
  | 'too-many-keys'
  | 'too-large'
  | 'bad-otlp';

/** Something that came in and could not become a row, and what to do about it. */
export interface DeadLetter {
  readonly reason: DeadLetterReason;
  /** What, where, what to do: one sentence for a person. */
  readonly message: string;
  /** `file.jsonl:12`, `otlp` … */
  readonly where: string;
  /** The first 200 characters of what came. */
  readonly excerpt: string;
}

/** A key (`tag` −1) or tag whose value is made of other than one field. */
export interface ComposedTag {
  readonly tag: number;
  readonly source: TagSourceMeta;
}

export class SchemaIntake {
  readonly index: number;
  readonly meta: SchemaMeta;
  /** Slot by declared name and by wire name. */
  readonly metricSlot: ReadonlyMap<string, number>;
  /** Tag position by declared name and by wire name; tags whose value is composed are not in it. */
  readonly tagSlot: ReadonlyMap<string, number>;
  readonly composed: readonly ComposedTag[];
  readonly multiply: Float64Array;
  readonly divide: Float64Array;
  /** Column of `rows.points` for a histogram metric; −1 for any other. */
  readonly pointColumn: Int32Array;
  /** 1 for a metric that is true or false. */
  readonly bool: Uint8Array;
  /** Metrics that a row must carry. */
  readonly required: readonly number[];
  readonly keys: Dictionary;
  readonly tags: readonly Dictionary[];
  readonly #patterns: TagPatterns;
  /** Told by decoders why a value is unknown; `null` while nobody asks. */
  unknowns: UnknownValues | null = null;
  readonly rows: Rows;

  /** `onNotice` is told once of each tag that has more values than the limit, and once of a value that is too long. */
  constructor(index: number, meta: SchemaMeta, limits: IntakeLimits, onNotice: (message: string) => void) {
    this.index = index;
    this.meta = meta;
    this.metricSlot = slots(meta.metrics.entries());
    this.tagSlot = slots(
      [...meta.tags.entries()].filter(([, tag]) => tag.source === undefined && tag.pattern === undefined),
    );
    this.composed = [meta.key, ...meta.tags].flatMap(({ source }, index) =>
      source === undefined ? [] : [{ tag: index - 1, source }],
    );
    this.multiply = Float64Array.from(meta.metrics, (metric) => metric.multiply);
    this.divide = Float64Array.from(meta.metrics, (metric) => metric.divide);
    this.pointColumn = Int32Array.from(meta.metrics, ({ histogram }, slot) =>
      histogram ? pointColumn(meta, slot) : -1,
    );
    this.bool = Uint8Array.from(meta.metrics, (metric) => (metric.type === 'bool' ? 1 : 0));
    this.required = meta.metrics.flatMap((metric, slot) => (metric.optional ? [] : [slot]));
    this.keys = new Dictionary(meta.key.literals, limits.keys);
    this.tags = meta.tags.map(({ name, literals }) => {
      const told = new Set<NoPlace>();
      const dictionary: Dictionary = new Dictionary(literals, limits.tagValues, (reason) => {
        if (told.has(reason)) return;
        told.add(reason);
        onNotice(otherNotice(`tag \`${name}\` of schema \`${meta.name}\``, reason, dictionary));
      });
      return dictionary;
    });
    this.#patterns = new TagPatterns(meta, this.keys, this.tags);
    this.rows = new Rows(rowShape(meta));
  }

  /** Fills the row's composed tags that are still absent. */
  composeTags(row: number, event: EventTags): void {
    for (const { tag, source } of this.composed) {
      const at = row * this.rows.tagWidth + tag;
      if (tag < 0 || this.rows.tags[at] !== -1) continue;
      const value = composedText(source, event);
      if (value !== null) this.rows.tags[at] = this.tags[tag].intern(value);
    }
  }

  /** Fills the columns of patterns, from what a decoder has filled; before rows are judged. */
  matchPatterns(): void {
    this.#patterns.fill(this.rows);
  }

  /** An id of a tag (−1: the key) stands for another value now. */
  forgetMatch(tag: number, id: number): void {
    this.#patterns.forget(tag, id);
  }

  /** Fills pattern columns that are new to rows of before. */
  matchNewPatterns(rows: TaggedRows, isNew: (tag: number) => boolean): void {
    this.#patterns.fill(rows, isNew);
  }

  /** Writes a histogram to a row; `null` is an unknown one. */
  writePoint(row: number, slot: number, point: HistogramPoint | null): void {
    this.rows.points[row * this.rows.pointWidth + this.pointColumn[slot]] = point;
    this.rows.values[row * this.rows.width + slot] = point === null ? Number.NaN : 1;
  }

  /** A wire value in the metric's canonical unit; NaN for anything that is not finite. */
  canonical(slot: number, wire: number): number {
    const value = (wire * this.multiply[slot]) / this.divide[slot];
    return value - value === 0 ? value : Number.NaN;
  }
}

export class Intake {
  readonly schemas: readonly SchemaIntake[];
  readonly limits: IntakeLimits;
  readonly #byName: ReadonlyMap<string, SchemaIntake>;
  readonly #onDeadLetter: (letter: DeadLetter) => void;
  /** Schemas that events named and nobody declares, with how often; a bounded number of them. */
  readonly unknownSchemas = new Map<string, number>();
  /** The greatest time of an event that was refused for want of room; −∞ when none was. */
  refusedTime = Number.NEGATIVE_INFINITY;
  /** Events accepted so far: the next event's number. */
  seq = 0;

  /** `onNotice` is told, seldom, of what a person should know though every event was taken: one sentence. */
  constructor(
    program: ProgramMeta,
    limits: IntakeLimits,
    onDeadLetter: (letter: DeadLetter) => void,
    onNotice: (message: string) => void = () => {},
  ) {
    this.limits = limits;
    this.schemas = program.schemas.map((meta, index) => new SchemaIntake(index, meta, limits, onNotice));
    this.#byName = new Map(this.schemas.map((schema) => [schema.meta.name, schema]));
    this.#onDeadLetter = onDeadLetter;
  }

  schema(name: string): SchemaIntake | undefined {
    return this.#byName.get(name);
  }

  /** An event of that time was refused because its schema has no room for its key: those who are gone make room. */
  passTo(time: number): void {
    if (time > this.refusedTime) this.refusedTime = time;
  }

  /** Goes on counting where another intake stopped. */
  adopt(other: Intake): void {
    this.seq = other.seq;
    for (const [name, count] of other.unknownSchemas) this.unknownSchemas.set(name, count);
  }

  save(to: StateWriter): void {
    to.number(this.seq);
    to.count(this.unknownSchemas.size);
    for (const [name, count] of this.unknownSchemas) {
      to.text(name);
      to.number(count);
    }
    for (const { keys, tags, rows } of this.schemas) {
      for (const dictionary of [keys, ...tags]) dictionary.save(to);
      saveRows(rows, to);
    }
  }

  /** Into an intake of the same program that has taken nothing yet. */
  load(from: StateReader): void {
    this.seq = from.finite('the number of events');
    for (let left = from.count(unknownSchemasMax, 'unknown schemas'); left > 0; left--) {
      this.unknownSchemas.set(from.text(200, 'unknown schemas'), from.finite('unknown schemas'));
    }
    for (const schema of this.schemas) {
      for (const dictionary of [schema.keys, ...schema.tags]) dictionary.load(from, 'the names of keys and tags');
      loadRows(schema.rows, schema, from);
    }
  }

  unknownSchema(name: string): void {
    const known = this.unknownSchemas.get(name);
    if (known === undefined && (this.unknownSchemas.size >= unknownSchemasMax || name.length > 200)) return;
    this.unknownSchemas.set(name, (known ?? 0) + 1);
  }

  reject(reason: DeadLetterReason, message: string, where: string, excerpt: string): void {
    this.#onDeadLetter({ reason, message, where, excerpt: excerpt.slice(0, 200) });
  }
}

function otherNotice(tag: string, reason: NoPlace, { limit, unitsMax }: Dictionary): string {
  const judged = 'counts as one other value, shown as `(other)`, which equals none that a policy names';
  return reason === valueTooLong
    ? `${tag} has a value of more than ${unitsMax} characters; every such value ${judged}: send shorter ones`
    : `${tag} has more than ${limit} values; every further one ${judged}: take out of it what grows without end`;
}

type Named = { readonly name: string; readonly from: string };

function slots(numbered: Iterable<readonly [number, Named]>): ReadonlyMap<string, number> {
  const entries = [...numbered];
  const map = new Map<string, number>();
  // A declared name wins over another entry's wire name.
  for (const [slot, entry] of entries) map.set(entry.from, slot);
  for (const [slot, entry] of entries) map.set(entry.name, slot);
  return map;
}
