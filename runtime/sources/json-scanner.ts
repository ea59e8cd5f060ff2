// Reads a line along the edges of a layout: every literal byte is compared, numbers and tags go straight to the row, no
// object or string is made. Whatever it doesn't expect it leaves untouched to JSON.parse; both give the same row.

import type { Intake, SchemaIntake } from '../evaluate/intake.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import { isoTime } from './iso-time.ts';
import { JsonComposer } from './json-composer.ts';
import {
  endPath,
  type JsonLayout,
  pathsMax,
  roleKey,
  roleMetric,
  rolePart,
  roleSchema,
  roleSkip,
  roleTag,
  roleTime,
} from './json-layout.ts';
import { readNumber } from './read-number.ts';

const serialMax = 1 << 30;

/** The scanner of one schema; it outlives the layouts that it walks. */
export class JsonScanner {
  readonly schema: SchemaIntake;
  readonly #intake: Intake;
  readonly #isDefault: boolean;
  readonly #name: Uint8Array;
  readonly #keys: ByteDictionary;
  readonly #tags: readonly ByteDictionary[];
  readonly #multiply: Float64Array;
  readonly #divide: Float64Array;
  /** 1 for a metric whose unit on the wire is not the canonical one: divisions are slow. */
  readonly #scaled: Uint8Array;
  /** 1 for a metric that may be true or false. */
  readonly #bool: Uint8Array;
  readonly #requiredCount: number;
  /** Paths met by the line at hand carry its number: a name that comes twice is left to JSON.parse. */
  readonly #stamp = new Int32Array(pathsMax);
  #serial = 0;
  // The row at hand. All unknown and absent between lines.
  readonly #values: Float64Array;
  /** By tag, where its text lies in the line and its hash; −1 for absent. Ids are given when the line is accepted. */
  readonly #tagStart: Int32Array;
  readonly #tagEnd: Int32Array;
  readonly #tagHash: Int32Array;
  readonly #number = new Float64Array(1);
  /** The time of the line at hand. Here and not an argument: V8 makes an object of a fraction that is passed on. */
  readonly #time = new Float64Array(1);
  /** `null` when every key and tag is a field of the event. */
  readonly #composer: JsonComposer | null;
  #end = -1;
  /** Of the text that ends at `#end`. */
  #hash = 0;

