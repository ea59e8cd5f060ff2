// Recorded telemetry through a program: decisions or episodes as JSON lines, the shape of interfaces.md. The path that
// `ddlc backtest` takes, for everything that wants the same answer.

import type { Decision } from '../runtime/decision.ts';
import type { DeadLetter } from '../runtime/evaluate/intake.ts';
import { defaultIntakeLimits } from '../runtime/evaluate/intake.ts';
import type { Evaluator } from '../runtime/evaluate/session.ts';
import { type Episode, Replay, type ReplayCounts } from '../runtime/replay.ts';
import { JsonEventDecoder } from '../runtime/sources/json-events.ts';

export const backtestReports = ['decisions', 'episodes', 'summary'] as const;
export type BacktestReport = (typeof backtestReports)[number];

export interface BacktestOptions {
  /** Schema of events that name none; `null` for the program's only schema. */
  readonly schema: string | null;
  /** What messages call the source. */
  readonly where: string;
  readonly report: BacktestReport;
  /** The wall clock, epoch ms: recorded events may not lie more than a day ahead of it. */
  readonly now: () => number;
  readonly write: (line: string) => void;
  readonly deadLetter: (letter: DeadLetter) => void;
  /** Called and awaited between chunks: events so far. */
  readonly between?: (events: number) => Promise<void> | void;
}

export interface BacktestResult {
  readonly counts: ReplayCounts;
  readonly summary: BacktestSummary;
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

/** Lines judged between two looks at the rest of the world. */
const linesPerSlice = 4096;

const dayMs = 86_400_000;

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
    { ...defaultIntakeLimits, aheadMs: dayMs },
  );
  const { schema, where, now } = options;
  const decoder = new JsonEventDecoder(replay.session.intake, { schema, where, now });
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      at = decoder.decode(chunk, linesPerSlice, at);
      replay.drain();
    }
    await options.between?.(replay.counts.events);
  }
  decoder.end();
  replay.end();
  const { events, deadLetters, late } = replay.counts;
  const summary = { events, deadLetters, late, policies: tally.policies() };
  if (report === 'summary') write(JSON.stringify(summary));
  return { counts: replay.counts, summary };
}

/** A decision as every output of ddlc shows it. */
export function decisionLine(decision: Decision): Readonly<Record<string, unknown>> {
  const { id, policy, key, at, cause, outcome, gate, reason, actions, values, source } = decision;
  return {
    id,
    policy,
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
