// Forgets what nothing can depend on any more: keys that have been silent for longer than any policy looks back and for
// which none is active or remembers a silence, and values of tags that nothing holds on to. Their ids are given again, so
// memory is bounded by who is alive, not by who ever was. No decision changes by it. Goes by event time and rows alone, a
// little at a time.

import type { PolicyMeta, SchemaMeta } from '../contract.ts';
import type { SchemaIntake } from './intake.ts';
import type { Judge } from './judge.ts';
import { isStored } from './kernels/kernel-store.ts';
import type { Rows } from './rows.ts';
import type { StateReader } from './state/state-reader.ts';
import type { StateWriter } from './state/state-writer.ts';

/** Keys looked at between two batches, and state slots of keys looked at closely; a batch of more rows looks at more. */
const keysPerStep = 4096;
const slotsPerStep = 20_000;
/** Values of a tag below which nobody asks who holds on to them. */
const valuesLeast = 1024;

export class KeyExpiry {
  readonly #intake: SchemaIntake;
  readonly #judge: Judge;
  readonly #horizonMs: number;
  /** Policies of every key. */
  readonly #policies: readonly (readonly [policy: number, meta: PolicyMeta])[];
  readonly #keysPerStep: number;
  readonly #isPossible: boolean;
  /** The next key to be looked at; none is while the watermark lies before `#nextAt`. */
  #cursor = 0;
  #nextAt = Number.NEGATIVE_INFINITY;
  /** Rows since the last look. */
  #rows = 0;
  /** By tag: as many values call for a look at who holds on to them, not before this watermark. */
  readonly #valuesMost: number[];
  readonly #valuesAt: Float64Array;

  /** Forgets nothing unless `forgets`. */
  constructor(intake: SchemaIntake, judge: Judge, policies: readonly PolicyMeta[], forgets: boolean) {
    this.#intake = intake;
    this.#judge = judge;
    this.#horizonMs = horizonMs(intake.meta);
    const own = [...policies.entries()].filter(([, { schema }]) => schema === intake.index);
    this.#policies = own.filter(([, { onlyKey }]) => onlyKey < 0);
    const slots = this.#policies.reduce((sum, [, { state }]) => sum + state.length, 1);
    this.#keysPerStep = Math.max(4, Math.floor(slotsPerStep / slots));
    this.#isPossible = forgets && judge.memory.kernels.every(isStored);
    this.#valuesMost = intake.tags.map(() => valuesLeast);
    this.#valuesAt = new Float64Array(intake.tags.length).fill(Number.NEGATIVE_INFINITY);
  }

  /** After `rows` rows, none of which is left but those that wait. */
  step(watermark: number, rows: number, waiting: Rows): void {
    if (!this.#isPossible) return;
    this.#rows += rows;
    // Rows that wait are looked through for each sweep: no more often than as many have come.
    if (watermark >= this.#nextAt && this.#rows * 4 >= waiting.rows) {
      this.#sweep(watermark, this.#rows, waiting);
      this.#rows = 0;
    }
    const { tags } = this.#intake;
    for (let tag = 0; tag < tags.length; tag++) {
      const { count, limit } = tags[tag];
      if (count >= Math.min(this.#valuesMost[tag], limit) && watermark >= this.#valuesAt[tag])
        this.#sweepValues(tag, watermark, waiting);
    }
  }

  #sweep(watermark: number, rows: number, waiting: Rows): void {
    const { keys, meta } = this.#intake;
    if (watermark === Number.NEGATIVE_INFINITY) return;
    const cut = watermark - this.#horizonMs;
    const end = Math.min(keys.size, this.#cursor + Math.max(keysPerStep, 4 * rows));
    let left = Math.max(this.#keysPerStep, rows);
    let busy: Uint8Array | null = null;
    let key = Math.max(this.#cursor, meta.key.literals.length);
    for (; key < end && left > 0; key++) {
      if (this.#judge.heardAt(key) >= cut || !keys.has(key)) continue;
      left--;
      if (!this.#isDone(key, cut)) continue;
      busy ??= marked(waiting, keys.size);
      if (busy[key] === 1) continue;
      this.#judge.forget(key);
      keys.forget(key);
      this.#intake.forgetMatch(-1, key);
    }
    this.#cursor = key;
    if (key < keys.size) return;
    this.#cursor = 0;
    this.#nextAt = watermark + this.#horizonMs / 8;
  }

  /** Whether every policy would judge the key's next row as if the key had never been. */
  #isDone(key: number, cut: number): boolean {
    const { states } = this.#judge.memory;
    for (const [policy, { state: slots }] of this.#policies) {
      const state = states[policy];
      const offset = key * slots.length;
      if (offset >= state.length) continue;
      for (let slot = 0; slot < slots.length; slot++) {
        const value = state[offset + slot];
        switch (slots[slot].kind) {
          case 'active':
            if (value !== 0) return false;
            break;
          // A silence counts from here, however long it lasts.
          case 'last-present':
            if (!Number.isNaN(value)) return false;
            break;
          case 'since':
            break;
          default:
            if (value >= cut) return false;
        }
      }
    }
    return true;
  }

  /** Asks who holds on to the values of a tag, and forgets those that nobody does. */
  #sweepValues(tag: number, watermark: number, waiting: Rows): void {
    const dictionary = this.#intake.tags[tag];
    const held = new Uint8Array(dictionary.size);
    const hold = (id: number): void => {
      if (id >= 0 && id < held.length) held[id] = 1;
    };
    for (let row = 0; row < waiting.rows; row++) hold(waiting.tags[row * waiting.tagWidth + tag]);
    this.#judge.eachValue(tag, watermark, hold);
    const { length: literals } = this.#intake.meta.tags[tag].literals;
    for (let id = literals; id < held.length; id++) {
      if (held[id] === 1 || !dictionary.has(id)) continue;
      dictionary.forget(id);
      this.#intake.forgetMatch(tag, id);
    }
    this.#valuesMost[tag] = Math.max(valuesLeast, 2 * dictionary.count);
    this.#valuesAt[tag] = watermark + this.#intake.meta.staleMs / 8;
  }

  save(to: StateWriter): void {
    to.number(this.#cursor);
    to.number(this.#nextAt);
    to.number(this.#rows);
    for (const [tag, most] of this.#valuesMost.entries()) {
      to.number(most);
      to.number(this.#valuesAt[tag]);
    }
  }

  load(from: StateReader): void {
    const what = 'what is to be forgotten';
    this.#cursor = Math.min(Math.max(0, Math.floor(from.finite(what))), this.#intake.keys.size);
    this.#nextAt = from.number(what);
    this.#rows = from.finite(what);
    for (const tag of this.#valuesMost.keys()) {
      this.#valuesMost[tag] = from.finite(what);
      this.#valuesAt[tag] = from.number(what);
    }
  }
}

/** 1 for each key that a row waits for. */
function marked({ rows, key }: Rows, keys: number): Uint8Array {
  const marks = new Uint8Array(keys);
  for (let row = 0; row < rows; row++) marks[key[row]] = 1;
  return marks;
}

/** How long a key must be silent so that no window, timer or cooldown reaches back to its last row; rather too long. */
function horizonMs({ lookBackMs, staleMs, latenessMs, derived }: SchemaMeta): number {
  const reach = derived.map(
    ({ kernel, widthMs, agoMs, gapMs }) => agoMs + gapMs + widthMs * (kernel === 'ewma' ? 41 : 1),
  );
  return Math.max(lookBackMs, ...reach) + 2 * staleMs + latenessMs;
}
