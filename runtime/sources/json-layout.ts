// What the lines of one schema look like: the names seen so far and the literal bytes that lead from one value to the
// next, learnt from lines that JSON.parse accepted. A walk along these edges reads an object of the same names in any
// learnt order; a name may be left out wherever a line without it was seen.

import type { SchemaIntake } from '../evaluate/intake.ts';

export const rootPath = 0;
export const endPath = -1;

export const roleSkip = 0;
export const roleMetric = 1;
export const roleTag = 2;
export const roleKey = 3;
export const roleTime = 4;
export const roleSchema = 5;
/** A part of a composed key or tag; what else it is, `also` says. */
export const rolePart = 7;
/** An object: only edges lead through it. */
export const roleContainer = 6;

export const pathsMax = 512;
const edgesMax = 2048;
const edgesPerPathMax = 24;
const literalBytesMax = 1024;
const depthMax = 6;

interface NewEdge {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
  readonly opens: readonly number[];
}

export class JsonLayout {
  readonly schema: SchemaIntake;
  // Paths: a name inside its object. Path 0 is the event itself.
  paths = 1;
  readonly role = new Uint8Array(pathsMax);
  /** What a part is besides: `roleTag`, `roleKey` or `roleSkip`. */
  readonly also = new Uint8Array(pathsMax);
  /** Metric slot or tag position. */
  readonly slot = new Int32Array(pathsMax).fill(-1);
  readonly required = new Uint8Array(pathsMax);
  /** First edge that leaves the path, or −1. */
  readonly firstEdge = new Int32Array(pathsMax).fill(-1);
  metricsPath = -1;
  /** Parts of composed keys and tags, in order of their names. */
  parts: readonly { readonly path: number; readonly name: string }[] = [];
  readonly #takesAll: boolean;
  readonly #partNames: ReadonlySet<string>;
  readonly #partPaths = new Map<string, number>();

  // Edges: the bytes after one value up to the first byte of the next.
  edges = 0;
  readonly nextEdge = new Int32Array(edgesMax);
  readonly to = new Int32Array(edgesMax);
  readonly length = new Int32Array(edgesMax);
  /** Where the edge's words begin: the literal four bytes at a time, the last four overlapping. */
  readonly firstWord = new Int32Array(edgesMax);
  /** An edge opens the objects `opened[firstOpened[e], firstOpened[e + 1])`. */
  readonly firstOpened = new Int32Array(edgesMax + 1);
  readonly opened = new Int32Array(edgesMax * depthMax);
  words = new Int32Array(1024);
  #wordsUsed = 0;

  readonly #pathIds = new Map<string, number>();
  readonly #edgeKeys = new Set<string>();
  #full = false;

  constructor(schema: SchemaIntake) {
    this.schema = schema;
    this.role[rootPath] = roleContainer;
    const sources = schema.composed.map(({ source }) => source);
    this.#takesAll = sources.some(({ kind }) => kind === 'all');
    this.#partNames = new Set(sources.flatMap((source) => (source.kind === 'names' ? source.names : [])));
  }

  /** The path of a part that some line had; −1 when none had it. */
  partPath(name: string): number {
    return this.#partPaths.get(name) ?? -1;
  }

  /** No more can be learnt; a fresh layout may do better. */
  get full(): boolean {
    return this.#full;
  }

