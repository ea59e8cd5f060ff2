// From OTLP number points to rows: which schemas a point belongs to, which row it joins, how sums add up. Both OTLP
// decoders end here. A request's rows appear together or, when the request turns out to be malformed, not at all.

import type { HistogramPoint, TagMeta } from '../contract.ts';
import { fieldWords } from '../evaluate/composition.ts';
import { Dictionary, valueTooLong } from '../evaluate/dictionary.ts';
import { type DeadLetterReason, type Intake, noRoomAdvice } from '../evaluate/intake.ts';
import { ByteDictionary, hashBytes, text } from './byte-dictionary.ts';
import { OtlpAttributes } from './otlp-attributes.ts';
import { kindHistogram, OtlpSchema } from './otlp-schema.ts';

/** Bodies are refused beyond this size, counted after decompression. */
export const otlpBodyBytesMax = 16 * 1024 * 1024;
/** Dead letters per request; the points beyond are counted alone. */
const lettersPerRequestMax = 10;
const unmatchedNamesMax = 1000;
const nameCharactersMax = 200;

/** Points of kinds that no policy can read yet. */
export interface IgnoredPoints {
  histogram: number;
  exponentialHistogram: number;
  summary: number;
  /** Number points of a declared metric that carry no schema's key. */
  withoutKey: number;
}

export interface OtlpAccepted {
  /** Number points of declared metrics. */
  readonly points: number;
  /** Rows appended. */
  readonly rows: number;
  /** Points that became dead letters, and what the first one's letter says. */
  readonly rejected: number;
  readonly rejection: string | null;
  readonly ignored: Readonly<IgnoredPoints>;
  /** Points that shared schema, key, time and metric with another: sums were added, of gauges the last one counts. */
  readonly collapsedPoints: number;
  /** Metrics declared nowhere, with how often each came since the start; at most 1,000 names. */
  readonly unmatchedMetrics: ReadonlyMap<string, number>;
}

/** The body was malformed; nothing of it was taken. */
export interface OtlpRefused {
  readonly error: string;
}

/** A decoder at work: everybody else may have a turn at each `yield`. */
export type OtlpSteps = Generator<undefined, OtlpAccepted | OtlpRefused>;

