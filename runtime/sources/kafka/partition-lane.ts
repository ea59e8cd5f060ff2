// One partition's way through the engine: its own session, read in the order of offsets, sliced so that heartbeats go on.
// Whatever arises while messages before `liveFrom` are read again has been decided before and is suppressed.

import type { DeadLetter } from '../../evaluate/intake.ts';
import type { Session, SessionListener } from '../../evaluate/session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KafkaBatch, KafkaMessage, KafkaPartition, KafkaTurn } from '../../ports/kafka-port.ts';
import type { Cancel, Timers } from '../../ports/timers.ts';
import { LookBackMarks } from './look-back-marks.ts';
import { MessageDecoder, type MessageDecoderOptions } from './message-decoder.ts';

/** Messages decoded before their rows are judged. */
const sliceMessages = 1_024;
/** Work after which everybody else has a turn: far below the time that an event may take to its proposal. */
const workMs = 8;
/** Quiet after which the time that events have reached is closed. */
const quietMs = 20;
/** Silence after which time goes on without events, this much behind the clock's pace. */
const idleSlackMs = 15_000;
const waitMs = 20;

export type LanePhase = 'preparing' | 'warming' | 'live';

/** Puts something of a source's own before a session's listener. */
export type WrapListener = (listener: SessionListener) => SessionListener;

/** Where sessions of the program at hand come from, and what may put others in their place. */
export interface SessionKeeper {
  open(wrap: WrapListener): Session;
  /** From now on `holder` is asked when another program shall go on. */
  hold(holder: { replace(make: (old: Session) => Session): boolean }, wrap: WrapListener): void;
  letGo(holder: { replace(make: (old: Session) => Session): boolean }): void;
  /** A slice of events is about to be decoded, and then has been judged. */
  begin(): void;
  end(): void;
}

export interface LaneHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly decoding: Omit<MessageDecoderOptions, 'where'>;
  readonly sessions: SessionKeeper;
  /** How far back in event time the state of the program at hand goes, lateness included. */
  lookBackMs(): number;
  /** False: no further message is judged until it is true again. */
  accepting(): boolean;
  poison(partition: KafkaPartition, message: KafkaMessage, letter: DeadLetter): void;
  /** The rows of a slice lie in the session's intake; they are about to be judged. */
  decoded(lane: PartitionLane, messages: number): void;
  /** The state of partitions is kept from time to time, which is exact where reading again is exact by look-back alone. */
  readonly keepsSnapshots: boolean;
}

export class PartitionLane {
  readonly partition: KafkaPartition;
  readonly #host: LaneHost;
  #session: Session;
  #decoder: MessageDecoder;
  #marks: LookBackMarks;
  readonly #wrap: WrapListener;
  phase: LanePhase = 'preparing';
  /** Changes with every assignment: what began under another one must not be finished. */
  epoch = 0;
  /** The next message to be read. */
  position = -1;
  /** What arises from messages before it was decided by a predecessor. */
  liveFrom = 0;
  committed = -1;
  /** The offset of the next message to be written, as far as is known. */
  high = 0;
  /** Neither read nor moved on by time: the group is being shared out anew. */
  held = true;
  /** Monotonic: since when it is held. */
  heldAtMs: number;
  /** Somebody else has the partition now: what still arises here is theirs to decide. */
  fenced = false;
  /** Monotonic: when something last came, or the partition was taken up. */
  heardAtMs: number;
  /** Monotonic: when its state was written down last. */
  snapshotAtMs: number;
  /** Its state as of this offset is kept, so that a successor need not read what lies before the look-back; −1: none is. */
  snapshotOffset = -1;
  #start = 0;
  /** Rows of a message that has not come to its end lie in the intake. */
  #inMessage = false;
  #heardTime = Number.NEGATIVE_INFINITY;
  /** Monotonic: when the broker last had nothing that was not read. */
  #endAtMs = Number.NEGATIVE_INFINITY;
  #cancelQuiet: Cancel | null = null;
  #messages: readonly KafkaMessage[] = [];
  #current = 0;

