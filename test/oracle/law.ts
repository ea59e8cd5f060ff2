// What the reference's page on time says of an oracle case, computed the slow way from its definition: for each event
// all events before it are looked at. Shares nothing with the engine.

import { type Firing, keyOf, type OracleCase, type OracleCondition, type OracleEvent } from './cases.ts';

const staleMs = 300_000;

interface Sample {
  readonly at: number;
  readonly metrics: Readonly<Record<string, number>>;
}

type Holds = (sample: Sample) => boolean;

/** The firings that the law of time gives. Every value of an oracle case is known, so every condition is true or false. */
export function lawfulFirings(oracle: OracleCase, events: readonly OracleEvent[]): readonly Firing[] {
  const tag = keyOf(oracle);
  const byKey = new Map<string, Sample[]>();
  for (const { timestamp, metrics, tags } of events) {
    const samples = byKey.get(tags[tag]) ?? [];
    samples.push({ at: Date.parse(timestamp), metrics });
    byKey.set(tags[tag], samples);
  }
  return [...byKey].flatMap(([key, samples]) => {
    samples.sort((a, b) => a.at - b.at);
    return firingsOf(key, samples, whenOf(oracle, samples));
  });
}

/** The policy's `when` at each sample. */
function whenOf({ policy }: OracleCase, samples: readonly Sample[]): readonly boolean[] {
  const { kind, conditions, for_s = 0 } = policy;
  const join = (truths: readonly boolean[]): boolean =>
    kind.startsWith('or') ? truths.includes(true) : !truths.includes(false);
  return samples.map((sample, index) => {
    const lasts = (holds: Holds, seconds: number): boolean =>
      seconds === 0 ? holds(sample) : lasted(samples, index, holds, seconds * 1000);
    if (kind === 'single') return lasts((at) => compare(conditions[0], at), conditions[0].for_s ?? for_s);
    if (kind.endsWith('each_for')) {
      return join(conditions.map((condition) => lasts((at) => compare(condition, at), condition.for_s ?? 0)));
    }
    return lasts((at) => join(conditions.map((condition) => compare(condition, at))), for_s);
  });
}

/** True at every event in `[t0, t]` for some event's time `t0 ≤ t − D`, no two neighbours further apart than stale. */
function lasted(samples: readonly Sample[], index: number, holds: Holds, durationMs: number): boolean {
  const { at } = samples[index];
  for (let first = index; first >= 0 && holds(samples[first]); first--) {
    if (first < index && samples[first + 1].at - samples[first].at > staleMs) return false;
    if (at - samples[first].at >= durationMs) return true;
  }
  return false;
}

/** Fires on the change to true, re-arms when it is false. */
function firingsOf(key: string, samples: readonly Sample[], when: readonly boolean[]): readonly Firing[] {
  const firings: Firing[] = [];
  let firedAt: number | null = null;
  for (const [index, { at }] of samples.entries()) {
    if (when[index]) firedAt ??= at;
    else if (firedAt !== null) {
      firings.push({ key, firedAt, resolvedAt: at });
      firedAt = null;
    }
  }
  if (firedAt !== null) firings.push({ key, firedAt, resolvedAt: null });
  return firings;
}

function compare({ metric, op, value }: OracleCondition, { metrics }: Sample): boolean {
  const measured = metrics[metric];
  if (measured === undefined) throw new Error(`an oracle event carries no \`${metric}\``);
  switch (op) {
    case '>':
      return measured > value;
    case '>=':
      return measured >= value;
    case '<':
      return measured < value;
    case '<=':
      return measured <= value;
    case '==':
      return measured === value;
    case '!=':
      return measured !== value;
  }
}
