// The answer to "why" and "why not" for one policy, key and moment: what every clause came to and with which values, how
// far each timer had come, what every gate says, and what would have had to be different.

import { type ClausePlace, clauseParts } from '../../compiler/4-lower/clause-parts.ts';
import type { BooleanIr } from '../../compiler/4-lower/ir.ts';
import { actsView } from '../../runtime/admission/act-memory.ts';
import { gates } from '../../runtime/admission/gates/index.ts';
import { admissionRequest } from '../../runtime/admission/request.ts';
import type { Decision, Gate } from '../../runtime/decision.ts';
import { detailOf, dueOf, type Need, needsOf } from './needs.ts';
import { type Sighting, slotOf } from './sighting.ts';
import type { Watch } from './watch.ts';

export type Verdict =
  /** No row of the key had been judged by then. */
  | 'unseen'
  /** `where` leaves the row aside. */
  | 'aside'
  | 'skipped'
  | 'fired'
  | 'repeated'
  | 're-armed'
  /** Fired before; the condition has not ended since. */
  | 'active'
  /** A timer runs that is all that is missing. */
  | 'pending'
  | 'idle';

export interface ClauseAnswer {
  readonly clause: ClausePlace;
  readonly text: string;
  readonly truth: boolean | null;
  /** `error_rate is 4.2%`, or why it is unknown. */
  readonly detail: string | null;
  readonly timer: TimerAnswer | null;
  /** Of `within`, and of the first part of `then`: when it was last true. */
  readonly lastTrue: number | null;
  readonly node: BooleanIr;
}

/** Times are epoch ms. */
export interface TimerAnswer {
  readonly since: number | null;
  readonly elapsedMs: number;
  readonly neededMs: number;
  readonly dueAt: number | null;
}

export interface GateAnswer {
  readonly gate: Gate;
  /** What it would say to a proposal at that moment; `null`: it lets it pass. */
  readonly reason: string | null;
}

export interface Budgets {
  /** What is left of the cooldown at that moment; 0 when it has passed. */
  readonly cooldownMs: number;
  readonly limit: { readonly used: number; readonly count: number; readonly perMs: number } | null;
}

export interface Answer {
  readonly verdict: Verdict;
  readonly sighting: Sighting | null;
  /** Truth of the whole clauses. */
  readonly whole: Readonly<Partial<Record<ClausePlace, boolean | null>>>;
  readonly clauses: readonly ClauseAnswer[];
  /** Metrics that the row lacked, when the policy was skipped for it. */
  readonly lacking: readonly string[];
  /** What is not as it would have to be for the policy to fire (or, while it is active, to re-arm). */
  readonly needs: readonly Need[];
  readonly gates: readonly GateAnswer[];
  readonly budgets: Budgets;
  /** Of the row itself. */
  readonly decision: Decision | null;
  readonly lastDecision: Decision | null;
  readonly nextDecision: Decision | null;
}

export function answer(watch: Watch): Answer {
  const { sighting, decisions, at } = watch;
  const { policy } = watch;
  const conditions = { where: policy.where, when: policy.when, until: policy.until };
  const whole = Object.fromEntries(
    Object.entries(conditions).flatMap(([place, condition]) =>
      condition === null || sighting?.truths.has(condition) !== true
        ? []
        : [[place, sighting.truths.get(condition) ?? null]],
    ),
  );
  const before = decisions.filter((decision) => decision.at <= at);
  return {
    verdict: verdictOf(watch),
    sighting,
    whole,
    clauses: sighting === null ? [] : clausesOf(sighting),
    lacking: sighting?.happened === 'skipped' ? lackingOf(sighting) : [],
    needs: sighting === null ? [] : needsThen(sighting, watch),
    ...admissionAt(watch, before),
    decision: before.find((decision) => decision.at === at) ?? null,
    lastDecision: before.at(-1) ?? null,
    nextDecision: decisions.find((decision) => decision.at > at) ?? null,
  };
}

