// The sessions at work, one for each stream of events, and the program that they run. A swap replaces all of them
// between two slices of events: no event is judged by a mixture of two programs.

import type { PolicyMeta } from './contract.ts';
import type { Proposal } from './decision.ts';
import { EvaluationBudget } from './evaluate/budget.ts';
import { defaultIntakeLimits } from './evaluate/intake.ts';
import { type Evaluator, Session, type SessionListener } from './evaluate/session.ts';
import { withoutPolicies } from './evaluate/shed.ts';
import { carry } from './evaluate/state/carry.ts';
import type { Submission } from './pipeline.ts';
import type { Clock } from './ports/clock.ts';
import type { Timers } from './ports/timers.ts';

/** A program with the marks by which the ledger and people know it. */
export interface RunningProgram {
  readonly evaluator: Evaluator;
  readonly bundleHash: string;
  /** 0 for a program that comes from sources. */
  readonly serial: number;
}

/** Whoever keeps a session. */
export interface SessionHolder {
  /** Puts another in its place; false when it can't just now, since a message has been read in half. */
  replace(make: (old: Session) => Session): boolean;
}

/** Puts something of a source's own before a session's listener. */
export type WrapListener = (listener: SessionListener) => SessionListener;

export interface SessionsOptions {
  readonly running: RunningProgram;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly propose: (submission: Submission) => void;
  /** What else a session tells. */
  readonly listener: Omit<SessionListener, 'propose'>;
  /** The policies that are no longer judged, by name; none when there is room for all again. */
  readonly onShed: (policies: readonly string[]) => void;
  readonly budgetMs?: number;
}

export interface SwapReport {
  /** The longest that events waited. */
  readonly pauseMs: number;
}

/** A clock that is further ahead would make everybody else's events late. */
const aheadMs = 30_000;
/** How soon a holder that could not just now is asked again. */
const againMs = 5;

export class Sessions {
  readonly budget: EvaluationBudget;
  readonly #options: SessionsOptions;
  readonly #holders = new Map<SessionHolder, WrapListener>();
  #running: RunningProgram;
  /** What sessions run: the program, without what is shed. */
  #evaluator: Evaluator;
  /** `null` for a recording. */
  #receivedMs: number | null;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#running = options.running;
    this.#evaluator = options.running.evaluator;
    const { clock, budgetMs } = options;
    this.#receivedMs = clock.monotonicMs();
    this.budget = new EvaluationBudget({
      clock,
      policies: options.running.evaluator.meta.policies,
      onShed: (shed) => this.#shed(shed),
      ...(budgetMs === undefined ? {} : { budgetMs }),
    });
  }

  get running(): RunningProgram {
    return this.#running;
  }

  policyOf(name: string): PolicyMeta | null {
    return this.#running.evaluator.meta.policies.find((policy) => policy.name === name) ?? null;
  }

  /** Proposes what comes from no event, as of now. */
  propose(proposal: Proposal): void {
    this.beginRecorded();
    this.#submit(proposal, this.#running);
  }

  /** A session at its beginning. */
  open(wrap: WrapListener = same): Session {
    return new Session(this.#evaluator, this.#listener(wrap), { ...defaultIntakeLimits, aheadMs });
  }

  /** From now on swaps concern this holder's session. */
  hold(holder: SessionHolder, wrap: WrapListener = same): void {
    this.#holders.set(holder, wrap);
  }

  letGo(holder: SessionHolder): void {
    this.#holders.delete(holder);
  }

  /** The bytes of a slice have been in hand since `receivedMs` (monotonic); what it proposes is measured from there. */
  begin(receivedMs: number = this.#options.clock.monotonicMs()): void {
    this.#receivedMs = receivedMs;
  }

  /** A slice of a recording follows: nobody waits for what it proposes. */
  beginRecorded(): void {
    this.#receivedMs = null;
  }

  /** The slice that has begun last is decoded and judged. */
  end(): void {
    if (this.#receivedMs !== null) this.budget.end(this.#receivedMs);
  }

  /**
   * Another program judges what comes from now on; state goes over to whatever means the same. When it rejects, the
   * former one goes on.
   */
  async swap(next: RunningProgram): Promise<SwapReport> {
    const [running, evaluator] = [this.#running, this.#evaluator];
    try {
      this.#running = next;
      const pauseMs = await this.#use(next.evaluator);
      this.budget.usePolicies(next.evaluator.meta.policies);
      return { pauseMs };
    } catch (error) {
      this.#running = running;
      await this.#use(evaluator);
      throw error;
    }
  }

  async #use(evaluator: Evaluator): Promise<number> {
    const { clock, timers } = this.#options;
    this.#evaluator = evaluator;
    let waiting = [...this.#holders];
    let longestMs = 0;
    for (;;) {
      const startMs = clock.monotonicMs();
      waiting = waiting.filter(([holder, wrap]) => {
        const make = (old: Session): Session =>
          old.evaluator === evaluator ? old : carry(old, evaluator, this.#listener(wrap));
        return this.#holders.has(holder) && !holder.replace(make);
      });
      longestMs = Math.max(longestMs, clock.monotonicMs() - startMs);
      // Another swap has begun meanwhile: it takes care of all holders.
      if (waiting.length === 0 || this.#evaluator !== evaluator) return longestMs;
      await new Promise<void>((resolve) => timers.after(againMs, resolve));
    }
  }

  #shed(shed: readonly number[]): void {
    const { evaluator } = this.#running;
    void this.#use(withoutPolicies(evaluator, shed));
    this.#options.onShed(shed.map((index) => evaluator.meta.policies[index]?.name ?? ''));
  }

  /** Of the program that runs now: what a session proposes was made by the one that it was made with. */
  #listener(wrap: WrapListener): SessionListener {
    const running = this.#running;
    return wrap({ ...this.#options.listener, propose: (proposal) => this.#submit(proposal, running) });
  }

  #submit(proposal: Proposal, { evaluator, bundleHash }: RunningProgram): void {
    const { clock, propose } = this.#options;
    const proposedMs = clock.monotonicMs();
    const { budgetMs } = this.budget;
    propose({
      proposal,
      program: evaluator.meta,
      bundleHash,
      receivedMs: this.#receivedMs ?? proposedMs,
      proposedMs,
      budgetMs,
    });
  }
}

function same(listener: SessionListener): SessionListener {
  return listener;
}