  /** Learns the line in `bytes[start, end)`, which JSON.parse accepted. False when it can't be walked by edges. */
  learn(bytes: Uint8Array, start: number, end: number): boolean {
    const edges = new LineReader(this, bytes, start, end).edges();
    if (edges === null) return false;
    for (const edge of edges) if (!this.#add(bytes, edge)) return false;
    return true;
  }

  /** The path of `name` inside `parent`; −1 when there is no room or its meaning is left to JSON.parse. */
  path(parent: number, name: string): number {
    const id = `${parent}\0${name}`;
    const known = this.#pathIds.get(id);
    if (known !== undefined) return known;
    if (this.paths === pathsMax) {
      this.#full = true;
      return -1;
    }
    const path = this.paths++;
    const usable = this.#assignRole(path, parent, name);
    this.#pathIds.set(id, usable ? path : -1);
    return usable ? path : -1;
  }

  /** False when another name already stands for the same slot: which of the two wins is left to JSON.parse. */
  #assignRole(path: number, parent: number, name: string): boolean {
    if (parent === rootPath) {
      if (name === 'timestamp') this.role[path] = roleTime;
      else if (name === 'schema') this.role[path] = roleSchema;
      else if (name === 'metrics') this.metricsPath = path;
      return true;
    }
    if (parent === this.metricsPath) {
      const slot = this.schema.metricSlot.get(name) ?? -1;
      if (slot < 0) return true;
      // A histogram is read by JSON.parse.
      if (this.schema.pointColumn[slot] >= 0 || this.#taken(roleMetric, slot)) return false;
      this.role[path] = roleMetric;
      this.slot[path] = slot;
      this.required[path] = this.schema.meta.metrics[slot].optional ? 0 : 1;
      return true;
    }
    if (parent === this.#pathIds.get(`${rootPath}\0tags`)) {
      if (!this.#assignTagRole(path, name)) return false;
      if (this.#takesAll || this.#partNames.has(name)) this.#addPart(path, name);
    }
    return true;
  }

  #assignTagRole(path: number, name: string): boolean {
    const { key } = this.schema.meta;
    const tag = this.schema.tagSlot.get(name) ?? -1;
    const isKey = key.source === undefined && (name === key.name || name === key.from);
    if (!isKey && tag < 0) return true;
    if ((isKey && tag >= 0) || this.#taken(isKey ? roleKey : roleTag, tag)) return false;
    this.role[path] = isKey ? roleKey : roleTag;
    this.slot[path] = tag;
    return true;
  }

  #addPart(path: number, name: string): void {
    this.also[path] = this.role[path];
    this.role[path] = rolePart;
    this.#partPaths.set(name, path);
    // In the order of `composedText`, which sorts by UTF-16 units; names are ASCII here.
    this.parts = [...this.parts, { path, name }].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #taken(role: number, slot: number): boolean {
    for (let path = 1; path < this.paths; path++) {
      const own = this.role[path] === rolePart ? this.also[path] : this.role[path];
      if (own === role && this.slot[path] === slot) return true;
    }
    return false;
  }

  #add(bytes: Uint8Array, edge: NewEdge): boolean {
    const literal = Buffer.from(bytes.buffer, bytes.byteOffset + edge.start, edge.end - edge.start);
    const id = `${edge.from} ${literal.toString('latin1')}`;
    if (this.#edgeKeys.has(id)) return true;
    if (edge.opens.length > depthMax || literal.length > literalBytesMax) return false;
    if (this.edges === edgesMax || this.#edgesFrom(edge.from) >= edgesPerPathMax) {
      this.#full = true;
      return false;
    }
    this.#edgeKeys.add(id);
    const index = this.edges++;
    this.to[index] = edge.to;
    this.length[index] = literal.length;
    this.firstWord[index] = this.#addWords(literal);
    this.nextEdge[index] = this.firstEdge[edge.from];
    this.firstEdge[edge.from] = index;
    const opened = this.firstOpened[index];
    this.opened.set(edge.opens, opened);
    this.firstOpened[index + 1] = opened + edge.opens.length;
    return true;
  }

  #edgesFrom(path: number): number {
    let count = 0;
    for (let edge = this.firstEdge[path]; edge >= 0; edge = this.nextEdge[edge]) count++;
    return count;
  }

  #addWords(literal: Buffer): number {
    const first = this.#wordsUsed;
    const count = literal.length < 4 ? literal.length : Math.ceil(literal.length / 4);
    if (first + count > this.words.length) {
      const wide = new Int32Array(Math.max(this.words.length * 2, first + count));
      wide.set(this.words);
      this.words = wide;
    }
    for (let i = 0; i < count; i++) {
      if (literal.length < 4) this.words[first + i] = literal[i];
      else this.words[first + i] = literal.readInt32LE(Math.min(4 * i, literal.length - 4));
    }
    this.#wordsUsed += count;
    return first;
  }
}

/** Cuts one line into edges. Relies on JSON.parse having accepted it; gives up on what edges can't say. */
class LineReader {
  readonly #layout: JsonLayout;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #seen = new Set<number>();
  readonly #edges: NewEdge[] = [];
  #opens: number[] = [];
  #p: number;
  #literalStart: number;
  #from = rootPath;

  constructor(layout: JsonLayout, bytes: Uint8Array, start: number, end: number) {
    this.#layout = layout;
    this.#bytes = bytes;
    this.#p = start;
    this.#literalStart = start;
    this.#end = end;
  }

  edges(): readonly NewEdge[] | null {
    this.#blanks();
    if (!this.#object(rootPath, 0)) return null;
    this.#edges.push({ from: this.#from, to: endPath, start: this.#literalStart, end: this.#end, opens: this.#opens });
    return this.#edges;
  }

  #object(path: number, depth: number): boolean {
    if (depth === depthMax || this.#bytes[this.#p] !== 123) return false;
    if (path !== rootPath) this.#opens.push(path);
    this.#p++;
    this.#blanks();
    while (this.#bytes[this.#p] !== 125) {
      const name = this.#name();
      const child = name === null ? -1 : this.#layout.path(path, name);
      // A name that comes twice is left to JSON.parse, where the last one wins.
      if (child < 0 || this.#seen.has(child)) return false;
      this.#seen.add(child);
      this.#blanks();
      this.#p++; // the colon
      this.#blanks();
      if (this.#bytes[this.#p] === 123 ? !this.#object(child, depth + 1) : !this.#scalar(child)) return false;
      this.#blanks();
      if (this.#bytes[this.#p] === 44) this.#p++;
      this.#blanks();
    }
    this.#p++;
    return true;
  }

  #scalar(path: number): boolean {
    const first = this.#bytes[this.#p];
    if (first === 91) return false;
    this.#edges.push({ from: this.#from, to: path, start: this.#literalStart, end: this.#p, opens: this.#opens });
    if (first === 34) {
      this.#p++;
      while (this.#bytes[this.#p] !== 34) this.#p += this.#bytes[this.#p] === 92 ? 2 : 1;
      this.#p++;
    } else {
      while (
        this.#p < this.#end &&
        this.#bytes[this.#p] > 32 &&
        this.#bytes[this.#p] !== 44 &&
        this.#bytes[this.#p] !== 125
      )
        this.#p++;
    }
    this.#literalStart = this.#p;
    this.#from = path;
    this.#opens = [];
    return true;
  }

  /** A name of plain ASCII; `null` for one with escapes or other letters. */
  #name(): string | null {
    const start = ++this.#p;
    while (this.#bytes[this.#p] !== 34) {
      if (this.#bytes[this.#p] === 92 || this.#bytes[this.#p] > 126) return null;
      this.#p++;
    }
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, this.#p++ - start).toString('latin1');
  }

  #blanks(): void {
    while (this.#p < this.#end && this.#bytes[this.#p] <= 32) this.#p++;
  }
}
