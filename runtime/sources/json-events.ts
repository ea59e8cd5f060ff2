// Plain events, one JSON object per line, from bytes in chunks cut anywhere. Every line becomes a row or a dead letter,
// never an exception. Lines of a known layout are scanned, all others go through JSON.parse; the rows are the same.

import type { Intake } from '../evaluate/intake.ts';
import { JsonEventReader } from './json-event.ts';
import { JsonLayout } from './json-layout.ts';
import { JsonScanner } from './json-scanner.ts';

/** A longer line is a dead letter. */
export const lineBytesMax = 1 << 20;

/** How often a layout may be learnt in a row without lines that profit from it. */
const lessonsMax = 64;
/** Lines that must be scanned to earn another lesson. */
const linesPerLesson = 32;
/** Once lessons are used up, one in so many unknown lines is learnt all the same. */
const lessonEvery = 256;

export interface JsonEventDecoderOptions {
  /** Schema of events that don't name one; `null` for the program's only schema. */
  readonly schema: string | null;
  /** What a dead letter calls the source, before `:LINE`. */
  readonly where: string;
  /** The wall clock in epoch milliseconds: an event may lie `intake.limits.aheadMs` ahead of it. */
  readonly now: () => number;
  /** False sends every line through JSON.parse; for comparison. */
  readonly scan?: boolean;
}

export class JsonEventDecoder {
  readonly #intake: Intake;
  readonly #options: JsonEventDecoderOptions;
  readonly #reader: JsonEventReader;
  /** By schema. */
  readonly #scanners: readonly JsonScanner[];
  /** By schema; `null` until a line of the schema was learnt. */
  readonly #layouts: (JsonLayout | null)[];
  /** Schemas with a layout, the one that matched last first. */
  readonly #recent: number[] = [];
  /** The latest time that is taken, as of the last slice; the slow way asks the clock again. */
  readonly #latest = new Float64Array(1);
  #lessons = lessonsMax;
  #scanned = 0;
  #unknown = 0;
  #line = 0;
  /** The bytes of a line that is not yet complete. */
  #carry = Buffer.alloc(4096);
  #carried = 0;
  /** The rest of a line that was too long is passed over. */
  #discarding = false;
  /** The next line is the input's first and may begin with a byte order mark. */
  #atStart = true;

  /** Throws when `options.schema` is not declared. */
  constructor(intake: Intake, options: JsonEventDecoderOptions) {
    this.#intake = intake;
    this.#options = options;
    this.#reader = new JsonEventReader(intake, options);
    this.#scanners = intake.schemas.map(
      (schema) => new JsonScanner(intake, schema, schema === this.#reader.defaultSchema),
    );
    this.#layouts = intake.schemas.map(() => null);
  }

  /** Lines that took the short way so far. */
  get scanned(): number {
    return this.#scanned;
  }

  /** Lines so far, blank ones and dead letters included. */
  get lines(): number {
    return this.#line;
  }

  /** Metric names that came for a schema and are declared nowhere in it, at most 200, in order of arrival. */
  undeclared(schema: number): readonly string[] {
    return [...this.#reader.undeclared[schema]];
  }

  /**
   * Decodes `chunk` from `from` on, at most `maxLines` lines, and returns how far it came: less than the chunk's length
   * when lines are left, with which the caller comes back after it has handled the rows. What follows the chunk's
   * last line feed is kept as the start of the next chunk's first line. The chunk is not kept.
   */
  decode(chunk: Uint8Array, maxLines: number = Number.POSITIVE_INFINITY, from = 0): number {
    let start = from;
    const end = chunk.lastIndexOf(10) + 1;
    if (end <= start) return this.#keep(chunk, start);
    let lines = maxLines;
    if (this.#carried > 0 || this.#discarding) {
      if (lines-- < 1) return start;
      start = this.#finishCarried(chunk, start);
    }
    start = this.#decodeLines(chunk, start, end, lines);
    return start < end ? start : this.#keep(chunk, start);
  }

  /** A decoder into another intake that goes on where this one is, within a line too. This one is not to be used again. */
  on(intake: Intake): JsonEventDecoder {
    const { schema } = this.#options;
    const other = new JsonEventDecoder(intake, {
      ...this.#options,
      // Another program need not declare it: what names no schema is then a dead letter.
      schema: schema !== null && intake.schema(schema) === undefined ? null : schema,
    });
    other.#line = this.#line;
    other.#carry = this.#carry;
    other.#carried = this.#carried;
    other.#discarding = this.#discarding;
    other.#atStart = this.#atStart;
    return other;
  }

  /** The input has ended: a last line without a line feed is decoded. The decoder may be used again. */
  end(): void {
    if (this.#carried > 0 && !this.#discarding) this.#finishCarried(lineFeed, 0);
    this.#carried = 0;
    this.#discarding = false;
    this.#atStart = true;
  }

  /** Decodes up to `lines` of the lines in `bytes[start, end)`, the last byte of which is a line feed. */
  #decodeLines(bytes: Uint8Array, start: number, end: number, lines: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let p = start;
    this.#latest[0] = this.#options.now() + this.#intake.limits.aheadMs;
    if (this.#atStart && end > p) {
      this.#atStart = false;
      if (bytes[p] === 0xef && bytes[p + 1] === 0xbb && bytes[p + 2] === 0xbf) p += 3;
    }
    for (let left = lines; left > 0 && p < end; left--) {
      this.#line++;
      const next = this.#scan(bytes, view, p);
      if (next > 0) {
        p = next;
        continue;
      }
      const stop = bytes.indexOf(10, p);
      this.#decodeSlowly(bytes, p, stop);
      p = stop + 1;
    }
    return p;
  }

  #scan(bytes: Uint8Array, view: DataView, start: number): number {
    const recent = this.#recent;
    for (let i = 0; i < recent.length; i++) {
      const schema = recent[i];
      const layout = this.#layouts[schema];
      if (layout === null) continue;
      const next = this.#scanners[schema].scan(layout, bytes, view, start, this.#latest);
      if (next < 0) continue;
      if (next - start > lineBytesMax) return this.#takeBack(schema);
      if (i > 0) {
        recent.splice(i, 1);
        recent.unshift(schema);
      }
      this.#scanned++;
      if (this.#scanned % linesPerLesson === 0 && this.#lessons < lessonsMax) this.#lessons++;
      return next;
    }
    return -1;
  }

  /** A line over the limit was read before its length was known. */
  #takeBack(schema: number): number {
    this.#intake.schemas[schema].rows.rows--;
    this.#intake.seq--;
    return -1;
  }

