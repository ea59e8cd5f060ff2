// One action from its turn to its end: asks once more whether it may, calls its executor within the provider's limits,
// tries again where that can help, and reads back what nobody knows.

import type { Decision, PlannedAction } from '../decision.ts';
import type { IntentState } from '../ledger/intent-state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import { type Cancel, pause, type Timers } from '../ports/timers.ts';
import type { ActionReading, ActionResult, Executor } from './executor.ts';
import type { CallOutcome, ProviderLimits } from './provider-limits.ts';

export interface ActionRunOptions {
  readonly ledger: Pick<Ledger, 'transition'>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly limits: ProviderLimits;
  /** Asked at the moment of acting: why it may not be done any more, such as a pause; `null` when it may. */
  readonly mayAct: (decision: Decision, action: PlannedAction) => string | null;
  /** Aborts when the engine's shutdown can't wait any longer. */
  readonly shutdown: AbortSignal;
  /** Begins nothing more; what was begun goes on. */
  readonly draining: () => boolean;
}

export interface ActionEnding {
  readonly decision: Decision;
  readonly action: PlannedAction;
  readonly ordinal: number;
  readonly state: Extract<IntentState, 'succeeded' | 'failed' | 'reconciled' | 'expired'>;
  readonly attempts: number;
  readonly detail: string | null;
  /** False when it is certain that nothing was changed anywhere. */
  readonly done: boolean;
  /** From its turn to its end, its pauses included. */
  readonly tookMs: number;
}

/**
 * `left`: not begun and left to the next start. `others`: another engine has it. `unread`: it is `unknown`, and the engine
 * ends before anybody could tell; whoever takes it over reads it back.
 */
export type RunOutcome = ActionEnding | 'left' | 'others' | 'unread';

const backoffMinMs = 200;
const backoffMaxMs = 10_000;
/** A provider that asks to wait longer is not waited for. */
const waitMaxMs = 60_000;
/** How long after its signal an executor may still answer before it is given up. */
const graceMs = 250;
/** When an action whose outcome is unknown is read back, after the last call. */
const readPausesMs: readonly number[] = [0, 1_000, 2_000, 4_000];

export class ActionRun {
  readonly #options: ActionRunOptions;
  readonly #executor: Executor;
  readonly #decision: Decision;
  readonly #action: PlannedAction;
  readonly #ordinal: number;
  #attempts = 0;
  /** The intent is `executing`: it was begun, and must be ended. */
  #begun = false;
  /** What was said of an earlier call that may have been done. */
  readonly #beganMs: number;
  #doubt: string | null = null;
  #wasCutOff = false;

  constructor(options: ActionRunOptions, executor: Executor, decision: Decision, ordinal: number) {
    const action = decision.actions[ordinal];
    if (action === undefined) throw new Error(`decision ${decision.id} has no action ${ordinal}`);
    this.#options = options;
    this.#executor = executor;
    this.#decision = decision;
    this.#action = action;
    this.#ordinal = ordinal;
    this.#beganMs = options.clock.monotonicMs();
  }

  /** A call was under way, or about to be made again, when the shutdown could wait no longer. */
  get wasCutOff(): boolean {
    return this.#wasCutOff;
  }

