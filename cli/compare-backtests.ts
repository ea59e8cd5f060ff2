// Two programs on the same recorded telemetry: which decisions both make, which only one of them, which come at another
// time. Both see every event, each through its own replay.

import type { Decision } from '../runtime/decision.ts';
import type { DeadLetter } from '../runtime/evaluate/intake.ts';
import type { Evaluator } from '../runtime/evaluate/session.ts';
import { Replay } from '../runtime/replay.ts';
import { describeAction } from './render/decision.ts';
import { type RecordingOptions, recordingLimits, replayRecording } from './replay-recording.ts';

export type DifferenceKind = 'only-base' | 'only-head' | 'moved' | 'changed';

/** As much of a decision as is compared. */
export interface ComparedDecision {
  /** Epoch ms. */
  readonly at: number;
  readonly cause: Decision['cause'];
  readonly outcome: Decision['outcome'];
  readonly gate: Decision['gate'];
  readonly actions: readonly string[];
}

/** `moved`: at another time. `changed`: at the same time, with another outcome or other actions. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly policy: string;
  readonly key: string;
  readonly base: ComparedDecision | null;
  readonly head: ComparedDecision | null;
}

export interface ComparisonCounts {
  readonly base: number;
  readonly head: number;
  readonly same: number;
  readonly onlyBase: number;
  readonly onlyHead: number;
  readonly moved: number;
  readonly changed: number;
}

export interface BacktestComparison {
  readonly events: number;
  readonly deadLetters: number;
  readonly late: number;
  /** What is odd about the telemetry for either program though every event was taken. */
  readonly notices: readonly string[];
  readonly total: ComparisonCounts;
  readonly policies: readonly ({ readonly policy: string } & ComparisonCounts)[];
  /** By policy, key and time. */
  readonly differences: readonly Difference[];
}

export interface CompareOptions extends RecordingOptions {
  readonly deadLetter: (letter: DeadLetter) => void;
}

export async function compareBacktests(
  base: Evaluator,
  head: Evaluator,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: CompareOptions,
): Promise<BacktestComparison> {
  const [before, after] = [new Collected(), new Collected()];
  const replays = [
    new Replay(base, { decision: (decision) => before.add(decision) }, recordingLimits, options.members),
    new Replay(
      head,
      { decision: (decision) => after.add(decision), deadLetter: options.deadLetter },
      recordingLimits,
      options.members,
    ),
  ] as const;
  await replayRecording(replays, chunks, options);
  const { events, deadLetters, late } = replays[1].counts;
  const notices = [...new Set(replays.flatMap((replay) => replay.notices))];
  return { events, deadLetters, late, notices, ...compare(before, after, cooldowns(base, head)) };
}

/** Of one program, by policy and key, each in order of time. */
class Collected {
  readonly byPolicy = new Map<string, Map<string, ComparedDecision[]>>();

  add({ policy, key, at, cause, outcome, gate, actions }: Decision): void {
    const byKey = this.byPolicy.get(policy) ?? new Map<string, ComparedDecision[]>();
    this.byPolicy.set(policy, byKey);
    const decisions = byKey.get(key) ?? [];
    byKey.set(key, decisions);
    decisions.push({ at, cause, outcome, gate, actions: actions.map(describeAction) });
  }
}

/** The greater of the cooldowns that the two have, by policy. */
function cooldowns(...evaluators: readonly Evaluator[]): ReadonlyMap<string, number> {
  const byName = new Map<string, number>();
  for (const { meta } of evaluators) {
    for (const { name, cooldownMs } of meta.policies) {
      byName.set(name, Math.max(byName.get(name) ?? 0, cooldownMs));
    }
  }
  return byName;
}

function compare(
  before: Collected,
  after: Collected,
  cooldownMs: ReadonlyMap<string, number>,
): Pick<BacktestComparison, 'total' | 'policies' | 'differences'> {
  const differences: Difference[] = [];
  const policies = [...cooldownMs].map(([policy, withinMs]) => {
    const counts = { base: 0, head: 0, same: 0, onlyBase: 0, onlyHead: 0, moved: 0, changed: 0 };
    const [baseKeys, headKeys] = [before.byPolicy.get(policy), after.byPolicy.get(policy)];
    const keys = [...new Set([...(baseKeys?.keys() ?? []), ...(headKeys?.keys() ?? [])])].sort();
    for (const key of keys) {
      const [base, head] = [baseKeys?.get(key) ?? [], headKeys?.get(key) ?? []];
      counts.base += base.length;
      counts.head += head.length;
      const pairs = pair(base, head, withinMs);
      for (const difference of pairs) {
        const kind = kindOf(difference);
        if (kind === 'same') counts.same++;
        else {
          counts[
            ({ 'only-base': 'onlyBase', 'only-head': 'onlyHead', moved: 'moved', changed: 'changed' } as const)[kind]
          ]++;
          differences.push({ kind, policy, key, ...difference });
        }
      }
    }
    return { policy, ...counts };
  });
  return { total: sum(policies), policies, differences };
}

type Pair = Pick<Difference, 'base' | 'head'>;

/**
 * Decisions of one time first; of the rest those less than a cooldown apart, in order: after a cooldown it would be the
 * next decision, not the same one later.
 */
function pair(base: readonly ComparedDecision[], head: readonly ComparedDecision[], withinMs: number): readonly Pair[] {
  const headAt = new Map(head.map((decision) => [decision.at, decision]));
  const baseAt = new Set(base.map(({ at }) => at));
  const pairs: Pair[] = base
    .filter(({ at }) => headAt.has(at))
    .map((one) => ({ base: one, head: headAt.get(one.at) ?? null }));
  const restBase = base.filter(({ at }) => !headAt.has(at));
  const restHead = head.filter(({ at }) => !baseAt.has(at));
  for (let b = 0, h = 0; b < restBase.length || h < restHead.length; ) {
    const [one, other] = [restBase[b] ?? null, restHead[h] ?? null];
    const apart = (other?.at ?? Number.POSITIVE_INFINITY) - (one?.at ?? Number.POSITIVE_INFINITY);
    if (one !== null && other !== null && Math.abs(apart) < withinMs) {
      pairs.push({ base: one, head: other });
      b++;
      h++;
    } else if (other === null || apart > 0) {
      pairs.push({ base: one, head: null });
      b++;
    } else {
      pairs.push({ base: null, head: other });
      h++;
    }
  }
  return pairs.sort((left, right) => timeOf(left) - timeOf(right));
}

function timeOf({ base, head }: Pair): number {
  return base?.at ?? head?.at ?? 0;
}

function kindOf({ base, head }: Pair): DifferenceKind | 'same' {
  if (base === null) return 'only-head';
  if (head === null) return 'only-base';
  if (base.at !== head.at) return 'moved';
  const alike = base.outcome === head.outcome && base.gate === head.gate;
  return alike && base.actions.join('\n') === head.actions.join('\n') ? 'same' : 'changed';
}

function sum(policies: readonly ComparisonCounts[]): ComparisonCounts {
  const add = (name: keyof ComparisonCounts): number => policies.reduce((total, counts) => total + counts[name], 0);
  return {
    base: add('base'),
    head: add('head'),
    same: add('same'),
    onlyBase: add('onlyBase'),
    onlyHead: add('onlyHead'),
    moved: add('moved'),
    changed: add('changed'),
  };
}
