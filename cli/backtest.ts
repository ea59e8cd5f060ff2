// Recorded telemetry through a program: decisions or episodes as JSON lines, the shape of interfaces.md. The path that
// `ddlc backtest` takes, for everything that wants the same answer.

import type { Decision } from '../runtime/decision.ts';
import type { DeadLetter } from '../runtime/evaluate/intake.ts';
import type { Evaluator } from '../runtime/evaluate/session.ts';
import { type Episode, Replay, type ReplayCounts } from '../runtime/replay.ts';
import { type RecordingOptions, recordingLimits, replayRecording } from './replay-recording.ts';

export const backtestReports = ['decisions', 'episodes', 'summary'] as const;
export type BacktestReport = (typeof backtestReports)[number];

export interface BacktestOptions extends RecordingOptions {
  readonly report: BacktestReport;
  readonly write: (line: string) => void;
  readonly deadLetter: (letter: DeadLetter) => void;
}

export interface BacktestResult {
  readonly counts: ReplayCounts;
  readonly summary: BacktestSummary;
  /** What is odd about the telemetry though every event was taken. */
  readonly notices: readonly string[];
}

export interface BacktestSummary {
  readonly events: number;
  readonly deadLetters: number;
  readonly late: number;
  readonly policies: readonly PolicySummary[];
}

export interface PolicySummary {
  readonly policy: string;
  readonly decisions: number;
  readonly admitted: number;
  readonly shadowed: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly episodes: number;
}

export async function backtest(
  evaluator: Evaluator,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: BacktestOptions,
): Promise<BacktestResult> {
  const tally = new Tally(evaluator);
  const { report, write } = options;
  const replay = new Replay(
    evaluator,
    {
      decision(decision) {
        tally.decision(decision);
        if (report === 'decisions') write(JSON.stringify(decisionLine(decision)));
      },
      episode(episode) {
        tally.episode(episode);
        if (report === 'episodes') write(JSON.stringify(episodeLine(episode)));
      },
      deadLetter: options.deadLetter,
    },
    recordingLimits,
    options.members,
  );
  await replayRecording([replay], chunks, options);
  const { events, deadLetters, late } = replay.counts;
  const summary = { events, deadLetters, late, policies: tally.policies() };
  if (report === 'summary') write(JSON.stringify(summary));
  return { counts: replay.counts, summary, notices: replay.notices };
}

/** A decision as every output of ddlc shows it. */
export function decisionLine(decision: Decision): Readonly<Record<string, unknown>> {
  const { id, policy, policyId, key, at, cause, outcome, gate, reason, actions, values, source } = decision;
  return {
    id,
    policy,
    ...(policyId === undefined ? {} : { policyId }),
    key,
    at: new Date(at).toISOString(),
    cause,
    outcome,
    ...(gate === null ? {} : { gate, reason }),
    actions: actions.map(({ name, target, args }) => ({ name, target, args })),
    values,
    source,
  };
}

export function episodeLine(episode: Episode): Readonly<Record<string, unknown>> {
  const { policy, key, pendingAt, firedAt, resolvedAt } = episode;
  return {
    policy,
    key,
    pendingAt: new Date(pendingAt).toISOString(),
    firedAt: new Date(firedAt).toISOString(),
    resolvedAt: resolvedAt === null ? null : new Date(resolvedAt).toISOString(),
  };
}

class Tally {
  readonly #byPolicy: Map<
    string,
    { decisions: number; outcomes: Map<string, number>; refused: Map<string, number>; episodes: number }
  >;

  constructor(evaluator: Evaluator) {
    this.#byPolicy = new Map(
      evaluator.meta.policies.map((policy) => [
        policy.name,
        { decisions: 0, outcomes: new Map(), refused: new Map(), episodes: 0 },
      ]),
    );
  }

  decision({ policy, outcome, gate }: Decision): void {
    const entry = this.#byPolicy.get(policy);
    if (entry === undefined) return;
    entry.decisions++;
    entry.outcomes.set(outcome, (entry.outcomes.get(outcome) ?? 0) + 1);
    if (gate !== null) entry.refused.set(gate, (entry.refused.get(gate) ?? 0) + 1);
  }

  episode({ policy }: Episode): void {
    const entry = this.#byPolicy.get(policy);
    if (entry !== undefined) entry.episodes++;
  }

  policies(): readonly PolicySummary[] {
    return [...this.#byPolicy].map(([policy, entry]) => ({
      policy,
      decisions: entry.decisions,
      admitted: entry.outcomes.get('admitted') ?? 0,
      shadowed: entry.outcomes.get('shadowed') ?? 0,
      refused: Object.fromEntries(entry.refused),
      episodes: entry.episodes,
    }));
  }
}