export function toItsEnd(steps: OtlpSteps): OtlpAccepted | OtlpRefused {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

export interface OtlpOptions {
  /** The wall clock in epoch milliseconds: a point may lie `intake.limits.aheadMs` ahead of it. */
  readonly now: () => number;
  /** What a dead letter calls the source. */
  readonly where?: string;
}

/** Where the points of one metric go. */
export interface OtlpMetric {
  readonly name: string;
  readonly targets: readonly { readonly schema: OtlpSchema; readonly slot: number }[];
  /** Some schema declares it as a number, some as a histogram. */
  readonly asNumber: boolean;
  readonly asHistogram: boolean;
}

/** Makes a point in the unit that `canonical` turns wire values into. */
export type PointMaker = (canonical: (wire: number) => number) => HistogramPoint;

export class OtlpRows {
  readonly #intake: Intake;
  readonly #options: OtlpOptions;
  readonly #schemas: readonly OtlpSchema[];
  readonly #metrics = new Map<string, OtlpMetric>();
  /** Found by bytes or by text; the counts are by the names' ids. */
  readonly #unmatched = new ByteDictionary(new Dictionary([], unmatchedNamesMax));
  readonly #unmatchedCount = new Float64Array(unmatchedNamesMax);
  /** Attribute names that a key or a tag is read from; an attribute's number is its position here. */
  readonly attributeNames: readonly string[];
  readonly resource: OtlpAttributes;
  readonly scope: OtlpAttributes;
  readonly point: OtlpAttributes;
  /** Changes with every resource and scope. */
  #base = 0;
  #seqBefore = 0;
  /** Sent when the request has proved to be well-formed: one that is refused as a whole has one letter alone. */
  readonly #letters: { readonly reason: DeadLetterReason; readonly message: string; readonly excerpt: string }[] = [];
  #latest = 0;
  #points = 0;
  #rejected = 0;
  #rejection: string | null = null;
  #collapsed = 0;
  ignored: IgnoredPoints = noneIgnored();

  constructor(intake: Intake, options: OtlpOptions) {
    this.#intake = intake;
    this.#options = options;
    const numbers = new Map<string, number>();
    this.#schemas = intake.schemas.map((schema) => new OtlpSchema(schema, numbers));
    this.attributeNames = [...numbers.keys()];
    const all = intake.schemas.some(({ composed }) => composed.some(({ source }) => source.kind === 'all'));
    this.resource = new OtlpAttributes(numbers.size, all);
    this.scope = new OtlpAttributes(numbers.size, all);
    this.point = new OtlpAttributes(numbers.size, all);
    for (const schema of this.#schemas) {
      for (const [name, slot] of schema.intake.metricSlot) {
        const targets = [...(this.#metrics.get(name)?.targets ?? []), { schema, slot }];
        const isHistogram = schema.intake.pointColumn[slot] >= 0;
        const known = this.#metrics.get(name);
        this.#metrics.set(name, {
          name,
          targets,
          asNumber: !isHistogram || known?.asNumber === true,
          asHistogram: isHistogram || known?.asHistogram === true,
        });
      }
    }
  }

  /** Names of all metrics that some schema declares. */
  get metricNames(): readonly string[] {
    return [...this.#metrics.keys()];
  }

  metric(name: string): OtlpMetric | null {
    return this.#metrics.get(name) ?? null;
  }

  begin(): void {
    this.#seqBefore = this.#intake.seq;
    this.#latest = this.#options.now() + this.#intake.limits.aheadMs;
    this.#letters.length = 0;
    this.#points = 0;
    this.#rejected = 0;
    this.#rejection = null;
    this.#collapsed = 0;
    this.ignored = noneIgnored();
    for (const schema of this.#schemas) schema.begin();
  }

  /** The request was read to its end: its rows become visible as they shall be. */
  finish(): OtlpAccepted {
    let rows = 0;
    // Made only when somebody asks: there may be a thousand names, and requests are many.
    const unmatched = (): ReadonlyMap<string, number> => this.unmatchedMetrics;
    const where = this.#options.where ?? 'otlp';
    for (const schema of this.#schemas) rows += schema.finish((metric) => this.#reportCrowded(metric));
    for (const { reason, message, excerpt } of this.#letters) this.#intake.reject(reason, message, where, excerpt);
    return {
      points: this.#points,
      rows,
      rejected: this.#rejected,
      rejection: this.#rejection,
      ignored: this.ignored,
      collapsedPoints: this.#collapsed,
      get unmatchedMetrics() {
        return unmatched();
      },
    };
  }

  /** The request was malformed: takes its rows back. */
  refuse(error: string, excerpt: string): OtlpRefused {
    this.abandon();
    this.#intake.reject('bad-otlp', error, this.#options.where ?? 'otlp', excerpt);
    return { error };
  }

  /** The request is given up before its end: takes its rows back. */
  abandon(): void {
    for (const schema of this.#schemas) schema.rollBack();
    this.#intake.seq = this.#seqBefore;
  }

  /** To be called when the attributes of `resource` or `scope` have changed. */
  baseChanged(): void {
    this.#base++;
  }

  /** Metrics declared nowhere, with how often each came since the start; at most 1,000 names. */
  get unmatchedMetrics(): ReadonlyMap<string, number> {
    const names = this.#unmatched.dictionary;
    return new Map(Array.from({ length: names.size }, (_, id) => [names.value(id), this.#unmatchedCount[id]]));
  }

  unmatched(name: string): void {
    const id = this.#unmatched.dictionary.intern(name.slice(0, nameCharactersMax));
    if (id >= 0) this.#unmatchedCount[id]++;
  }

  /** The same for a name in UTF-8. */
  unmatchedBytes(bytes: Uint8Array, start: number, end: number): void {
    if (end - start > nameCharactersMax) {
      this.unmatched(text(bytes, start, end));
      return;
    }
    const id = this.#unmatched.id(bytes, start, end, hashBytes(bytes, start, end));
    if (id >= 0) this.#unmatchedCount[id]++;
  }

  /** A declared metric came as something else than it is declared as. */
  unreadable(name: string, kind: 'a histogram' | 'a summary' | 'a number'): void {
    const [fault, advice] =
      kind === 'a number'
        ? ['which is no histogram', 'declare it as a number or a counter']
        : kind === 'a histogram'
          ? ['which is no number', 'declare it as `histogram of …`, or let the Collector make a number of it']
          : ['which is no number', 'declare a metric that is a gauge or a sum, or let the Collector make one of it'];
    this.#letter('bad-metric', `metric \`${name}\` came as ${kind}, ${fault} (otlp): ${advice}`, name);
  }

  /**
   * Takes a point of `metric` whose attributes are in `point`. `value` is NaN when none was recorded; `timeMs` is 0 when
   * the point has no time.
   */
  add(metric: OtlpMetric, kind: number, monotonic: boolean, timeMs: number, value: number): void {
    this.#take(metric, kind, monotonic, timeMs, value, null);
  }

  /** The same for a histogram, which `make` makes in a schema's canonical unit; `null` when none was recorded. */
  addHistogram(metric: OtlpMetric, timeMs: number, make: PointMaker | null): void {
    this.#take(metric, kindHistogram, false, timeMs, Number.NaN, make);
  }

  #take(
    metric: OtlpMetric,
    kind: number,
    monotonic: boolean,
    timeMs: number,
    value: number,
    make: PointMaker | null,
  ): void {
    this.#points++;
    if (!(timeMs > 0 && timeMs <= this.#latest)) {
      this.#rejectTime(metric, timeMs);
      return;
    }
    let keyless = true;
    let collapsed = false;
    for (let i = 0; i < metric.targets.length; i++) {
      const { schema, slot } = metric.targets[i];
      if (schema.intake.pointColumn[slot] >= 0 !== (kind === kindHistogram)) continue;
      const key = schema.keyField.id(this.point, this.resource, this.scope, this.#base);
      if (key === -1) continue;
      keyless = false;
      if (key < 0) {
        this.#intake.passTo(timeMs);
        this.#rejectKey(schema, key);
        continue;
      }
      const row = schema.row(timeMs, key, this.#intake);
      schema.fillTags(row, this.point, this.resource, this.scope, this.#base);
      const again =
        kind === kindHistogram
          ? schema.writePoint(row, slot, make === null ? null : make((wire) => schema.intake.canonical(slot, wire)))
          : schema.write(row, slot, kind, monotonic, value);
      if (again) collapsed = true;
    }
    if (collapsed) this.#collapsed++;
    if (!keyless) return;
    if (this.ignored.withoutKey++ === 0) this.#reportKeyless(metric);
  }

  #reportCrowded(metric: string): void {
    const advice = 'let their senders use the same bounds, or give the schema a tag that tells them apart';
    this.#letter('bad-metric', `series of \`${metric}\` have too many buckets together (otlp): ${advice}`, metric);
  }

  #reportKeyless(metric: OtlpMetric): void {
    const keys = metric.targets.map(
      ({ schema }) => `${attributeWords(schema.intake.meta.key)} (schema \`${schema.intake.meta.name}\`)`,
    );
    const advice = 'add it to the resource or to the points; further points without it are counted alone';
    this.#letter(
      'no-key',
      `metric \`${metric.name}\` has a point without the attribute ${keys.join(' or ')} (otlp): ${advice}`,
      metric.name,
    );
  }

  #rejectTime(metric: OtlpMetric, timeMs: number): void {
    const ahead = this.#intake.limits.aheadMs;
    if (timeMs > 0)
      this.#reject(
        'future-timestamp',
        `metric \`${metric.name}\` has a point that lies in the future, at ${timeMs} ms after 1970 (otlp): check the sender's clock: ${ahead} ms ahead is the most that is taken`,
        metric.name,
      );
    else
      this.#reject(
        'no-timestamp',
        `metric \`${metric.name}\` has a point without \`timeUnixNano\` (otlp): send the time in nanoseconds since 1970`,
        metric.name,
      );
  }

  #rejectKey(schema: OtlpSchema, reason: number): void {
    const { meta, keys } = schema.intake;
    if (reason === valueTooLong) {
      this.#reject(
        'too-large',
        `the key attribute ${attributeWords(meta.key)} of schema \`${meta.name}\` is longer than ${keys.unitsMax} characters (otlp): send a shorter one`,
        meta.name,
      );
      return;
    }
    this.#reject(
      'too-many-keys',
      `schema \`${meta.name}\` has no room for one more ${attributeWords(meta.key)} (otlp): it has reached its limit of ${keys.limit} keys that are alive or for which a policy is active; ${noRoomAdvice}`,
      meta.name,
    );
  }

  #reject(reason: DeadLetterReason, message: string, excerpt: string): void {
    this.#rejected++;
    this.#rejection ??= message;
    this.#letter(reason, message, excerpt);
  }

  #letter(reason: DeadLetterReason, message: string, excerpt: string): void {
    if (this.#letters.length < lettersPerRequestMax) this.#letters.push({ reason, message, excerpt });
  }
}

/** The declared name is read too, but an OTLP sender knows the other. */
function attributeWords(key: TagMeta): string {
  return key.source === undefined ? `\`${key.from}\`` : fieldWords(key);
}

function noneIgnored(): IgnoredPoints {
  return { histogram: 0, exponentialHistogram: 0, summary: 0, withoutKey: 0 };
}
