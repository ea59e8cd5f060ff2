// From proposals to carried-out decisions: judged by admission, written to the ledger, shown, and only then acted on.
// The two halves of an event's way meet in this bounded queue. What is proposed together is judged in the order of
// event time and then of priority, highest first.

import type { Dispatcher } from './actions/dispatcher.ts';
import type { Admission, AdmissionRequest } from './admission/admission.ts';
import { admissionRequest, fleetsToSize } from './admission/request.ts';
import type { ProgramMeta } from './contract.ts';
import { decide, type FinalVerdict } from './decide.ts';
import type { Decision, Proposal } from './decision.ts';
import { type FleetSize, type Inventory, sizeAgeMaxMs } from './inventory/inventory.ts';
import type { Ledger } from './ledger/ledger.ts';
import { type DecisionTimes, traceDecision } from './observe/decision-trace.ts';
import type { EngineMetrics } from './observe/engine-metrics.ts';
import type { Clock } from './ports/clock.ts';
import type { Timers } from './ports/timers.ts';
import type { Tracing } from './ports/tracing.ts';
import type { Telling } from './telling.ts';

/** A proposal with what it was made from. */
export interface Submission {
  readonly proposal: Proposal;
  /** The program that it was made by; another one may run when its turn comes. */
  readonly program: ProgramMeta;
  readonly bundleHash: string;
  /** When its event's bytes were taken in hand, and when it was proposed; monotonic. */
  readonly receivedMs: number;
  readonly proposedMs: number;
  /** Milliseconds that it may have taken. */
  readonly budgetMs: number;
}

export interface PipelineOptions {
  readonly admission: Admission;
  readonly inventory: Inventory;
  readonly ledger: Ledger;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: EngineMetrics;
  readonly tracing: Tracing;
  /** What people are told of decisions, written with them. */
  readonly noticesOf: Telling['noticesOf'];
  /** Told of each decision once it is durable. */
  readonly onDecision: (decision: Decision) => void;
  /** The queue can't go on: a fault of ours, or the ledger was closed with decisions unwritten. */
  readonly onFailure: (error: unknown) => void;
}

/** Proposals waiting from which sources shall pause. */
const waitingMax = 10_000;
/** Decisions written at once. */
const batchMax = 200;
/** How soon a proposal that waits for its fleet asks again. */
const lineMs = 250;

interface Numbered extends Submission {
  readonly number: number;
}

interface Judged {
  readonly submission: Numbered;
  /** `null`: it waits in line for its fleet. */
  readonly decision: Decision | null;
  readonly judgedMs: number;
}

export class Pipeline {
  readonly #options: PipelineOptions;
  #waiting: Numbered[] = [];
  #working: Promise<void> | null = null;
  /** Submissions taken so far; those of them that are not durable yet, ascending. */
  #taken = 0;
  readonly #open = new Set<number>();
  /** Whoever waits for all below a number to be durable, ascending. */
  readonly #marks: { readonly below: number; readonly resolve: () => void }[] = [];

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  propose(submission: Submission): void {
    const { policy } = submission.proposal;
    this.#options.metrics.fired(policy.name, submission.proposedMs - submission.receivedMs);
    const number = this.#taken++;
    this.#open.add(number);
    this.#waiting.push({ ...submission, number });
    this.#working ??= this.#work();
  }

  /** Whether sources should go on. */
  get accepting(): boolean {
    const { ledger, dispatcher } = this.#options;
    return this.#waiting.length < waitingMax && ledger.accepting() && dispatcher.accepting;
  }

  get waiting(): number {
    return this.#open.size;
  }

  /** Resolves when everything proposed so far is durable, whatever comes after. */
  settled(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#marks.push({ below: this.#taken, resolve }));
  }

  async #work(): Promise<void> {
    try {
      // Proposals of the same turn are written together.
      await Promise.resolve();
      while (this.#waiting.length > 0) await this.#handle(this.#waiting.splice(0, batchMax).sort(inTurn));
    } catch (error) {
      this.#options.onFailure(error);
    } finally {
      this.#working = null;
    }
  }

