// One ordered stream of events: watermark, reorder buffer, late events, and a judge per schema. What a partition hands
// out depends on the events and their order of arrival alone, never on how they were cut into batches.

import type { KernelFactory, ProgramCode, ProgramMeta } from '../contract.ts';
import type { Intake, SchemaIntake } from './intake.ts';
import { type Happening, Judge } from './judge.ts';
import { KeyExpiry } from './key-expiry.ts';
import { PolicyFaults, type TellFault } from './policy-faults.ts';
import { Rows } from './rows.ts';
import { type JudgePolicies, loadMemory, saveMemory } from './state/judge-state.ts';
import { loadRows, saveRows } from './state/rows-state.ts';
import { StateReader } from './state/state-reader.ts';
import type { StateWriter } from './state/state-writer.ts';

/** Called in an order that batches do not change; the happening's row is intact during the call. */
export interface Listener {
  fire(happening: Happening, row: Rows): void;
  rearm(happening: Happening): void;
  skip(policy: number, key: number, batch: Rows, row: number): void;
  /** An event came behind the watermark and was not judged. */
  late(schema: number, batch: Rows, row: number, watermark: number): void;
  /** A key has more members by a tag than it may; called again and again while it has. */
  crowded(schema: number, tag: number, key: number): void;
  /** The policy has thrown and is called no more. Without it what it throws is thrown on. */
  readonly fault?: TellFault;
}

/** Rows that a schema's reorder buffer holds at most; beyond, the earliest are judged before the watermark passes them. */
const reorderRowsMax = 262_144;

/** The rows of a schema on their way. */
export interface Stream {
  readonly intake: SchemaIntake;
  readonly judge: Judge;
  readonly expiry: KeyExpiry;
  readonly latenessMs: number;
  /** Rows that wait for the watermark, ascending in time once sorted. */
  pending: Rows;
  spare: Rows;
  sorted: boolean;
  /** Rows at or before this have been judged although the watermark had not passed them: a key never goes back. */
  closedThrough: number;
  /** First row of the intake not yet looked at. */
  next: number;
}

export class Partition {
  readonly streams: readonly Stream[];
  readonly #listener: Listener;
  readonly #program: ProgramMeta;
  readonly #intake: Intake;
  readonly #code: ProgramCode;
  readonly faults: PolicyFaults;
  readonly #happenings: Happening[] = [];
  #timeMax = Number.NEGATIVE_INFINITY;
  late = 0;

  /** The partition empties `intake`'s rows at every `drain`. */
  constructor(
    program: ProgramMeta,
    code: ProgramCode,
    intake: Intake,
    createKernel: KernelFactory,
    listener: Listener,
  ) {
    this.#listener = listener;
    this.#program = program;
    this.#intake = intake;
    this.#code = code;
    this.faults = new PolicyFaults(program.policies.length, listener.fault ?? null);
    this.streams = intake.schemas.map((schema) => {
      const judge = new Judge(program, code, schema.index, createKernel, {
        happenings: this.#happenings,
        faults: this.faults,
        skip: (policy, key, batch, row) => listener.skip(policy, key, batch, row),
        crowded: (tag, key) => listener.crowded(schema.index, tag, key),
      });
      return {
        intake: schema,
        judge,
        expiry: new KeyExpiry(schema, judge, program.policies, intake.limits.forgets ?? true),
        latenessMs: schema.meta.latenessMs,
        pending: new Rows(schema.rows),
        spare: new Rows(schema.rows),
        sorted: true,
        closedThrough: Number.NEGATIVE_INFINITY,
        next: 0,
      };
    });
  }

  /** The greatest time seen, epoch ms; −∞ before the first event. */
  get timeMax(): number {
    return this.#timeMax;
  }

  get merged(): number {
    return this.streams.reduce((sum, stream) => sum + stream.judge.merged, 0);
  }

  /** Rows whose member had no place among those of its key. */
  get membersRefused(): number {
    return this.streams.reduce((sum, stream) => sum + stream.judge.membersRefused, 0);
  }

  /** Rows that wait for the watermark. */
  get waiting(): number {
    return this.streams.reduce((sum, stream) => sum + stream.pending.rows, 0);
  }

  judge(schema: number): Judge {
    return this.streams[schema].judge;
  }

