// Carries out what was admitted, off the evaluation path. No call without a committed intent; every intent that is
// begun ends; the actions of a decision run in order, decisions side by side up to a bound.

import type { Decision, PlannedAction } from '../decision.ts';
import type { Intent } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { pause, type Timers } from '../ports/timers.ts';
import { type ActionEnding, ActionRun, type ActionRunOptions } from './action-run.ts';
import type { ActionLog, Executor } from './executor.ts';
import { ProviderLimits, type ProviderState } from './provider-limits.ts';
import { recordedOnly } from './recorded-only.ts';

export interface DispatcherOptions {
  readonly ledger: ActionRunOptions['ledger'];
  /** In the order in which they are asked; what none handles is recorded only. */
  readonly executors: readonly Executor[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: ActionLog;
  readonly limits?: ProviderLimits;
  /** Asked at the moment of acting: why it may not be done any more, such as a pause; `null` when it may. */
  readonly mayAct?: ActionRunOptions['mayAct'];
  /** Told of each action that has ended, once that is written down. */
  readonly onEnded?: (ending: ActionEnding) => void;
  /**
   * All actions of a decision have ended: its fleets are free. `done` is false when it is certain that nothing was
   * changed. Called again until it resolves, for as long as that can help.
   */
  readonly finish?: (decision: Decision, done: boolean) => Promise<void>;
  /** Decisions carried out side by side. */
  readonly concurrency?: number;
  /** Decisions waiting from which `accepting` is false. */
  readonly waitingMax?: number;
}

export interface DrainReport {
  /** Actions that were begun and had to be cut off; their intents are ended, or `unknown` until they are read back. */
  readonly cutOff: number;
  /** Actions that were not begun; their intents stay `admitted` for the next start. */
  readonly left: number;
  /** Decisions whose ending the ledger had not taken when time was up; the next start ends them. */
  readonly unended: number;
}

interface Work {
  readonly decision: Decision;
  readonly ordinals: readonly number[];
  /** What of it was done in an earlier run nobody knows here. */
  readonly resumed: boolean;
  /** Its actions were begun by somebody who is gone: they are read back, not carried out. */
  readonly unknown: ReadonlyMap<number, Intent> | null;
}

/** How long after that the endings may take to be written. */
const endingMs = 1_000;
/** Pauses before a fleet that could not be freed is freed again; then its lease runs out by itself. */
const finishPausesMs: readonly number[] = [1_000, 2_000, 4_000, 8_000, 16_000];

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #run: ActionRunOptions;
  readonly #limits: ProviderLimits;
  #queue: Work[] = [];
  readonly #running = new Set<Work>();
  #draining = false;
  readonly #shutdown = new AbortController();
  #cutOff = 0;
  #left = 0;
  #onIdle: (() => void)[] = [];