function verdictOf({ sighting, policy, at }: Watch): Verdict {
  if (sighting === null) return 'unseen';
  if (isAside(sighting)) return 'aside';
  // What happened at an event before is state by now.
  if (sighting.happened === 'skipped' || (sighting.happened !== null && sighting.at === at)) return sighting.happened;
  if (sighting.state[slotOf(sighting.meta, 'active')] !== 0) return 'active';
  const needs = needsOf(policy.when, true, sighting);
  return needs.length > 0 && needs.every(({ dueAt }) => dueAt !== null) ? 'pending' : 'idle';
}

/** At a deadline `where` was judged before. */
function isAside({ tick, policy: { where }, truths }: Sighting): boolean {
  return !tick && where !== null && truths.get(where) !== true;
}

function clausesOf(sighting: Sighting): readonly ClauseAnswer[] {
  return clauseParts(sighting.policy, sighting.schema).flatMap(({ place, text, nodes }) => {
    const node = nodes.find((candidate) => sighting.truths.has(candidate));
    if (node === undefined) return [];
    return [
      {
        clause: place,
        text,
        truth: sighting.truths.get(node) ?? null,
        detail: detailOf(node, sighting),
        timer: timerOf(node, sighting),
        lastTrue: lastTrueOf(node, sighting),
        node,
      },
    ];
  });
}

function timerOf(node: BooleanIr, sighting: Sighting): TimerAnswer | null {
  if (node.op !== 'for' && node.op !== 'missing-for') return null;
  const dueAt = dueOf(node, sighting);
  const neededMs = node.durationMs;
  if (dueAt === null) return { since: null, elapsedMs: 0, neededMs, dueAt };
  const since = dueAt - neededMs;
  return { since, elapsedMs: sighting.at - since, neededMs, dueAt };
}

function lastTrueOf(node: BooleanIr, { state, meta }: Sighting): number | null {
  if (node.op !== 'within' && node.op !== 'sequence') return null;
  const at = state[slotOf(meta, 'last-true', node.timer)];
  return Number.isFinite(at) ? at : null;
}

function lackingOf({ meta, schema, values }: Sighting): readonly string[] {
  return meta.requires.filter((slot) => Number.isNaN(values[slot])).map((slot) => schema.metrics[slot].name);
}

function needsThen(sighting: Sighting, { policy }: Watch): readonly Need[] {
  if (sighting.happened === 'skipped') return [];
  if (isAside(sighting) && policy.where !== null) return needsOf(policy.where, true, sighting);
  if (sighting.state[slotOf(sighting.meta, 'active')] === 0) return needsOf(policy.when, true, sighting);
  return policy.until === null ? needsOf(policy.when, false, sighting) : needsOf(policy.until, true, sighting);
}

/**
 * What each gate, the clock being the moment's, would say to a proposal of the policy. Those that look at a fleet depend
 * on what all policies did to it: what they said to a decision stands in the decision.
 */
function admissionAt(watch: Watch, before: readonly Decision[]): Pick<Answer, 'gates' | 'budgets'> {
  const { at, key, sighting, evaluator } = watch;
  const policy = evaluator.meta.policies[0];
  const acted = before.filter(({ outcome }) => outcome !== 'refused').map((decision) => decision.at);
  const tags = sighting?.tags ?? { [watch.schema.key.name]: key };
  const proposal = { policy, key, at, cause: 'condition', pendingAt: at, values: {}, tags } as const;
  const request = admissionRequest(proposal, evaluator.meta);
  const acts = actsView(acted, policy, at);
  const { limit, cooldownMs } = policy;
  const last = acted.at(-1);
  return {
    gates: gates.flatMap((gate) => {
      if (gate.asks === 'fleet' || gate.name === 'inventory') return [];
      const reason =
        gate.asks === 'acts' ? gate.refuse({ request, acts }) : gate.refuse({ request, now: at, orders: null });
      return [{ gate: gate.name, reason }];
    }),
    budgets: {
      cooldownMs: last === undefined ? 0 : Math.max(0, last + cooldownMs - at),
      limit: limit === null ? null : { ...limit, used: acted.filter((time) => time > at - limit.perMs).length },
    },
  };
}