  #decodeSlowly(bytes: Uint8Array, start: number, stop: number): void {
    const where = `${this.#options.where}:${this.#line}`;
    if (stop - start > lineBytesMax) {
      this.#rejectLong(bytes, start, where);
      return;
    }
    if (isBlank(bytes, start, stop)) return;
    const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, stop - start).toString('utf8');
    const schema = this.#reader.read(line, where);
    if (schema === null || this.#options.scan === false) return;
    this.#unknown++;
    if (this.#lessons > 0 || this.#unknown % lessonEvery === 0) this.#learn(schema.index, bytes, start, stop);
  }

  #learn(schema: number, bytes: Uint8Array, start: number, stop: number): void {
    if (this.#lessons > 0) this.#lessons--;
    const known = this.#layouts[schema];
    const layout = known === null || known.full ? new JsonLayout(this.#intake.schemas[schema]) : known;
    const end = stop > start && bytes[stop - 1] === 13 ? stop - 1 : stop;
    if (!layout.learn(bytes, start, end) || layout === known) return;
    this.#layouts[schema] = layout;
    if (!this.#recent.includes(schema)) this.#recent.push(schema);
  }

  /** Joins the first line of `chunk` to what was kept and decodes it; returns where the next line starts. */
  #finishCarried(chunk: Uint8Array, start: number): number {
    const stop = chunk.indexOf(10, start);
    if (this.#discarding) {
      this.#discarding = false;
      this.#carried = 0;
      return stop + 1;
    }
    this.#keep(chunk.subarray(0, stop + 1), start, true);
    if (!this.#discarding) this.#decodeLines(this.#carry.subarray(0, this.#carried), 0, this.#carried, 1);
    this.#discarding = false;
    this.#carried = 0;
    return stop + 1;
  }

  #keep(chunk: Uint8Array, start: number, complete = false): number {
    const length = chunk.length - start;
    if (length === 0 || this.#discarding) return chunk.length;
    const needed = this.#carried + length;
    if (needed > lineBytesMax + (complete ? 1 : 0)) {
      this.#line++;
      this.#discarding = true;
      const excerpt = Buffer.concat([
        this.#carry.subarray(0, Math.min(this.#carried, 200)),
        chunk.subarray(start, start + 200),
      ]);
      this.#rejectLong(excerpt, 0, `${this.#options.where}:${this.#line}`);
      this.#carried = 0;
      return chunk.length;
    }
    if (needed > this.#carry.length) {
      const wide = Buffer.alloc(Math.max(needed, this.#carry.length * 2));
      this.#carry.copy(wide, 0, 0, this.#carried);
      this.#carry = wide;
    }
    this.#carry.set(chunk.subarray(start), this.#carried);
    this.#carried = needed;
    return chunk.length;
  }

  #rejectLong(bytes: Uint8Array, start: number, where: string): void {
    const excerpt = Buffer.from(bytes.subarray(start, start + 200)).toString('utf8');
    const message = `the line is longer than ${lineBytesMax} bytes (${where}): send one event per line`;
    this.#intake.reject('too-large', message, where, excerpt);
  }
}

const lineFeed = Uint8Array.of(10);

function isBlank(bytes: Uint8Array, start: number, stop: number): boolean {
  for (let p = start; p < stop; p++) if (bytes[p] !== 32 && bytes[p] !== 9 && bytes[p] !== 13) return false;
  return true;
}