  constructor(partition: KafkaPartition, host: LaneHost) {
    this.partition = partition;
    this.#host = host;
    this.#wrap = (listener) => this.#wrapped(listener);
    this.#session = host.sessions.open(this.#wrap);
    host.sessions.hold(this, this.#wrap);
    this.#decoder = this.#createDecoder();
    this.#marks = new LookBackMarks(() => host.lookBackMs(), 0);
    this.heardAtMs = host.clock.monotonicMs();
    this.snapshotAtMs = this.heardAtMs;
    this.heldAtMs = this.heardAtMs;
  }

  get session(): Session {
    return this.#session;
  }

  get decoder(): MessageDecoder {
    return this.#decoder;
  }

  /** From where a successor must read to have this state. */
  get from(): number {
    const { from } = this.#marks;
    const known = Math.min(from, Math.max(0, this.position));
    if (!this.#host.keepsSnapshots) return known;
    // Repetitions and hysteresis depend on more than any look-back: only the newest snapshot gives the same state for
    // certain, and until there is one the same beginning.
    return Math.min(known, this.snapshotOffset < 0 ? this.#start : this.snapshotOffset);
  }

  /** Greatest event time so far, epoch ms; −∞ before the first event. */
  get watermark(): number {
    return this.#session.partition.timeMax;
  }

  get lag(): number {
    return Math.max(0, this.high - Math.max(0, this.position));
  }

  /** Reads on from `position`, whose state the session has; `from`: where that state was read from. */
  begin(position: number, from: number, liveFrom: number): void {
    this.position = position;
    this.liveFrom = liveFrom;
    this.#start = Math.min(from, position);
    this.#marks = new LookBackMarks(() => this.#host.lookBackMs(), Math.min(from, position));
    this.resume();
  }

  /** Goes on after the group was shared out anew. */
  resume(): void {
    this.held = false;
    this.heardAtMs = this.#host.clock.monotonicMs();
    this.phase = 'warming';
    this.#enliven();
  }

  /** Somebody else has the partition now, or another lane: nothing that arises here counts any more. */
  drop(): void {
    this.fenced = true;
    this.#host.sessions.letGo(this);
    this.hold();
  }

  /** No row waits to be judged: the session's state is that of `position`. */
  get atRest(): boolean {
    return !this.#inMessage && this.#session.intake.schemas.every(({ rows }) => rows.rows === 0);
  }

  /** Reads nothing and lets no time pass until it is resumed. */
  hold(): void {
    if (!this.held) this.heldAtMs = this.#host.clock.monotonicMs();
    this.held = true;
    this.#stopQuiet();
  }

  /** Another program, or another version of it, goes on in this one's place. Only while no message is half read. */
  replace(make: (old: Session) => Session): boolean {
    if (this.#inMessage) return false;
    this.#session = make(this.#session);
    this.#decoder = this.#createDecoder();
    return true;
  }

  /** Takes what one fetch brought; resolves to the offset to go on with. */
  async take(batch: KafkaBatch, turn: KafkaTurn): Promise<number> {
    const { messages } = batch;
    const { clock } = this.#host;
    this.high = Math.max(this.high, batch.highWatermark);
    let at = 0;
    // What was read before is not read again, and breaks no silence.
    while (at < messages.length && Number(messages[at].offset) < this.position) at++;
    let begun = clock.monotonicMs();
    if (at < messages.length) {
      this.heardAtMs = begun;
      this.#stopQuiet();
    }
    while (at < messages.length) {
      if (!(await this.#accepted(turn))) return this.position;
      const end = this.#sliceEnd(messages, at);
      const next = await this.#slice(messages, at, end, turn);
      if (next < 0) return this.position;
      at = next;
      if (clock.monotonicMs() - begun >= workMs) {
        if (!(await turn.breathe())) return this.position;
        begun = clock.monotonicMs();
      }
    }
    this.#reach(Math.max(this.position, batch.end));
    if (this.position >= batch.highWatermark && this.#cancelQuiet === null) this.#expectQuiet();
    return this.position;
  }

  /** What lies before `end` is for nobody. */
  pass(end: number): void {
    if (this.held || this.#inMessage || end <= this.position) return;
    this.heardAtMs = this.#host.clock.monotonicMs();
    this.#reach(end);
    this.high = Math.max(this.high, end);
    if (this.position >= this.high) this.#expectQuiet();
  }

  /** Slices end where the predecessor's work ended: what arises before it and what arises behind are told apart. */
  #sliceEnd(messages: readonly KafkaMessage[], at: number): number {
    const end = Math.min(messages.length, at + sliceMessages);
    if (this.#isLive || Number(messages[end - 1].offset) < this.liveFrom) return end;
    this.#reach(Math.max(this.position, Math.min(this.liveFrom, Number(messages[at].offset))));
    if (this.#isLive) return end;
    let boundary = at;
    while (boundary < end && Number(messages[boundary].offset) < this.liveFrom) boundary++;
    return boundary;
  }

  /** Decodes and judges messages from `at` on; returns how far it came, −1 when it had to stop within one. */
  async #slice(messages: readonly KafkaMessage[], at: number, end: number, turn: KafkaTurn): Promise<number> {
    this.#messages = messages;
    const { clock } = this.#host;
    const begun = clock.monotonicMs();
    this.#host.sessions.begin();
    let index = at;
    let stopped = false;
    while (index < end && !stopped) {
      index = this.#decoder.plain(messages, index, end);
      const value = index < end ? messages[index].value : null;
      if (value === null) continue;
      stopped = !(await this.#large(value, index, turn));
      if (!stopped) index++;
      if (clock.monotonicMs() - begun >= workMs) break;
    }
    this.#judge(index - at);
    if (index > at) this.#reach(Number(messages[index - 1].offset) + 1);
    this.#messages = [];
    return stopped ? -1 : index;
  }

  /** One OTLP message, however large. False when the partition was taken away within it; nothing of it was taken then. */
  async #large(value: Uint8Array, index: number, turn: KafkaTurn): Promise<boolean> {
    const { clock } = this.#host;
    this.#current = index;
    const steps = this.#decoder.otlp(value);
    let begun = clock.monotonicMs();
    try {
      for (;;) {
        if (steps.next().done) return true;
        if (clock.monotonicMs() - begun < workMs) continue;
        this.#inMessage = true;
        if (!(await turn.breathe())) {
          steps.return({ error: 'given up' });
          return false;
        }
        begun = clock.monotonicMs();
        this.#host.sessions.begin();
      }
    } finally {
      this.#inMessage = false;
    }
  }

  #judge(messages: number): void {
    if (messages === 0) return;
    this.#host.decoded(this, messages);
    this.#session.partition.drain();
    this.#host.sessions.end();
  }

  #reach(position: number): void {
    this.position = position;
    this.#heardTime = this.watermark;
    this.#marks.pass(position, this.watermark);
    this.#enliven();
  }

  #enliven(): void {
    if (this.phase !== 'warming' || this.position < this.liveFrom) return;
    this.phase = 'live';
    // What its predecessor left waiting may be the last there is.
    if (this.position >= this.high) this.#expectQuiet();
  }

  async #accepted(turn: KafkaTurn): Promise<boolean> {
    while (!this.#host.accepting()) {
      await new Promise<void>((resolve) => this.#host.timers.after(waitMs, resolve));
      if (!(await turn.breathe())) return false;
      // Held up by the engine, not by Kafka.
      this.heardAtMs = this.#host.clock.monotonicMs();
    }
    return true;
  }

  #expectQuiet(): void {
    this.#stopQuiet();
    this.#cancelQuiet = this.#host.timers.after(quietMs, () => {
      this.#cancelQuiet = null;
      if (this.#resting) this.#session.partition.punctuate();
    });
  }

  #stopQuiet(): void {
    this.#cancelQuiet?.();
    this.#cancelQuiet = null;
  }

  get #isLive(): boolean {
    return this.phase === 'live';
  }

  /** At the partition's end, with nothing under way. */
  get #resting(): boolean {
    return !this.held && !this.#inMessage && this.phase === 'live' && this.position >= this.high;
  }

