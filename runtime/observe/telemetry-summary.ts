// Recorded telemetry to a snapshot, event by event. Bounded in everything that others may invent without end: names,
// values, series. What came is summed up; whether anybody declared it is not asked here.

import type { MetricSnapshot, StreamSnapshot, TagSnapshot, TelemetrySnapshot } from './telemetry-snapshot.ts';

/** Streams, and metrics and tags of each. */
const namesMax = 2_000;
const attributesMax = 64;
/** Values of a tag that are told apart. */
const valuesMax = 150_000;
/** UTF-16 units of a name or of a sample. */
const textMax = 200;
/** Series whose last value is kept, to see whether it falls. */
const seriesMax = 200_000;
/** Rises from which on something can be said. */
const risesMin = 5;

export type MetricForm = MetricSnapshot['form'];

interface MetricTally {
  form: MetricForm;
  unit: string | null;
  count: number;
  min: number;
  max: number;
  rises: number;
  falls: number;
  /** Falls to less than half: what a restarted counter shows. */
  resets: number;
  readonly attributes: Set<string>;
}

interface TagTally {
  count: number;
  more: boolean;
  readonly values: Set<string>;
}

interface Last {
  value: number;
  time: number;
}

/** What one stream brought. */
export class StreamSummary {
  readonly #metrics = new Map<string, MetricTally>();
  readonly #tags = new Map<string, TagTally>();
  readonly #last = new Map<string, Last>();
  events = 0;

  tag(tagName: string, tagValue: string): void {
    const name = clipped(tagName);
    const value = clipped(tagValue);
    let tally = this.#tags.get(name);
    if (tally === undefined) {
      if (this.#tags.size >= namesMax) return;
      tally = { count: 0, more: false, values: new Set() };
      this.#tags.set(name, tally);
    }
    tally.count++;
    if (tally.values.size < valuesMax) tally.values.add(value);
    else if (!tally.values.has(value)) tally.more = true;
  }

  /** `value` is `null` when it is unknown; `series` tells apart what may rise and fall by itself; `time` epoch ms. */
  metric(name: string, form: MetricForm, value: number | null, series: string, time: number): void {
    const tally = this.#metric(clipped(name), form);
    if (tally === null || value === null || !Number.isFinite(value)) return;
    tally.count++;
    tally.min = Math.min(tally.min, value);
    tally.max = Math.max(tally.max, value);
    this.#compare(tally, `${name}\0${series}`, value, time);
  }

  describe(name: string, unit: string, attributes: Iterable<string>): void {
    const tally = this.#metrics.get(clipped(name));
    if (tally === undefined) return;
    if (unit !== '') tally.unit = clipped(unit);
    for (const attribute of attributes)
      if (tally.attributes.size < attributesMax) tally.attributes.add(clipped(attribute));
  }

  #metric(name: string, form: MetricForm): MetricTally | null {
    const known = this.#metrics.get(name);
    if (known !== undefined) {
      // A text among numbers is what has to be told.
      if (known.form !== form && form !== 'other') known.form = known.form === 'text' ? 'text' : form;
      return known;
    }
    if (this.#metrics.size >= namesMax) return null;
    const tally: MetricTally = {
      form,
      unit: null,
      count: 0,
      min: Number.POSITIVE_INFINITY,
      max: Number.NEGATIVE_INFINITY,
      rises: 0,
      falls: 0,
      resets: 0,
      attributes: new Set(),
    };
    this.#metrics.set(name, tally);
    return tally;
  }

  #compare(tally: MetricTally, series: string, value: number, time: number): void {
    const last = this.#last.get(series);
    if (last === undefined) {
      if (this.#last.size < seriesMax) this.#last.set(series, { value, time });
      return;
    }
    // What comes late says nothing of the direction.
    if (time < last.time) return;
    if (value > last.value) tally.rises++;
    else if (value < last.value && value < last.value / 2) tally.resets++;
    else if (value < last.value) tally.falls++;
    last.value = value;
    last.time = time;
  }

  snapshot(schema: string | null, source: StreamSnapshot['source'], samplesMax: number): StreamSnapshot {
    return {
      schema,
      source,
      events: this.events,
      metrics: sorted(this.#metrics).map(([name, tally]) => metricSnapshot(name, tally)),
      tags: sorted(this.#tags).map(([name, { count, more, values }]): TagSnapshot => {
        const samples = [...values].sort().slice(0, samplesMax);
        return { name, count, values: values.size, more, samples };
      }),
    };
  }
}

export class TelemetrySummary {
  readonly #streams = new Map<string, { readonly schema: string | null; readonly summary: StreamSummary }>();
  readonly #otlp = new StreamSummary();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;

  /** The stream of plain events of a schema, `null` for those that name none. */
  events(schema: string | null): StreamSummary {
    const name = schema === null ? '' : ` ${clipped(schema)}`;
    const known = this.#streams.get(name);
    if (known !== undefined) return known.summary;
    const summary = new StreamSummary();
    if (this.#streams.size < namesMax) {
      this.#streams.set(name, { schema: schema === null ? null : clipped(schema), summary });
    }
    return summary;
  }

  get otlp(): StreamSummary {
    return this.#otlp;
  }

  /** Epoch ms. */
  time(at: number): void {
    this.#from = Math.min(this.#from, at);
    this.#to = Math.max(this.#to, at);
  }

  /** `samplesMax`: values of each tag that are named. */
  snapshot(samplesMax: number): TelemetrySnapshot {
    const streams = sorted(this.#streams).map(([, { schema, summary }]) =>
      summary.snapshot(schema, 'events', samplesMax),
    );
    if (this.#otlp.events > 0) streams.push(this.#otlp.snapshot(null, 'otlp', samplesMax));
    return { format: 'ddl-telemetry', version: 1, from: isoTime(this.#from), to: isoTime(this.#to), streams };
  }
}

function metricSnapshot(name: string, tally: MetricTally): MetricSnapshot {
  const { form, count, min, max, unit, attributes } = tally;
  return {
    name,
    form,
    count,
    min: count === 0 ? null : min,
    max: count === 0 ? null : max,
    trend: trendOf(tally),
    unit,
    ...(attributes.size === 0 ? {} : { attributes: [...attributes].sort() }),
  };
}

function trendOf({ rises, falls, resets }: MetricTally): MetricSnapshot['trend'] {
  if (falls > 0 && (falls + resets) * 20 > rises) return 'moves';
  return falls === 0 && rises >= risesMin && resets * 10 <= rises ? 'grows' : 'still';
}

function sorted<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([left], [right]) => (left < right ? -1 : 1));
}

function clipped(text: string): string {
  return text.length > textMax ? text.slice(0, textMax) : text;
}

function isoTime(at: number): string | null {
  return at - at === 0 ? new Date(at).toISOString() : null;
}