  async #handle(submissions: readonly Numbered[]): Promise<void> {
    const requests = await Promise.all(submissions.map((submission) => this.#request(submission)));
    // Asked in this order and answered together: what one says can depend on those before it.
    const judged = await Promise.all(
      submissions.map((submission, index) => this.#judge(submission, requests[index] as AdmissionRequest)),
    );
    for (const [bundleHash, group] of Map.groupBy(judged, ({ submission }) => submission.bundleHash)) {
      await this.#record(bundleHash, group);
    }
    this.#line(judged.flatMap(({ submission, decision }) => (decision === null ? [submission] : [])));
  }

  /** Sizes are read before anything is asked; they are cached, and of a fleet that nobody can size it says so. */
  async #request({ proposal, program, receivedMs, proposedMs, budgetMs }: Numbered): Promise<AdmissionRequest> {
    const { inventory } = this.#options;
    const sizes = new Map<string, FleetSize>();
    await Promise.all(
      fleetsToSize(proposal, program).map(async ({ name }) => {
        const size = await inventory.sizeOf(name, sizeAgeMaxMs);
        if (size !== null) sizes.set(name, size);
      }),
    );
    const request = admissionRequest(proposal, program, sizes);
    const tookMs = proposedMs - receivedMs;
    if (tookMs <= budgetMs) return request;
    this.#options.metrics.overBudget(proposal.policy.name);
    return { ...request, overtimeMs: tookMs };
  }

  async #judge(submission: Numbered, request: AdmissionRequest): Promise<Judged> {
    const { admission, clock } = this.#options;
    const verdict = await admission.judge(request, clock.now());
    const { outcome } = verdict;
    const decision = outcome === 'waiting' ? null : decide(request, { ...verdict, outcome } satisfies FinalVerdict);
    return { submission, decision, judgedMs: clock.monotonicMs() };
  }

  async #record(bundleHash: string, group: readonly Judged[]): Promise<void> {
    const { admission, ledger, dispatcher, clock, noticesOf, onDecision } = this.#options;
    const entries = group.flatMap(({ submission, decision, judgedMs }) =>
      decision === null ? [] : [{ submission, decision, judgedMs }],
    );
    const decisions = entries.map(({ decision }) => decision);
    const outcomes = await ledger.record(decisions, bundleHash, noticesOf(decisions));
    const recordedMs = clock.monotonicMs();
    const committed = entries.map(({ decision }) => admission.commit(decision.id));
    for (const [index, { submission, decision, judgedMs }] of entries.entries()) {
      if (outcomes[index] !== 'recorded') continue;
      this.#tell(submission, decision, judgedMs, recordedMs);
      onDecision(decision);
      dispatcher.dispatch(decision);
    }
    this.#settle(entries.map(({ submission }) => submission.number));
    await Promise.all(committed);
  }

  /** Those that wait for their fleet ask again a moment later, with fresh sizes, together with what has come since. */
  #line(submissions: readonly Numbered[]): void {
    if (submissions.length === 0) return;
    this.#options.timers.after(lineMs, () => {
      this.#waiting.push(...submissions);
      this.#working ??= this.#work();
    });
  }

  #settle(numbers: readonly number[]): void {
    for (const number of numbers) this.#open.delete(number);
    const [oldest = Number.POSITIVE_INFINITY] = this.#open;
    for (let mark = this.#marks[0]; mark !== undefined && mark.below <= oldest; mark = this.#marks[0]) {
      this.#marks.shift();
      mark.resolve();
    }
  }

  #tell({ receivedMs, proposedMs }: Submission, decision: Decision, judgedMs: number, recordedMs: number): void {
    const { clock, metrics, tracing } = this.#options;
    metrics.decided(decision, recordedMs - receivedMs);
    // Durations are measured by the monotonic clock; a trace wants them by the wall clock's.
    const shiftMs = clock.now() - clock.monotonicMs();
    const times: DecisionTimes = {
      receivedMs: receivedMs + shiftMs,
      proposedMs: proposedMs + shiftMs,
      judgedMs: judgedMs + shiftMs,
      recordedMs: recordedMs + shiftMs,
    };
    traceDecision(tracing, decision, times);
  }
}

function inTurn(left: Submission, right: Submission): number {
  return left.proposal.at - right.proposal.at || right.proposal.policy.priority - left.proposal.policy.priority;
}
