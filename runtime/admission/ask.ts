// The gates asked in order, and what their views come to in words: the same for every adapter, wherever its state is.

import type { PolicyMeta, ProgramMeta } from '../contract.ts';
import type { FleetRemaining, Gate, Outcome, Remaining } from '../decision.ts';
import type { ActsView } from './act-memory.ts';
import type { AdmissionRequest, AdmissionTarget, Verdict } from './admission.ts';
import type { FleetView } from './fleet-view.ts';
import { gates } from './gates/index.ts';
import type { Orders } from './orders.ts';

export interface Refusal {
  readonly gate: Gate;
  readonly reason: string;
}

/** What is asked at once: what the policy did for the key, a fleet, or both. */
export interface Step {
  readonly acts: boolean;
  readonly target: AdmissionTarget | null;
}

export interface StepViews {
  readonly target: AdmissionTarget | null;
  /** `null`: not of this step. */
  readonly acts: ActsView | null;
  readonly view: FleetView | null;
}

/**
 * The steps of a request, in order: fleet by fleet, in order of names. What the policy did for the key is asked with the
 * first fleet, where the key alone decides which that is; else before all of them.
 */
export function stepsOf({ proposal, program, targets }: AdmissionRequest): readonly Step[] {
  if (targets.length === 0 || wanders(proposal.policy, program))
    return [{ acts: true, target: null }, ...targets.map((target) => ({ acts: false, target }))];
  return targets.map((target, index) => ({ acts: index === 0, target }));
}

/** What the policy does for a key is bounded, and the key alone does not decide on which fleets. */
export function wanders(policy: PolicyMeta, { schemas }: Pick<ProgramMeta, 'schemas'>): boolean {
  if (policy.cooldownMs <= 0 && policy.limit === null) return false;
  const key = schemas[policy.schema]?.key.name;
  return policy.actions.some(({ target }) => target?.kind === 'lookup' && target.tag !== key);
}

/** The first gate that refuses for what the request alone says. */
export function refuseByRequest(request: AdmissionRequest, now: number, orders: Orders | null): Refusal | null {
  for (const gate of gates) {
    const reason = gate.asks === 'request' ? gate.refuse({ request, now, orders }) : null;
    if (reason !== null) return { gate: gate.name, reason };
  }
  return null;
}

/** The first gate that refuses for what is remembered. */
export function refuseByState(request: AdmissionRequest, { target, acts, view }: StepViews): Refusal | null {
  for (const gate of gates) {
    let reason: string | null = null;
    if (gate.asks === 'acts' && acts !== null) reason = gate.refuse({ request, acts });
    else if (gate.asks === 'fleet' && target !== null && view !== null) reason = gate.refuse({ request, target, view });
    if (reason !== null) return { gate: gate.name, reason };
  }
  return null;
}

/** Whether the same numbers of members of the same fleets would change. */
export function isSame({ targets: before }: AdmissionRequest, { targets: after }: AdmissionRequest): boolean {
  return before.every((one, index) => {
    const other = after[index];
    return other !== undefined && one.fleet.name === other.fleet.name && sameChange(one, other);
  });
}

function sameChange(one: AdmissionTarget, other: AdmissionTarget): boolean {
  const net = ({ change }: AdmissionTarget): number => (change === null ? 0 : change.to - change.from);
  return one.grows === other.grows && one.shrinks === other.shrinks && net(one) === net(other);
}

/** Whether a proposal that is refused for now stands in line instead of being dropped. */
export function waits({ proposal: { policy }, deadline }: AdmissionRequest, gate: Gate, now: number): boolean {
  const passes = gate === 'settling' || gate === 'busy';
  return passes && policy.busy === 'wait' && policy.mode === 'enforce' && now < deadline;
}

/** It waited, and its time is over: what stood in its way is named, not its age. */
export function waitedInVain(refusal: Refusal): Refusal {
  return refusal.gate === 'stale'
    ? { gate: 'busy', reason: 'busy: waited for its fleet until its deadline, in vain' }
    : refusal;
}

export function waiting(request: AdmissionRequest, refusal: Refusal, ahead: number, remaining: Remaining): Verdict {
  const reason = `${refusal.reason}; waits in line, ${ahead} before it`;
  return { id: request.id, outcome: 'waiting', gate: refusal.gate, reason, remaining };
}

export const lineFull: Refusal = { gate: 'busy', reason: 'busy: as many decisions wait for the fleet as may' };

export function refused({ id }: AdmissionRequest, { gate, reason }: Refusal, remaining: Remaining | null): Verdict {
  return { id, outcome: 'refused', gate, reason, remaining };
}

export function passed({ id, proposal }: AdmissionRequest, remaining: Remaining | null): Verdict {
  return { id, outcome: outcomeOf[proposal.policy.mode], gate: null, reason: null, remaining };
}

const outcomeOf: Readonly<Record<AdmissionRequest['proposal']['policy']['mode'], Outcome>> = {
  shadow: 'shadowed',
  approve: 'awaiting_approval',
  enforce: 'admitted',
};

/** Of the steps that were asked. */
export function remainingOf({ proposal }: AdmissionRequest, steps: readonly StepViews[]): Remaining {
  const { policy, at } = proposal;
  const acts = steps.find((step) => step.acts !== null)?.acts ?? null;
  const last = acts?.last ?? null;
  const fleets = steps.flatMap(({ target, view }): readonly FleetRemaining[] => {
    if (target === null || view === null) return [];
    const left = (budget: FleetView['up']): number | null =>
      target.counts ? Math.max(0, budget.allowed - budget.used) : null;
    const settleMs = view.settle === null ? 0 : view.settle.until - view.now;
    return [{ fleet: target.fleet.name, up: left(view.up), down: left(view.down), settleMs }];
  });
  return {
    cooldownMs: last === null ? 0 : Math.max(0, last + policy.cooldownMs - at),
    limit: policy.limit === null ? null : Math.max(0, policy.limit.count - (acts?.recent ?? 0)),
    fleets,
  };
}