  constructor(options: DispatcherOptions) {
    const { ledger, clock, timers, random, mayAct = () => null } = options;
    this.#options = options;
    this.#limits = options.limits ?? new ProviderLimits({ clock, random });
    this.#run = {
      ledger,
      clock,
      timers,
      random,
      mayAct,
      limits: this.#limits,
      shutdown: this.#shutdown.signal,
      draining: () => this.#draining,
    };
  }

  /** Decisions waiting or being carried out. */
  get pending(): number {
    return this.#queue.length + this.#running.size;
  }

  get accepting(): boolean {
    return !this.#draining && this.#queue.length < (this.#options.waitingMax ?? 1_000);
  }

  /** For metrics and people: providers that are called, or were left alone, at this moment. */
  get providers(): readonly ProviderState[] {
    return this.#limits.states();
  }

  /** Takes a decision whose intents are durable. Anything but an admitted one is ignored. */
  dispatch(decision: Decision): void {
    if (decision.outcome !== 'admitted') return;
    const ordinals = decision.actions.map((_, ordinal) => ordinal);
    this.#add({ decision, ordinals, resumed: false, unknown: null });
  }

  /** Takes up what was admitted and never begun, as the ledger's restart or take-over reports it. */
  resume(intents: readonly Intent[]): void {
    for (const [decision, some] of byDecision(intents))
      this.#add({ decision, ordinals: some.map(({ ordinal }) => ordinal), resumed: true, unknown: null });
  }

  /** Takes up what is `unknown` because the engine that began it is gone: reads it back and ends it. */
  reconcile(intents: readonly Intent[]): void {
    for (const [decision, some] of byDecision(intents)) {
      const unknown = new Map(some.map((intent) => [intent.ordinal, intent]));
      this.#add({ decision, ordinals: [...unknown.keys()], resumed: true, unknown });
    }
  }

  /**
   * Begins nothing more, waits up to `deadlineMs` for what is under way, then cuts it off. To be called before the
   * ledger is closed: endings are still written, for a second more at most.
   */
  async drain(deadlineMs: number): Promise<DrainReport> {
    this.#draining = true;
    for (const work of this.#queue.splice(0)) this.#left += work.ordinals.length;
    if (this.#running.size > 0) {
      const { timers } = this.#options;
      await new Promise<void>((resolve) => {
        this.#onIdle.push(resolve);
        const cancels = [
          timers.after(deadlineMs, () => this.#shutdown.abort(new Error('the engine shut down before an answer came'))),
          // A ledger that can't be written must not keep the engine from ending.
          timers.after(deadlineMs + endingMs, resolve),
        ];
        this.#onIdle.push(() => {
          for (const cancel of cancels) cancel();
        });
      });
    }
    return { cutOff: this.#cutOff, left: this.#left, unended: this.#running.size };
  }

  #add(work: Work): void {
    if (this.#draining) {
      this.#left += work.ordinals.length;
      return;
    }
    this.#queue.push(work);
    this.#next();
  }

  #next(): void {
    // Many, as most only wait: how many call one provider is bounded by that provider.
    while (this.#running.size < (this.#options.concurrency ?? 64)) {
      const work = this.#queue.shift();
      if (work === undefined) break;
      this.#running.add(work);
      void this.#carryOut(work).finally(() => {
        this.#running.delete(work);
        this.#next();
        if (this.pending === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
      });
    }
  }

  async #carryOut(work: Work): Promise<void> {
    const { decision, ordinals } = work;
    let ended = 0;
    let done = work.resumed;
    for (const ordinal of ordinals) {
      const ending = await this.#carryOutOne(work, ordinal);
      if (ending === null) continue;
      ended++;
      done ||= ending.done;
    }
    // What another engine has, or the next start takes up, is not over.
    if (ended > 0 && ended === ordinals.length) await this.#finish(decision, done);
  }

  /** `null` when it has not ended here. */
  async #carryOutOne({ decision, unknown }: Work, ordinal: number): Promise<ActionEnding | null> {
    const action = decision.actions[ordinal];
    if (action === undefined) return null;
    if (this.#draining) {
      this.#left++;
      return null;
    }
    const executor = this.#options.executors.find((candidate) => candidate.handles(action)) ?? recordedOnly;
    const run = new ActionRun(this.#run, executor, decision, ordinal);
    const intent = unknown?.get(ordinal);
    try {
      const outcome = intent === undefined ? await run.carryOut() : await run.reconcile(intent.attempts, intent.detail);
      if (run.wasCutOff) this.#cutOff++;
      if (outcome === 'left') this.#left++;
      if (typeof outcome === 'string') return null;
      this.#tell(outcome);
      return outcome;
    } catch (error) {
      // Only the ledger rejects here; what it did not take, its next start ends.
      this.#options.log.error(fieldsOf(decision, action), `action not recorded: ${textOf(error)}`);
      return null;
    }
  }

  #tell(ending: ActionEnding): void {
    const { decision, action, state, attempts, detail } = ending;
    if (state !== 'succeeded')
      this.#options.log.warn({ ...fieldsOf(decision, action), attempts }, `action ${state}: ${detail}`);
    try {
      this.#options.onEnded?.(ending);
    } catch (error) {
      this.#options.log.error(fieldsOf(decision, action), `not told of an ending: ${textOf(error)}`);
    }
  }

  async #finish(decision: Decision, done: boolean): Promise<void> {
    const { finish, timers, log } = this.#options;
    if (finish === undefined) return;
    for (const pauseMs of [0, ...finishPausesMs]) {
      if (pauseMs > 0) await pause(timers, pauseMs, this.#shutdown.signal);
      try {
        return await finish(decision, done);
      } catch (error) {
        log.warn({ decision: decision.id }, `its fleets are not free yet: ${textOf(error)}`);
      }
      if (this.#draining) return;
    }
  }
}

function byDecision(intents: readonly Intent[]): ReadonlyMap<Decision, Intent[]> {
  const firsts = new Map<string, Decision>();
  const groups = new Map<Decision, Intent[]>();
  for (const intent of intents) {
    const first = firsts.get(intent.decision.id) ?? intent.decision;
    firsts.set(first.id, first);
    const group = groups.get(first) ?? [];
    group.push(intent);
    groups.set(first, group);
  }
  return groups;
}

function fieldsOf(decision: Decision, action: PlannedAction): Readonly<Record<string, unknown>> {
  return {
    decision: decision.id,
    policy: decision.policy,
    key: decision.key,
    action: action.name,
    target: action.target,
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