  /** Takes what the decoder has appended since the last call and judges what the watermark has passed. */
  drain(): void {
    const busy = this.streams.filter((stream) => stream.intake.rows.rows > 0);
    for (const { intake } of busy) intake.matchPatterns();
    if (busy.length === 1 && this.#judgeInPlace(busy[0])) this.#passOthers(busy[0]);
    else {
      this.#admit(busy);
      for (const stream of this.streams) this.#releasePassed(stream);
    }
    this.#report();
    this.#passRefused();
    for (const { intake, expiry, latenessMs, pending } of this.streams) {
      const { rows } = intake.rows;
      intake.rows.clear();
      // What was judged before the watermark passed it may lie ahead of it, never what is yet to come.
      expiry.step(this.#timeMax - latenessMs, rows, pending);
    }
  }

  /** Events that found no room show the time all the same: else nobody would ever be gone. */
  #passRefused(): void {
    const { refusedTime } = this.#intake;
    if (refusedTime <= this.#timeMax) return;
    this.#timeMax = refusedTime;
    for (const stream of this.streams) this.#releasePassed(stream);
    this.#report();
  }

  /** Time has come to `time` although no event says so: a live source has been quiet. */
  advance(time: number): void {
    // What has come already came before this.
    this.drain();
    if (time <= this.#timeMax) return;
    this.#timeMax = time;
    this.drain();
  }

  /**
   * A live source has been quiet until `time`: what waits is judged, and deadlines before `time` pass. The watermark
   * stays where the events have brought it, so that what the source sends belatedly of its silence is still judged.
   */
  passTime(time: number): void {
    this.close();
    for (const stream of this.streams) stream.judge.pass(time - stream.latenessMs);
    this.#report();
  }

  /**
   * Judges what the watermark has reached. An event of that time that comes later is late when its key has been judged
   * there: many senders stamp whole seconds. Deadlines at that very moment wait, since an event may still put them off.
   */
  punctuate(): void {
    this.drain();
    for (const stream of this.streams) {
      const watermark = this.#timeMax - stream.latenessMs;
      this.#release(stream, nextUp(watermark), watermark);
    }
    this.#report();
  }

  /** End of input: judges everything that waits and lets time come to the last event's. */
  close(): void {
    this.drain();
    const end = nextUp(this.#timeMax);
    for (const stream of this.streams) this.#release(stream, end, end);
    this.#report();
  }

  /** Takes the time that another partition has reached, and what it has counted. */
  adoptTime(other: Partition): void {
    this.#timeMax = other.#timeMax;
    this.late = other.late;
  }

  /** Between two calls. */
  save(to: StateWriter): void {
    to.number(this.#timeMax);
    to.number(this.late);
    for (const { intake, judge, expiry, pending, closedThrough } of this.streams) {
      to.number(closedThrough);
      saveRows(pending, to);
      saveMemory(judge.memory, intake, this.#policiesOf(intake), to);
      expiry.save(to);
    }
  }

  /** Into a partition that has taken nothing yet, and whose intake has its names. */
  load(from: StateReader): void {
    this.#timeMax = from.number('the time reached');
    if (Number.isNaN(this.#timeMax)) throw StateReader.damaged('the time reached');
    this.late = from.finite('a count');
    for (const stream of this.streams) {
      const { intake, judge, expiry, pending, latenessMs } = stream;
      stream.closedThrough = from.number('the time reached');
      loadRows(pending, intake, from);
      stream.sorted = false;
      loadMemory(judge.memory, intake, this.#policiesOf(intake), this.#timeMax - latenessMs, from);
      expiry.load(from);
    }
  }

  #policiesOf({ index: schema }: SchemaIntake): JudgePolicies {
    return { metas: this.#program.policies, codes: this.#code.policies, faults: this.faults, schema };
  }

  /**
   * The usual case without a copy: rows in ascending time, nothing late, lateness 0. The last time's rows go to the
   * buffer. Returns false, with nothing done, when the case is another one.
   */
  #judgeInPlace(stream: Stream): boolean {
    const { rows } = stream.intake;
    const { time } = rows;
    const count = rows.rows;
    if (stream.latenessMs !== 0 || time[0] < this.#timeMax || time[0] <= stream.closedThrough) return false;
    let last = time[0];
    let distinct = true;
    for (let row = 1; row < count; row++) {
      const at = time[row];
      if (at <= last) {
        if (at < last) return false;
        distinct = false;
      }
      last = at;
    }
    let first = 0;
    // With lateness 0 all that waits has the greatest time so far; more rows of that time join it.
    while (first < count && time[first] === this.#timeMax) stream.pending.copy(rows, first++);
    if (first === count) return true;
    this.#timeMax = last;
    let ready = count;
    while (ready > first && time[ready - 1] === last) ready--;
    // Not up to `last`: deadlines that lie behind the rows at hand wait for those rows.
    this.#release(stream, time[first], time[first]);
    if (ready > first) {
      rows.rows = ready;
      stream.judge.judge(rows, first, last, distinct);
      rows.rows = count;
    }
    for (let row = ready; row < count; row++) stream.pending.copy(rows, row);
    return true;
  }

  /** The others have no new rows, but time has moved for them too. */
  #passOthers(busy: Stream): void {
    for (const stream of this.streams) {
      if (stream !== busy) this.#releasePassed(stream);
    }
  }

  /** Moves new rows to the buffers in order of arrival, leaving out what is late. */
  #admit(busy: readonly Stream[]): void {
    for (const stream of busy) stream.next = 0;
    for (;;) {
      let stream: Stream | null = null;
      let seq = Number.POSITIVE_INFINITY;
      for (const candidate of busy) {
        const { rows } = candidate.intake;
        if (candidate.next < rows.rows && rows.seq[candidate.next] < seq) {
          stream = candidate;
          seq = rows.seq[candidate.next];
        }
      }
      if (stream === null) return;
      this.#admitRow(stream, stream.next++);
    }
  }

  #admitRow(stream: Stream, row: number): void {
    const { rows } = stream.intake;
    const time = rows.time[row];
    const watermark = this.#timeMax - stream.latenessMs;
    const isBehind = time < watermark;
    if (isBehind || (time <= stream.closedThrough && stream.judge.heardAt(rows.key[row]) >= time)) {
      this.late++;
      this.#listener.late(stream.intake.index, rows, row, isBehind ? watermark : stream.judge.heardAt(rows.key[row]));
      return;
    }
    if (time > this.#timeMax) this.#timeMax = time;
    const { pending } = stream;
    if (pending.rows > 0 && time < pending.time[pending.rows - 1]) stream.sorted = false;
    pending.copy(rows, row);
    if (pending.rows > reorderRowsMax) this.#shorten(stream);
  }

  /** The buffer is full: what the watermark has passed leaves it and, when that is not enough, its earlier half. */
  #shorten(stream: Stream): void {
    for (const each of this.streams) this.#releasePassed(each);
    this.#report();
    if (stream.pending.rows <= reorderRowsMax) return;
    const times = stream.pending.time.slice(0, stream.pending.rows).sort();
    this.#release(stream, nextUp(times[times.length >> 1]), this.#timeMax - stream.latenessMs);
    this.#report();
  }

  #releasePassed(stream: Stream): void {
    const watermark = this.#timeMax - stream.latenessMs;
    this.#release(stream, watermark, watermark);
  }

  /** Judges waiting rows before `limit` and lets deadlines before `passed` pass. */
  #release(stream: Stream, limit: number, passed: number): void {
    if (this.#timeMax === Number.NEGATIVE_INFINITY) return;
    if (!stream.sorted) this.#sort(stream);
    const { pending, judge } = stream;
    let ready = 0;
    while (ready < pending.rows && pending.time[ready] < limit) ready++;
    if (ready === 0) {
      judge.pass(passed);
      return;
    }
    const last = pending.time[ready - 1];
    if (last >= this.#timeMax - stream.latenessMs && last > stream.closedThrough) stream.closedThrough = last;
    // What stays moves to the spare buffer; the ready rows stay intact until all streams have been reported together.
    const { spare } = stream;
    spare.clear();
    for (let row = ready; row < pending.rows; row++) spare.copy(pending, row);
    pending.rows = ready;
    judge.judge(pending, 0, passed, false);
    stream.pending = spare;
    stream.spare = pending;
  }

  #sort(stream: Stream): void {
    const { pending, spare } = stream;
    const order = Array.from({ length: pending.rows }, (_, row) => row);
    order.sort((a, b) => pending.time[a] - pending.time[b] || a - b);
    spare.clear();
    for (const row of order) spare.copy(pending, row);
    pending.clear();
    stream.pending = spare;
    stream.spare = pending;
    stream.sorted = true;
  }

  #report(): void {
    const happenings = this.#happenings;
    if (happenings.length === 0) return;
    const batch = happenings.splice(0);
    if (batch.length > 1) {
      // With one schema what comes first in time is also released first.
      batch.sort(this.streams.length === 1 ? compareWithin : (a, b) => this.#compare(a, b));
    }
    for (const happening of batch) {
      if (happening.kind === 'rearm') this.#listener.rearm(happening);
      else this.#listener.fire(happening, happening.batch);
    }
  }

  #streamOf(happening: Happening): Stream {
    return this.streams[this.#program.policies[happening.policy].schema];
  }

  /** By the moment at which the watermark lets a happening out, so that the order does not depend on batches. */
  #compare(a: Happening, b: Happening): number {
    const releasedA = a.time + this.#streamOf(a).latenessMs;
    const releasedB = b.time + this.#streamOf(b).latenessMs;
    return releasedA - releasedB || compareWithin(a, b);
  }
}

function compareWithin(a: Happening, b: Happening): number {
  return a.time - b.time || seqOf(a) - seqOf(b) || a.policy - b.policy || a.key - b.key;
}

function seqOf(happening: Happening): number {
  return happening.batch.seq[happening.row];
}

const bits = new DataView(new ArrayBuffer(8));

/** The least number above an epoch time. */
function nextUp(time: number): number {
  if (time === 0) return Number.MIN_VALUE;
  bits.setFloat64(0, time);
  bits.setBigInt64(0, bits.getBigInt64(0) + (time > 0 ? 1n : -1n));
  return bits.getFloat64(0);
}
