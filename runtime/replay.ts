// What would have been decided on recorded telemetry, gates included: the same evaluators and the same admission as
// live, with the event's time for a clock. Nothing is carried out: what is admitted has succeeded at once.

import { InProcessAdmission } from './admission/in-process-admission.ts';
import { admissionRequest } from './admission/request.ts';
import { decide } from './decide.ts';
import type { Decision, Proposal } from './decision.ts';
import type { DeadLetter, IntakeLimits } from './evaluate/intake.ts';
import { type Evaluator, Session } from './evaluate/session.ts';
import { ReplayFleets } from './replay-fleets.ts';

/** A stretch during which a policy's condition held for a key. */
export interface Episode {
  readonly policy: string;
  readonly key: string;
  /** Epoch ms. */
  readonly pendingAt: number;
  readonly firedAt: number;
  /** `null`: it still held at the end of the recording. */
  readonly resolvedAt: number | null;
}

export interface ReplayCounts {
  events: number;
  decisions: number;
  deadLetters: number;
  /** Events that came behind the watermark. */
  late: number;
  /** Rows that lacked a required metric, by policy and metric. */
  readonly skipped: Map<string, number>;
}

export interface ReplayListener {
  decision?(decision: Decision): void;
  /** Called when an episode ends, and at the end of the recording for those that have not. */
  episode?(episode: Episode): void;
  /** The policy is ready to fire for the key again. */
  rearm?(policy: string, key: string, at: number): void;
  deadLetter?(letter: DeadLetter): void;
  late?(schema: string, key: string, at: number, behindMs: number): void;
}

export class Replay {
  readonly session: Session;
  readonly counts: ReplayCounts = { events: 0, decisions: 0, deadLetters: 0, late: 0, skipped: new Map() };
  /** What a person should know of the telemetry though every event was taken, each said once. */
  readonly notices: string[] = [];
  readonly #evaluator: Evaluator;
  readonly #admission = new InProcessAdmission();
  readonly #fleets: ReplayFleets;
  /** Proposals in line for their fleet, with when each is to be asked again. */
  #waiting: { readonly proposal: Proposal; readonly againAt: number }[] = [];
  readonly #listener: ReplayListener;
  readonly #open = new Map<string, Episode>();

  /** `members`: of fleets at the beginning, by name; of others it is assumed that there are enough to act on. */
  constructor(
    evaluator: Evaluator,
    listener: ReplayListener,
    limits?: IntakeLimits,
    members?: ReadonlyMap<string, number>,
  ) {
    this.#evaluator = evaluator;
    this.#listener = listener;
    this.#fleets = new ReplayFleets(evaluator.meta, members);
    this.session = new Session(
      evaluator,
      {
        propose: (proposal) => this.#propose(proposal),
        rearm: (policy, key, at) => {
          listener.rearm?.(policy, key, at);
          this.#resolve(policy, key, at);
        },
        skip: (policy, _key, missing) => {
          for (const metric of missing) {
            const name = `${policy}: ${metric}`;
            this.counts.skipped.set(name, (this.counts.skipped.get(name) ?? 0) + 1);
          }
        },
        late: (schema, key, at, behindMs) => {
          this.counts.late++;
          listener.late?.(schema, key, at, behindMs);
        },
        deadLetter: (letter) => {
          this.counts.deadLetters++;
          listener.deadLetter?.(letter);
        },
        notice: (message) => this.notices.push(message),
      },
      limits,
    );
  }

  /** Judges what has been decoded into `session.intake`. */
  drain(): void {
    this.session.partition.drain();
    this.counts.events = this.session.intake.seq;
  }

  /** End of the recording. `until`: let time come to this moment (epoch ms) although no event says so. */
  end(until?: number): void {
    this.drain();
    if (until !== undefined) this.session.partition.advance(until);
    this.session.partition.close();
    // Time goes on behind the recording: who waits is let through, or has waited in vain.
    this.#askAgain(Number.POSITIVE_INFINITY);
    for (const episode of this.#open.values()) this.#listener.episode?.(episode);
    this.#open.clear();
  }

  #propose(proposal: Proposal): void {
    const { policy, key, at, pendingAt } = proposal;
    this.#askAgain(at);
    this.#judge(proposal, at);
    if (proposal.cause === 'condition') {
      this.#open.set(`${policy.name}\0${key}`, { policy: policy.name, key, pendingAt, firedAt: at, resolvedAt: null });
    }
  }

  #judge(proposal: Proposal, now: number): void {
    const request = admissionRequest(proposal, this.#evaluator.meta, this.#fleets.sizesFor(proposal, now));
    const verdict = this.#admission.judgeSync(request, now);
    const { outcome } = verdict;
    if (outcome === 'waiting') {
      const settleMs = Math.max(1, ...(verdict.remaining?.fleets ?? []).map((fleet) => fleet.settleMs));
      this.#waiting.push({ proposal, againAt: Math.min(now + settleMs, request.deadline) });
      return;
    }
    if (outcome === 'admitted' || outcome === 'shadowed') this.#fleets.carriedOut(proposal, request.actions);
    if (outcome === 'admitted') this.#admission.finishSync(request, now);
    this.counts.decisions++;
    this.#listener.decision?.(decide(request, { ...verdict, outcome }));
  }

  /** Those in line whose time has come by `until`, in order of time, the highest priority first. */
  #askAgain(until: number): void {
    while (this.#waiting.length > 0) {
      this.#waiting.sort(
        (one, other) => one.againAt - other.againAt || other.proposal.policy.priority - one.proposal.policy.priority,
      );
      const next = this.#waiting[0];
      if (next === undefined || next.againAt > until) return;
      this.#waiting.shift();
      this.#judge(next.proposal, next.againAt);
    }
  }

  #resolve(policy: string, key: string, at: number): void {
    const name = `${policy}\0${key}`;
    const episode = this.#open.get(name);
    if (episode === undefined) return;
    this.#open.delete(name);
    this.#listener.episode?.({ ...episode, resolvedAt: at });
  }
}