  /** The broker was asked at `atMs` (monotonic) and says that the next message will have the offset `high`. */
  told(high: number, atMs: number): void {
    // Not the greatest that was ever said: what an open transaction has written is not there to be read yet.
    this.high = Math.max(this.position, high);
    if (this.position >= high) this.#endAtMs = atMs;
  }

  /**
   * Time goes on for a partition that has fallen silent: else nobody would notice the silence. Only as far as the broker
   * has said so: who was frozen, or cut off, has heard nothing without there being nothing to hear.
   */
  passTime(): void {
    if (!this.#resting || this.#heardTime === Number.NEGATIVE_INFINITY) return;
    const time = this.#heardTime + (this.#endAtMs - this.heardAtMs) - idleSlackMs;
    if (time > this.#heardTime) this.#session.partition.passTime(time);
  }

  #createDecoder(): MessageDecoder {
    const where = `${this.partition.topic}/${this.partition.partition}`;
    return new MessageDecoder(this.#session.intake, { ...this.#host.decoding, where });
  }

  #wrapped(listener: SessionListener): SessionListener {
    const counts = (): boolean => this.#isLive && !this.fenced;
    return {
      propose: (proposal) => {
        if (counts()) listener.propose(proposal);
      },
      rearm: (policy, key, at) => {
        if (counts()) listener.rearm(policy, key, at);
      },
      skip: (policy, key, missing) => {
        if (counts()) listener.skip(policy, key, missing);
      },
      late: (schema, key, at, behindMs) => {
        if (counts()) listener.late(schema, key, at, behindMs);
      },
      deadLetter: (letter) => {
        if (!counts()) return;
        listener.deadLetter(letter);
        const index = this.#decoder.poisoned(letter, this.#current);
        const message = this.#messages[index];
        if (message !== undefined) this.#host.poison(this.partition, message, letter);
      },
      notice: (message) => listener.notice?.(message),
    };
  }
}
