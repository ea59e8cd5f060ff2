// What a running engine sees and does not know, as a snapshot of telemetry: declared metrics that came or never did,
// undeclared ones, schemas that nobody declared. Bounded; of each batch some rows are looked at closely, no object made.

import type { SchemaMeta } from '../contract.ts';
import { otherId } from '../evaluate/dictionary.ts';
import type { Intake, SchemaIntake } from '../evaluate/intake.ts';
import type { MetricSnapshot, StreamSnapshot, TagSnapshot, TelemetrySnapshot } from './telemetry-snapshot.ts';

/** Rows of a batch whose values are looked at. */
const closeRows = 64;
/** Undeclared metrics of one schema, and of all that name none. */
const undeclaredMax = 1_000;
/** Values of a key or tag that are named. */
const samplesMax = 1_000;

/** One schema, over all sources of the engine. */
class SchemaWatch {
  readonly meta: SchemaMeta;
  events = 0;
  readonly count: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly undeclared = new Set<string>();
  /** Slots that have never been known so far: every row is asked for them. */
  #unseen: Int32Array;

  constructor(meta: SchemaMeta) {
    this.meta = meta;
    const width = meta.metrics.length;
    this.count = new Float64Array(width);
    this.min = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    this.max = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
    this.#unseen = Int32Array.from({ length: width }, (_, slot) => slot);
  }

  rows({ rows }: SchemaIntake): void {
    const { rows: count, width, values } = rows;
    this.events += count;
    const step = Math.max(1, Math.ceil(count / closeRows));
    for (let row = 0; row < count; row += step) {
      for (let slot = 0; slot < width; slot++) this.#take(slot, values[row * width + slot]);
    }
    if (this.#unseen.length === 0) return;
    for (const slot of this.#unseen) {
      for (let row = 0; row < count && this.count[slot] === 0; row++) this.#take(slot, values[row * width + slot]);
    }
    this.#unseen = this.#unseen.filter((slot) => this.count[slot] === 0);
  }

  #take(slot: number, value: number): void {
    if (Number.isNaN(value)) return;
    this.count[slot]++;
    if (value < this.min[slot]) this.min[slot] = value;
    if (value > this.max[slot]) this.max[slot] = value;
  }

  metrics(): readonly MetricSnapshot[] {
    const declared = this.meta.metrics.flatMap(({ from, type, multiply, divide }, slot): MetricSnapshot[] => {
      if (this.count[slot] === 0) return [];
      const wire = (value: number): number => Number(((value / multiply) * divide).toPrecision(12));
      const histogram = type.startsWith('histogram');
      return [
        {
          name: from,
          form: type === 'bool' ? 'bool' : histogram ? 'histogram' : 'number',
          count: this.count[slot],
          min: histogram ? null : wire(this.min[slot]),
          max: histogram ? null : wire(this.max[slot]),
          trend: 'still',
          unit: null,
        },
      ];
    });
    return [...declared, ...[...this.undeclared].map((name) => unknownMetric(name, 1))].sort(byName);
  }
}

/** Which keys and tag values have come: the program's own literals are in a dictionary before they come. */
class Values {
  #seen = new Uint8Array(64);
  count = 0;

