// A stream of events without a broker behind it: the receiver's, this machine's. What it appends is judged at once; what
// waits is judged when it has been quiet for a moment; and time goes on when it has fallen silent.

import type { Intake } from './evaluate/intake.ts';
import type { Session } from './evaluate/session.ts';
import type { Clock } from './ports/clock.ts';
import type { Cancel, Timers } from './ports/timers.ts';
import type { SessionHolder, Sessions } from './sessions.ts';

/** How long a live source must be quiet before the time that its events have reached is closed. */
const quietMs = 20;
/** After so long a silence a live source's time goes on without events, this much behind the wall clock's pace. */
const idleSlackMs = 15_000;

export interface LiveSourceOptions {
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Rows lie in the intake and are about to be judged. */
  readonly onRows: (intake: Intake) => void;
  readonly onEvents: (count: number) => void;
}

export class LiveSource implements SessionHolder {
  readonly #options: LiveSourceOptions;
  #session: Session;
  /** Events taken so far. */
  #seq = 0;
  #cancelQuiet: Cancel | null = null;
  /** When its last event came (monotonic), and the event time it had come to. */
  #heardAtMs = 0;
  #heardTime = Number.NEGATIVE_INFINITY;

  constructor(options: LiveSourceOptions) {
    this.#options = options;
    this.#session = options.sessions.open();
    options.sessions.hold(this);
  }

  get intake(): Intake {
    return this.#session.intake;
  }

  replace(make: (old: Session) => Session): boolean {
    this.#session = make(this.#session);
    this.#seq = this.#session.intake.seq;
    return true;
  }

  /** To be called when bytes are taken in hand: where their rows go. */
  readonly begin = (): Intake => {
    this.#options.sessions.begin();
    return this.#session.intake;
  };

  /** Judges what was appended. */
  drain(): void {
    const { sessions, clock, timers, onRows, onEvents } = this.#options;
    const { partition, intake } = this.#session;
    onRows(intake);
    partition.drain();
    sessions.end();
    if (intake.seq === this.#seq) return;
    onEvents(intake.seq - this.#seq);
    this.#seq = intake.seq;
    this.#heardAtMs = clock.monotonicMs();
    this.#heardTime = partition.timeMax;
    this.#cancelQuiet?.();
    this.#cancelQuiet = timers.after(quietMs, () => {
      sessions.begin();
      this.#session.partition.punctuate();
    });
  }

  /** Time goes on for a source that has fallen silent, by its own clock: else nobody would notice the silence. */
  passTime(): void {
    if (this.#heardTime === Number.NEGATIVE_INFINITY) return;
    const time = this.#heardTime + (this.#options.clock.monotonicMs() - this.#heardAtMs) - idleSlackMs;
    if (time <= this.#heardTime) return;
    this.#options.sessions.begin();
    this.#session.partition.passTime(time);
  }

  /** Judges what waits; its input has ended. */
  close(): void {
    this.#cancelQuiet?.();
    this.#session.partition.close();
  }
}
