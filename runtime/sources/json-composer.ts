// Composed keys and tags from the bytes of a line: the same values as `composedText` gives, without a string for one
// that was seen before.

import { escapedEntry } from '../evaluate/composition.ts';
import type { ComposedTag, SchemaIntake } from '../evaluate/intake.ts';
import { ByteDictionary, hashBytes } from './byte-dictionary.ts';
import { type JsonLayout, pathsMax } from './json-layout.ts';

const backslash = 92;
const slash = 47;
const comma = 44;
const equals = 61;

interface Field extends ComposedTag {
  readonly dictionary: ByteDictionary;
}

export class JsonComposer {
  readonly fields: readonly Field[];
  readonly #key: Field | null;
  /** By path, where the text of the line at hand lies; −1 when it has none. */
  readonly #start = new Int32Array(pathsMax).fill(-1);
  readonly #end = new Int32Array(pathsMax);
  #scratch = Buffer.alloc(1024);
  #length = 0;
  /** Escaped names with their `=`, by name. */
  readonly #heads = new Map<string, Uint8Array>();

  constructor(schema: SchemaIntake) {
    this.fields = schema.composed.map(({ tag, source }) => {
      const dictionary = new ByteDictionary(tag < 0 ? schema.keys : schema.tags[tag]);
      return { tag, source, dictionary };
    });
    this.#key = this.fields.find(({ tag }) => tag < 0) ?? null;
  }

  note(path: number, start: number, end: number): void {
    this.#start[path] = start;
    this.#end[path] = end;
  }

  clear(layout: JsonLayout): void {
    for (const { path } of layout.parts) this.#start[path] = -1;
  }

  /** The key's id, or what `Dictionary.intern` gives for one without a place; −1 when it is absent. */
  keyId(layout: JsonLayout, bytes: Uint8Array): number {
    return this.#key === null ? -1 : this.id(this.#key, layout, bytes);
  }

  id(field: Field, layout: JsonLayout, bytes: Uint8Array): number {
    this.#length = 0;
    const { source, dictionary } = field;
    if (source.kind === 'always') return dictionary.dictionary.intern(source.value);
    const some =
      source.kind === 'names'
        ? this.#joinNames(source.names, layout, bytes)
        : this.#joinAll(source.except ?? [], layout, bytes);
    if (!some) return -1;
    return dictionary.id(this.#scratch, 0, this.#length, hashBytes(this.#scratch, 0, this.#length));
  }

  #joinNames(names: readonly string[], layout: JsonLayout, bytes: Uint8Array): boolean {
    let some = false;
    for (let n = 0; n < names.length; n++) {
      if (n > 0) this.#append(slash);
      const path = layout.partPath(names[n]);
      if (path < 0 || this.#start[path] < 0) continue;
      if (this.#end[path] > this.#start[path]) some = true;
      this.#copy(bytes, this.#start[path], this.#end[path], slash, slash);
    }
    return some;
  }

  #joinAll(except: readonly string[], layout: JsonLayout, bytes: Uint8Array): boolean {
    const { parts } = layout;
    for (let n = 0; n < parts.length; n++) {
      const { path, name } = parts[n];
      if (this.#start[path] < 0 || this.#end[path] === this.#start[path] || except.includes(name)) continue;
      if (this.#length > 0) this.#append(comma);
      const head = this.#head(name);
      for (let i = 0; i < head.length; i++) this.#append(head[i]);
      this.#copy(bytes, this.#start[path], this.#end[path], comma, equals);
    }
    return this.#length > 0;
  }

  #head(name: string): Uint8Array {
    const known = this.#heads.get(name);
    if (known !== undefined) return known;
    const head = Buffer.from(`${escapedEntry(name)}=`, 'utf8');
    // Layouts come and go, and with them names.
    if (this.#heads.size >= pathsMax) this.#heads.clear();
    this.#heads.set(name, head);
    return head;
  }

  #copy(bytes: Uint8Array, start: number, end: number, escaped: number, escapedToo: number): void {
    for (let p = start; p < end; p++) {
      const byte = bytes[p];
      if (byte === escaped || byte === escapedToo || byte === backslash) this.#append(backslash);
      this.#append(byte);
    }
  }

  #append(byte: number): void {
    if (this.#length === this.#scratch.length) {
      const wide = Buffer.alloc(this.#scratch.length * 2);
      this.#scratch.copy(wide);
      this.#scratch = wide;
    }
    this.#scratch[this.#length++] = byte;
  }
}