  constructor(intake: Intake, schema: SchemaIntake, isDefault: boolean) {
    this.schema = schema;
    this.#intake = intake;
    this.#isDefault = isDefault;
    this.#name = Buffer.from(schema.meta.name, 'utf8');
    this.#keys = new ByteDictionary(schema.keys);
    this.#tags = schema.tags.map((tag) => new ByteDictionary(tag));
    this.#multiply = schema.multiply;
    this.#divide = schema.divide;
    this.#scaled = Uint8Array.from(schema.meta.metrics, ({ multiply, divide }) =>
      multiply === 1 && divide === 1 ? 0 : 1,
    );
    this.#bool = schema.bool;
    this.#requiredCount = schema.required.length;
    this.#composer = schema.composed.length === 0 ? null : new JsonComposer(schema);
    this.#values = new Float64Array(schema.meta.metrics.length).fill(Number.NaN);
    this.#tagStart = new Int32Array(schema.meta.tags.length).fill(-1);
    this.#tagEnd = new Int32Array(schema.meta.tags.length);
    this.#tagHash = new Int32Array(schema.meta.tags.length);
  }

  /**
   * Reads the line that starts at `start` and appends its row. Returns where the next line starts, or −1 when nothing
   * was done. A line feed must follow before `bytes` end; a time later than `latest[0]` is not taken.
   */
  scan(layout: JsonLayout, bytes: Uint8Array, view: DataView, start: number, latest: Float64Array): number {
    if (++this.#serial === serialMax) {
      this.#serial = 1;
      this.#stamp.fill(0);
    }
    const next = this.#walk(layout, bytes, view, start, latest);
    if (next < 0) {
      this.#values.fill(Number.NaN);
      this.#tagStart.fill(-1);
      this.#composer?.clear(layout);
    }
    return next;
  }

  #walk(layout: JsonLayout, bytes: Uint8Array, view: DataView, start: number, latest: Float64Array): number {
    const { role, slot, required, to, length, firstOpened, opened } = layout;
    const stamp = this.#stamp;
    const serial = this.#serial;
    const values = this.#values;
    const scaled = this.#scaled;
    const bool = this.#bool;
    let p = start;
    let path = 0;
    const time = this.#time;
    time[0] = -1;
    let keyStart = -1;
    let keyEnd = -1;
    let keyHash = 0;
    let requiredSeen = 0;
    let schemaSeen = this.#isDefault;

    for (;;) {
      const edge = edgeFrom(layout, path, bytes, view, p);
      if (edge < 0) return -1;
      p += length[edge];
      for (let i = firstOpened[edge]; i < firstOpened[edge + 1]; i++) {
        if (stamp[opened[i]] === serial) return -1;
        stamp[opened[i]] = serial;
      }
      path = to[edge];
      if (path === endPath) break;
      if (stamp[path] === serial) return -1;
      stamp[path] = serial;

      const at = slot[path];
      switch (role[path]) {
        case roleMetric: {
          const first = bytes[p];
          if (first === 110) {
            p = atom(bytes, p);
            this.schema.unknowns?.note(this.#intake.seq, at, 'no-value');
          } else if (first > 57 && bool[at] === 1) {
            values[at] = first === 116 ? 1 : 0;
            p = atom(bytes, p);
          } else {
            p = readNumber(bytes, p, values, at);
            if (scaled[at] === 1) values[at] = (values[at] * this.#multiply[at]) / this.#divide[at];
            if (values[at] - values[at] !== 0) {
              values[at] = Number.NaN;
              this.schema.unknowns?.note(this.#intake.seq, at, 'not-finite');
            }
          }
          if (p < 0) return -1;
          requiredSeen += required[path];
          break;
        }
        case roleSkip: {
          p = skip(bytes, p, this.#number);
          if (p < 0) return -1;
          break;
        }
        case roleTag:
        case roleKey:
        case rolePart: {
          const own = role[path] === rolePart ? layout.also[path] : role[path];
          // An event with an empty key is a dead letter: its key must not be remembered.
          if (own === roleKey && bytes[p + 1] === 34) return -1;
          const from = p + 1;
          this.#text(bytes, p);
          p = this.#end;
          if (p < 0) return -1;
          if (role[path] === rolePart) this.#composer?.note(path, from, p - 1);
          if (own === roleTag) {
            this.#tagStart[at] = from;
            this.#tagEnd[at] = p - 1;
            this.#tagHash[at] = this.#hash;
          } else if (own === roleKey) {
            keyStart = from;
            keyEnd = p - 1;
            keyHash = this.#hash;
          }
          break;
        }
        case roleTime: {
          const from = p;
          if (bytes[p] === 34) {
            p = skip(bytes, p, this.#number);
            if (p < 0) return -1;
            time[0] = isoTime(bytes, from + 1, p - 1);
          } else {
            p = readNumber(bytes, p, time, 0);
            if (p < 0) return -1;
            time[0] = Math.floor(time[0]) + 0;
          }
          if (!(time[0] >= 0 && time[0] <= latest[0])) return -1;
          break;
        }
        case roleSchema: {
          p = this.#ownName(bytes, p);
          if (p < 0) return -1;
          schemaSeen = true;
          break;
        }
        default:
          return -1;
      }
    }
    if (!schemaSeen || time[0] < 0 || stamp[layout.metricsPath] !== serial) return -1;
    // Not before everything else is in order: an event that is a dead letter leaves nothing in the dictionaries.
    let key = -1;
    if (keyStart >= 0) key = this.#keys.id(bytes, keyStart, keyEnd, keyHash);
    else if (this.#composer !== null) key = this.#composer.keyId(layout, bytes);
    if (key < 0) return -1;
    this.#append(bytes, key, requiredSeen < this.#requiredCount ? 1 : 0);
    if (this.#composer !== null) this.#compose(this.#composer, layout, bytes);
    return p + (bytes[p] === 13 ? 2 : 1);
  }

  /** Passes the string at `p`; `#end` is then behind it, or −1 when it is no string without escapes. */
  #text(bytes: Uint8Array, p: number): void {
    this.#end = -1;
    if (bytes[p] !== 34) return;
    let end = p + 1;
    let hash = 0;
    let byte = bytes[end];
    while (byte !== 34) {
      if (byte === 92 || byte < 32) return;
      hash = (Math.imul(hash, 31) + byte) | 0;
      byte = bytes[++end];
    }
    this.#end = end + 1;
    this.#hash = hash;
  }

  #append(bytes: Uint8Array, key: number, lacks: number): void {
    const { rows } = this.schema;
    const row = rows.append(0, key, this.#intake.seq++);
    rows.time[row] = this.#time[0];
    rows.lacks[row] = lacks;
    const { width, tagWidth, values, tags } = rows;
    const ownValues = this.#values;
    const tagStart = this.#tagStart;
    for (let i = 0, o = row * width; i < width; i++, o++) {
      values[o] = ownValues[i];
      ownValues[i] = Number.NaN;
    }
    for (let i = 0, o = row * tagWidth; i < tagWidth; i++, o++) {
      const start = tagStart[i];
      if (start < 0) continue;
      tags[o] = this.#tags[i].id(bytes, start, this.#tagEnd[i], this.#tagHash[i]);
      tagStart[i] = -1;
    }
  }

  /** Fills the composed tags of the row just appended. */
  #compose(composer: JsonComposer, layout: JsonLayout, bytes: Uint8Array): void {
    const { rows } = this.schema;
    const { fields } = composer;
    for (let f = 0; f < fields.length; f++) {
      const { tag } = fields[f];
      if (tag >= 0) rows.tags[(rows.rows - 1) * rows.tagWidth + tag] = composer.id(fields[f], layout, bytes);
    }
    composer.clear(layout);
  }

  /** Passes the string at `p` when it is this schema's name. */
  #ownName(bytes: Uint8Array, p: number): number {
    const name = this.#name;
    if (bytes[p++] !== 34) return -1;
    for (let i = 0; i < name.length; i++) if (bytes[p++] !== name[i]) return -1;
    return bytes[p] === 34 ? p + 1 : -1;
  }
}

/** The edge from `path` whose bytes are the line's at `p`, which moves to the front; −1 when there is none. */
function edgeFrom(layout: JsonLayout, path: number, bytes: Uint8Array, view: DataView, p: number): number {
  const { to, firstEdge, nextEdge, length, firstWord, words } = layout;
  let previous = -1;
  for (let edge = firstEdge[path]; edge >= 0; edge = nextEdge[edge]) {
    const end = p + length[edge];
    if (end < bytes.length && matches(view, p, words, firstWord[edge], length[edge])) {
      const after = bytes[end];
      if (to[edge] === endPath ? after === 10 || (after === 13 && bytes[end + 1] === 10) : after > 32) {
        if (previous >= 0) {
          nextEdge[previous] = nextEdge[edge];
          nextEdge[edge] = firstEdge[path];
          firstEdge[path] = edge;
        }
        return edge;
      }
    }
    previous = edge;
  }
  return -1;
}

/** Four bytes at a time; the caller has checked that `size` bytes are there. */
function matches(view: DataView, p: number, words: Int32Array, first: number, size: number): boolean {
  if (size < 4) {
    for (let i = 0; i < size; i++) if (view.getUint8(p + i) !== words[first + i]) return false;
    return true;
  }
  const last = p + size - 4;
  let word = first;
  for (; p < last; p += 4) if (view.getInt32(p, true) !== words[word++]) return false;
  return view.getInt32(last, true) === words[word];
}

/** Passes a string without escapes, a number or true, false, null; −1 for anything else. */
function skip(bytes: Uint8Array, p: number, scratch: Float64Array): number {
  const first = bytes[p];
  if (first === 34) {
    let byte = bytes[++p];
    while (byte !== 34) {
      if (byte === 92 || byte < 32) return -1;
      byte = bytes[++p];
    }
    return p + 1;
  }
  if (first === 45 || (first >= 48 && first <= 57)) return readNumber(bytes, p, scratch, 0);
  return atom(bytes, p);
}

function atom(bytes: Uint8Array, p: number): number {
  const first = bytes[p];
  if (first === 110) return bytes[p + 1] === 117 && bytes[p + 2] === 108 && bytes[p + 3] === 108 ? p + 4 : -1;
  if (first === 116) return bytes[p + 1] === 114 && bytes[p + 2] === 117 && bytes[p + 3] === 101 ? p + 4 : -1;
  if (first !== 102 || bytes[p + 1] !== 97 || bytes[p + 2] !== 108) return -1;
  return bytes[p + 3] === 115 && bytes[p + 4] === 101 ? p + 5 : -1;
}
