// What would have been decided on recorded telemetry, gates included: the same evaluators and the same admission as
// live, with the event's time for a clock. Nothing is carried out.

import { InProcessAdmission } from './admission/in-process-admission.ts';
import { decide } from './decide.ts';
import type { Decision, Proposal } from './decision.ts';
import type { DeadLetter, IntakeLimits } from './evaluate/intake.ts';
import { type Evaluator, Session } from './evaluate/session.ts';

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
  readonly #admission: InProcessAdmission;
  readonly #listener: ReplayListener;
  readonly #open = new Map<string, Episode>();

  constructor(evaluator: Evaluator, listener: ReplayListener, limits?: IntakeLimits) {
    this.#evaluator = evaluator;
    this.#listener = listener;
    this.#admission = new InProcessAdmission({ program: evaluator.meta });
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
    for (const episode of this.#open.values()) this.#listener.episode?.(episode);
    this.#open.clear();
  }

  #propose(proposal: Proposal): void {
    const { policy, key, at, pendingAt } = proposal;
    const verdict = this.#admission.judgeSync(proposal, at);
    this.counts.decisions++;
    this.#listener.decision?.(decide(proposal, this.#evaluator.meta, verdict));
    if (proposal.cause === 'condition') {
      this.#open.set(`${policy.name}\0${key}`, { policy: policy.name, key, pendingAt, firedAt: at, resolvedAt: null });
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
