// Carries out what was admitted, off the evaluation path. No call without a committed intent; every intent that is
// begun ends; the actions of a decision run in order, decisions side by side up to a bound.

import type { Decision, PlannedAction } from '../decision.ts';
import type { IntentState } from '../ledger/intent-state.ts';
import type { Intent, Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { Cancel, Timers } from '../ports/timers.ts';
import type { ActionLog, ActionResult, Executor } from './executor.ts';
import { recordedOnly } from './recorded-only.ts';

export interface DispatcherOptions {
  readonly ledger: Pick<Ledger, 'transition'>;
  readonly executors: readonly Executor[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: ActionLog;
  /** Decisions carried out side by side. */
  readonly concurrency?: number;
  /** Decisions waiting from which `accepting` is false. */
  readonly waitingMax?: number;
}

export interface DrainReport {
  /** Actions that were begun and had to be cut off; their intents are ended. */
  readonly cutOff: number;
  /** Actions that were not begun; their intents stay `admitted` for the next start. */
  readonly left: number;
  /** Decisions whose ending the ledger had not taken when time was up; the next start ends them. */
  readonly unended: number;
}

interface Work {
  readonly decision: Decision;
  readonly ordinals: readonly number[];
}

interface Ending {
  readonly to: IntentState;
  readonly attempts: number;
  readonly detail: string | null;
}

const backoffMinMs = 200;
const backoffMaxMs = 10_000;
/** How long after its signal an executor may still answer before it is given up. */
const graceMs = 250;

/** How long after that the endings may take to be written. */
const endingMs = 1_000;

const notReadableDetail = 'the outcome can’t be read back';

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #executors: ReadonlyMap<string, Executor>;
  #queue: Work[] = [];
  readonly #running = new Set<Work>();
  #draining = false;
  readonly #shutdown = new AbortController();
  #cutOff = 0;
  #left = 0;
  #onIdle: (() => void)[] = [];

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#executors = new Map(options.executors.map((executor) => [executor.name, executor]));
  }

  /** Decisions waiting or being carried out. */
  get pending(): number {
    return this.#queue.length + this.#running.size;
  }

  get accepting(): boolean {
    return !this.#draining && this.#queue.length < (this.#options.waitingMax ?? 1_000);
  }

  /** Takes a decision whose intents are durable. Anything but an admitted one is ignored. */
  dispatch(decision: Decision): void {
    if (decision.outcome === 'admitted')
      this.#add({ decision, ordinals: decision.actions.map((_, ordinal) => ordinal) });
  }

  /** Takes up what an earlier run left unbegun, as the ledger's restart reports it. */
  resume(intents: readonly Intent[]): void {
    const works = new Map<string, { decision: Decision; ordinals: number[] }>();
    for (const { decision, ordinal } of intents) {
      const work = works.get(decision.id) ?? { decision, ordinals: [] };
      works.set(decision.id, work);
      work.ordinals.push(ordinal);
    }
    for (const work of works.values()) this.#add(work);
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
    while (this.#running.size < (this.#options.concurrency ?? 8)) {
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

  async #carryOut({ decision, ordinals }: Work): Promise<void> {
    for (const ordinal of ordinals) {
      const action = decision.actions[ordinal];
      if (action === undefined) continue;
      if (this.#draining) {
        this.#left++;
        continue;
      }
      try {
        await this.#carryOutOne(decision, action, ordinal);
      } catch (error) {
        // Only the ledger rejects here; what it did not take, its next start ends.
        this.#options.log.error(fieldsOf(decision, action), `action not recorded: ${textOf(error)}`);
      }
    }
  }

  async #carryOutOne(decision: Decision, action: PlannedAction, ordinal: number): Promise<void> {
    const { ledger, clock } = this.#options;
    const intent = { decisionId: decision.id, ordinal };
    if (decision.deadline !== undefined && clock.now() > decision.deadline) {
      await this.#end(decision, action, ordinal, { to: 'expired', attempts: 0, detail: 'too old when its turn came' });
      return;
    }
    const begun = await ledger.transition({ ...intent, to: 'executing', attempts: 0, detail: null });
    if (begun.outcome === 'refused') {
      this.#options.log.warn({ ...fieldsOf(decision, action), guard: begun.guard }, `action expired: ${begun.reason}`);
    }
    if (begun.outcome !== 'moved') return;
    const { result, attempts } = await this.#attempts(decision, action, ordinal);
    await this.#end(decision, action, ordinal, { to: result.state, attempts, detail: result.detail });
    if (result.state !== 'unknown') return;
    await this.#end(decision, action, ordinal, {
      to: 'expired',
      attempts,
      detail: `${result.detail}; ${notReadableDetail}`,
    });
  }

  async #end(decision: Decision, action: PlannedAction, ordinal: number, ending: Ending): Promise<void> {
    await this.#options.ledger.transition({ decisionId: decision.id, ordinal, ...ending });
    if (ending.to === 'succeeded' || ending.to === 'unknown') return;
    this.#options.log.warn(
      { ...fieldsOf(decision, action), attempts: ending.attempts },
      `action ${ending.to}: ${ending.detail}`,
    );
  }

  async #attempts(
    decision: Decision,
    action: PlannedAction,
    ordinal: number,
  ): Promise<{ readonly result: ActionResult; readonly attempts: number }> {
    const executor = this.#executors.get(action.name) ?? recordedOnly(action.name);
    let doubt: ActionResult | null = null;
    for (let attempt = 1; ; attempt++) {
      const last = await this.#attempt(executor, decision, action, ordinal, attempt);
      if (last.state === 'unknown') doubt = last;
      // An earlier call that may have been done is not undone by a later one that was certainly not.
      const result: ActionResult =
        last.state === 'failed' && doubt !== null
          ? { state: 'unknown', detail: `${doubt.detail}; then ${last.detail}`, retriable: last.retriable }
          : last;
      const again = last.state !== 'succeeded' && last.retriable && attempt <= action.retry;
      if (!again || this.#shutdown.signal.aborted) return { result, attempts: attempt };
      await this.#backOff(attempt);
      if (this.#shutdown.signal.aborted) {
        this.#cutOff++;
        return { result, attempts: attempt };
      }
    }
  }

  /** One call, ended by its timeout at the latest, whatever the executor does with its signal. */
  async #attempt(
    executor: Executor,
    decision: Decision,
    action: PlannedAction,
    ordinal: number,
    attempt: number,
  ): Promise<ActionResult> {
    const { timers } = this.#options;
    const timeout = new AbortController();
    const signal = AbortSignal.any([timeout.signal, this.#shutdown.signal]);
    const cancels: Cancel[] = [
      timers.after(action.timeoutMs, () => timeout.abort(new Error(`no answer within ${action.timeoutMs} ms`))),
    ];
    const givenUp = new Promise<ActionResult>((resolve) => {
      const onAbort = (): void => {
        if (this.#shutdown.signal.aborted) this.#cutOff++;
        const detail = `${textOf(signal.reason)}; it may have been done`;
        cancels.push(timers.after(graceMs, () => resolve({ state: 'unknown', detail, retriable: false })));
      };
      signal.addEventListener('abort', onAbort);
      cancels.push(() => signal.removeEventListener('abort', onAbort));
    });
    try {
      const idempotencyKey = `${decision.id}-${ordinal}`;
      return await Promise.race([
        execute(executor, { decision, action, ordinal, attempt, idempotencyKey, signal }),
        givenUp,
      ]);
    } finally {
      for (const cancel of cancels) cancel();
    }
  }

  /** Doubling, with half of it left to chance so that many engines do not come back at one moment. */
  #backOff(attempt: number): Promise<void> {
    const fullMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(attempt - 1, 20));
    const ms = Math.round(fullMs / 2 + (fullMs / 2) * this.#options.random.next());
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#shutdown.signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#options.timers.after(ms, done);
      this.#shutdown.signal.addEventListener('abort', done);
    });
  }
}

async function execute(executor: Executor, call: Parameters<Executor['execute']>[0]): Promise<ActionResult> {
  try {
    return await executor.execute(call);
  } catch (error) {
    return { state: 'failed', detail: `the executor of ${executor.name} broke: ${textOf(error)}`, retriable: false };
  }
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
