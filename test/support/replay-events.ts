// Events of a conformance case through an evaluator, a given number of lines at a time.

import { createEvaluator, type EvaluatorKind } from '../../cli/program.ts';
import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import { Replay } from '../../runtime/replay.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { type KeyState, observeState } from './observe-state.ts';

export interface EventsOutcome {
  readonly decisions: readonly Readonly<Record<string, string>>[];
  readonly episodes: readonly Readonly<Record<string, string | null>>[];
  /** Events that came behind the watermark. */
  readonly late: number;
  readonly deadLetters: number;
  /** Rows at which a policy was skipped, by `policy: metric`. */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface ReplayedEvents {
  readonly outcome: EventsOutcome;
  readonly states: readonly KeyState[];
}

/** Later than every event of a case. */
const clockMs = Date.UTC(2030, 0, 1);

export function replayEvents(
  ir: ProgramIr,
  kind: EvaluatorKind,
  events: readonly string[],
  batchSize: number,
): ReplayedEvents {
  const { evaluator, states } = observeState(createEvaluator(ir, kind));
  const decisions: EventsOutcome['decisions'][number][] = [];
  const episodes: EventsOutcome['episodes'][number][] = [];
  const replay = new Replay(evaluator, {
    decision: ({ policy, key, at, cause, outcome }) =>
      decisions.push({ policy, key, at: new Date(at).toISOString(), cause, outcome }),
    episode: ({ policy, key, firedAt, resolvedAt }) =>
      episodes.push({
        policy,
        key,
        firedAt: new Date(firedAt).toISOString(),
        resolvedAt: resolvedAt === null ? null : new Date(resolvedAt).toISOString(),
      }),
  });
  const decoder = new JsonEventDecoder(replay.session.intake, { schema: null, where: 'case', now: () => clockMs });
  for (let at = 0; at < events.length; at += batchSize) {
    const batch = events.slice(at, at + batchSize);
    decoder.decode(Buffer.from(batch.map((line) => `${line}\n`).join('')));
    replay.drain();
  }
  decoder.end();
  replay.end();
  const { late, deadLetters, skipped } = replay.counts;
  return {
    outcome: { decisions, episodes, late, deadLetters, skipped: Object.fromEntries([...skipped].sort()) },
    states: states(),
  };
}
