// From proposals to carried-out decisions, one after the other: judged by admission, written to the ledger, shown, and
// only then acted on. The two halves of an event's way meet in this bounded queue.

import type { Dispatcher } from './actions/dispatcher.ts';
import type { Admission } from './admission/admission.ts';
import { admissionRequest } from './admission/request.ts';
import type { ProgramMeta } from './contract.ts';
import { decide } from './decide.ts';
import type { Decision, Proposal } from './decision.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Clock } from './ports/clock.ts';

export interface PipelineOptions {
  readonly program: ProgramMeta;
  readonly bundleHash: string;
  readonly admission: Admission;
  readonly ledger: Ledger;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** Told of each decision once it is durable. */
  readonly onDecision: (decision: Decision) => void;
  /** The queue can't go on: a fault of ours, or the ledger was closed with decisions unwritten. */
  readonly onFailure: (error: unknown) => void;
}

/** Proposals waiting from which sources shall pause. */
const waitingMax = 10_000;
/** Decisions written at once. */
const batchMax = 200;

export class Pipeline {
  readonly #options: PipelineOptions;
  #waiting: Proposal[] = [];
  #working: Promise<void> | null = null;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  propose(proposal: Proposal): void {
    this.#waiting.push(proposal);
    this.#working ??= this.#work();
  }

  /** Whether sources should go on. */
  get accepting(): boolean {
    const { ledger, dispatcher } = this.#options;
    return this.#waiting.length < waitingMax && ledger.accepting() && dispatcher.accepting;
  }

  /** Resolves when everything proposed so far is durable. */
  async settled(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  async #work(): Promise<void> {
    try {
      // Proposals of the same turn are written together.
      await Promise.resolve();
      while (this.#waiting.length > 0) await this.#handle(this.#waiting.splice(0, batchMax));
    } catch (error) {
      this.#options.onFailure(error);
    } finally {
      this.#working = null;
    }
  }

  async #handle(proposals: readonly Proposal[]): Promise<void> {
    const { program, bundleHash, admission, ledger, dispatcher, clock, onDecision } = this.#options;
    const decisions: Decision[] = [];
    for (const proposal of proposals) {
      const request = admissionRequest(proposal, program);
      const verdict = await admission.judge(request, clock.now());
      // Nobody stands in line yet: who would, is refused by what stands in its way.
      const outcome = verdict.outcome === 'waiting' ? 'refused' : verdict.outcome;
      if (verdict.outcome === 'waiting') await admission.release(request.id);
      decisions.push(decide(request, { ...verdict, outcome }));
    }
    const outcomes = await ledger.record(decisions, bundleHash);
    for (const [index, decision] of decisions.entries()) {
      await admission.commit(decision.id);
      if (outcomes[index] !== 'recorded') continue;
      onDecision(decision);
      dispatcher.dispatch(decision);
    }
  }
}