  mark(id: number): void {
    if (id < 0 || id === otherId) return;
    this.count++;
    if (id >= this.#seen.length) {
      const wide = new Uint8Array(Math.max(id + 1, this.#seen.length * 2));
      wide.set(this.#seen);
      this.#seen = wide;
    }
    this.#seen[id] = 1;
  }

  ids(): readonly number[] {
    return Array.from(this.#seen).flatMap((seen, id) => (seen === 1 ? [id] : []));
  }
}

interface IntakeWatch {
  readonly intake: Intake;
  /** By schema: of the key, then of each tag. */
  readonly values: readonly (readonly Values[])[];
}

export class TelemetryWatch {
  readonly #schemas: readonly SchemaWatch[];
  readonly #intakes: IntakeWatch[] = [];
  /** Metrics of OTLP that no schema declares, with how often each came: those of each receiver. */
  readonly #unmatched = new Map<Intake, ReadonlyMap<string, number>>();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;

  constructor(schemas: readonly SchemaMeta[]) {
    this.#schemas = schemas.map((meta) => new SchemaWatch(meta));
  }

  add(intake: Intake): void {
    const values = intake.schemas.map(({ tags }) => [new Values(), ...tags.map(() => new Values())]);
    this.#intakes.push({ intake, values });
  }

  /** To be called before the intake's rows are judged. */
  rows(intake: Intake): void {
    const watch = this.#intakes.find((each) => each.intake === intake);
    if (watch === undefined) return;
    for (const schema of intake.schemas) {
      const { rows, tagWidth, key, tags, time } = schema.rows;
      if (rows === 0) continue;
      this.#schemas[schema.index].rows(schema);
      const [keys, ...tagValues] = watch.values[schema.index];
      for (let row = 0; row < rows; row++) {
        keys.mark(key[row]);
        for (let tag = 0; tag < tagWidth; tag++) tagValues[tag].mark(tags[row * tagWidth + tag]);
      }
      this.#from = Math.min(this.#from, time[0]);
      this.#to = Math.max(this.#to, time[rows - 1]);
    }
  }

  /** Metrics that events of a schema carried and that it does not declare. */
  undeclared(schema: number, names: readonly string[]): void {
    const { undeclared } = this.#schemas[schema];
    for (const name of names) if (undeclared.size < undeclaredMax) undeclared.add(name);
  }

  unmatched(intake: Intake, names: ReadonlyMap<string, number>): void {
    this.#unmatched.set(intake, names);
  }

  snapshot(): TelemetrySnapshot {
    const streams: StreamSnapshot[] = [...this.#schemas]
      .sort((left, right) => (left.meta.name < right.meta.name ? -1 : 1))
      .map((schema) => ({
        schema: schema.meta.name,
        source: 'events',
        events: schema.events,
        metrics: [...schema.metrics()],
        tags: this.#tags(this.#schemas.indexOf(schema), schema.meta),
      }));
    return {
      format: 'ddl-telemetry',
      version: 1,
      from: isoTime(this.#from),
      to: isoTime(this.#to),
      streams: [...streams, ...this.#undeclaredSchemas(), ...this.#otlp()],
    };
  }

  #tags(index: number, { key, tags }: SchemaMeta): TagSnapshot[] {
    const all = [key, ...tags.filter(({ pattern }) => pattern === undefined)].map(({ from }, place): TagSnapshot => {
      const texts = new Set<string>();
      let count = 0;
      for (const { intake, values } of this.#intakes) {
        const schema = intake.schemas[index];
        const dictionary = place === 0 ? schema.keys : schema.tags[place - 1];
        const seen = values[index][place];
        count += seen.count;
        for (const id of seen.ids()) texts.add(dictionary.value(id));
      }
      return { name: from, count, values: texts.size, more: false, samples: [...texts].sort().slice(0, samplesMax) };
    });
    return all.filter((tag) => tag.count > 0).sort(byName);
  }

  #undeclaredSchemas(): readonly StreamSnapshot[] {
    const counts = new Map<string, number>();
    for (const { intake } of this.#intakes) {
      for (const [name, count] of intake.unknownSchemas) counts.set(name, (counts.get(name) ?? 0) + count);
    }
    const names = [...counts.keys()].sort();
    return names.map((name) => ({
      schema: name,
      source: 'events',
      events: counts.get(name) ?? 0,
      metrics: [],
      tags: [],
    }));
  }

  #otlp(): readonly StreamSnapshot[] {
    const counts = new Map<string, number>();
    for (const names of this.#unmatched.values()) {
      for (const [name, count] of names) counts.set(name, (counts.get(name) ?? 0) + count);
    }
    if (counts.size === 0) return [];
    const metrics = [...counts].map(([name, count]) => unknownMetric(name, count)).sort(byName);
    const events = metrics.reduce((sum, { count }) => sum + count, 0);
    return [{ schema: null, source: 'otlp', events, metrics, tags: [] }];
  }
}

/** Its values were never read. */
function unknownMetric(name: string, count: number): MetricSnapshot {
  return { name, form: 'other', count, min: null, max: null, trend: 'still', unit: null };
}

function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}

function isoTime(at: number): string | null {
  return at - at === 0 ? new Date(at).toISOString() : null;
}