  /** Rejects only when the ledger does. */
  async carryOut(): Promise<RunOutcome> {
    for (let turn = 1; ; turn++) {
      const last = await this.#turn();
      if (typeof last === 'string' || 'attempts' in last) return last;
      if (last.state === 'succeeded') return await this.#end('succeeded', last.detail, true);
      const stop = last.retriable && turn <= this.#action.retry ? await this.#wait(turn, last.retryAfterMs ?? 0) : '';
      if (stop === null) continue;
      if (!this.#begun && this.#options.draining()) return 'left';
      const detail = stop === '' ? last.detail : `${last.detail}; ${stop}`;
      return await this.#giveUp(last.state, detail);
    }
  }

  /** Ends an intent that is `unknown`, by what its provider says. */
  async reconcile(attempts: number, doubt: string | null): Promise<ActionEnding | 'others' | 'unread'> {
    this.#attempts = attempts;
    const { outcome, detail, final } = await this.#readBack();
    // What was not done a moment ago may still be under way.
    if (outcome !== 'done' && final !== true && this.#options.shutdown.aborted) return 'unread';
    const told = doubt === null ? detail : `${doubt}; ${detail}`;
    // A provider that is slow may do it yet: that nothing was changed is not certain.
    return await this.#end(outcome === 'done' ? 'reconciled' : 'expired', told, true);
  }

  /** One call within the provider's limits, or why there was none. */
  async #turn(): Promise<ActionResult | RunOutcome> {
    const { limits, shutdown, draining } = this.#options;
    const entry = await limits.enter(this.#executor.providerOf(this.#action), shutdown);
    if (!this.#begun && draining()) {
      if (entry.admitted) entry.leave(null);
      return 'left';
    }
    if (!entry.admitted)
      return { state: 'failed', detail: entry.reason, retriable: true, retryAfterMs: entry.retryAfterMs };
    try {
      const stop = await this.#begin();
      if (stop !== null) return stop;
      const result = await this.#attempt();
      entry.leave(outcomeOf(result));
      if (result.state === 'unknown') this.#doubt = result.detail;
      return result;
    } finally {
      entry.leave(null);
    }
  }

  /** `null` when it may be called now. */
  async #begin(): Promise<ActionResult | RunOutcome | null> {
    const { ledger, clock, mayAct } = this.#options;
    const { deadline } = this.#decision;
    const late = deadline !== undefined && clock.now() > deadline ? 'too old when its turn came' : null;
    const why = late ?? mayAct(this.#decision, this.#action);
    if (this.#begun)
      return why === null ? null : { state: 'failed', detail: `not tried again: ${why}`, retriable: false };
    if (why !== null) return await this.#end('expired', why, false);
    const answer = await ledger.transition({ ...this.#intent(), to: 'executing', attempts: 0, detail: null });
    if (answer.outcome === 'others') return 'others';
    if (answer.outcome === 'refused') return this.#ending('expired', answer.reason, false);
    this.#begun = true;
    return null;
  }

  /** One call, ended by its timeout at the latest, whatever the executor does with its signal. */
  async #attempt(): Promise<ActionResult> {
    const { timers, shutdown } = this.#options;
    const { timeoutMs } = this.#action;
    const timeout = new AbortController();
    const signal = AbortSignal.any([timeout.signal, shutdown]);
    const cancels: Cancel[] = [
      timers.after(timeoutMs, () => timeout.abort(new Error(`no answer within ${timeoutMs} ms`))),
    ];
    const givenUp = new Promise<ActionResult>((resolve) => {
      const onAbort = (): void => {
        if (shutdown.aborted) this.#wasCutOff = true;
        const detail = `${textOf(signal.reason)}; it may have been done`;
        cancels.push(timers.after(graceMs, () => resolve({ state: 'unknown', detail, retriable: false })));
      };
      signal.addEventListener('abort', onAbort);
      cancels.push(() => signal.removeEventListener('abort', onAbort));
    });
    this.#attempts++;
    try {
      return await Promise.race([this.#execute(signal), givenUp]);
    } finally {
      for (const cancel of cancels) cancel();
    }
  }

  async #execute(signal: AbortSignal): Promise<ActionResult> {
    const idempotencyKey = `${this.#decision.id}-${this.#ordinal}`;
    const call = { ...this.#about(), attempt: this.#attempts, idempotencyKey, signal };
    try {
      return await this.#executor.execute(call);
    } catch (error) {
      const detail = `the executor of ${this.#action.name} broke: ${textOf(error)}`;
      return { state: 'failed', detail, retriable: false };
    }
  }

  /** Why it is not tried again; `null` once it is time to. Half of each pause is chance: engines shall not come at once. */
  async #wait(turn: number, retryAfterMs: number): Promise<string | null> {
    const { clock, timers, random, shutdown } = this.#options;
    const fullMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(turn - 1, 20));
    const ms = Math.max(retryAfterMs, Math.round(fullMs / 2 + (fullMs / 2) * random.next()));
    if (ms > waitMaxMs)
      return `not tried again: it asks to wait ${ms} ms, and ${waitMaxMs} ms is the most that is waited`;
    const { deadline } = this.#decision;
    if (deadline !== undefined && clock.now() + ms > deadline) return 'not tried again: too old by then';
    await pause(timers, ms, shutdown);
    if (!shutdown.aborted) return null;
    this.#wasCutOff = this.#begun;
    return 'not tried again: the engine shut down';
  }

  /** An earlier call that may have been done is not undone by a later one that was certainly not. */
  async #giveUp(state: 'failed' | 'unknown', detail: string): Promise<ActionEnding | 'others' | 'unread'> {
    if (!this.#begun) return await this.#end('expired', detail, false);
    if (state === 'failed' && this.#doubt === null) return await this.#end('failed', detail, false);
    const doubt = state === 'failed' ? `${this.#doubt}; then ${detail}` : detail;
    if (!(await this.#move('unknown', doubt))) return 'others';
    return await this.reconcile(this.#attempts, doubt);
  }

  async #readBack(): Promise<ActionReading> {
    const { timers, shutdown } = this.#options;
    const { read } = this.#executor;
    let last: ActionReading = { outcome: 'unclear', detail: 'the outcome can’t be read back', final: true };
    if (read === undefined) return last;
    for (const ms of readPausesMs) {
      if (ms > 0) await pause(timers, ms, shutdown);
      try {
        last = await read(this.#action);
      } catch (error) {
        last = { outcome: 'unclear', detail: `the outcome can’t be read back: ${textOf(error)}` };
      }
      // What was not done yet may still be under way.
      if (last.outcome === 'done' || last.final === true || shutdown.aborted) break;
    }
    return last;
  }

  async #end(state: ActionEnding['state'], detail: string | null, done: boolean): Promise<ActionEnding | 'others'> {
    return (await this.#move(state, detail, done)) ? this.#ending(state, detail, done) : 'others';
  }

  /** False when it has been taken over: this engine was believed to be gone. */
  async #move(to: IntentState, detail: string | null, done = true): Promise<boolean> {
    const change = { ...this.#intent(), to, attempts: this.#attempts, detail, done };
    return (await this.#options.ledger.transition(change)).outcome === 'moved';
  }

  #ending(state: ActionEnding['state'], detail: string | null, done: boolean): ActionEnding {
    const tookMs = this.#options.clock.monotonicMs() - this.#beganMs;
    return { ...this.#about(), state, attempts: this.#attempts, detail, done, tookMs };
  }

  #about() {
    return { decision: this.#decision, action: this.#action, ordinal: this.#ordinal };
  }

  #intent() {
    return { decisionId: this.#decision.id, ordinal: this.#ordinal };
  }
}

/** What it says of the provider: whether that, not what was asked of it, is to blame. */
function outcomeOf(result: ActionResult): CallOutcome | null {
  if (result.state === 'succeeded') return 'answered';
  if (result.called === false) return null;
  return result.state === 'unknown' || result.retriable ? 'failed' : 'answered';
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
