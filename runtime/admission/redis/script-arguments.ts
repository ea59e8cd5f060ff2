// What the script is told: the parts of a request that its gates look at, in numbers.

import type { PolicyMeta, ProgramMeta } from '../../contract.ts';
import {
  type AdmissionRequest,
  type AdmissionTarget,
  type PastDecision,
  policyHorizonMs,
  runMsOf,
} from '../admission.ts';
import { type Refusal, type Step, waits } from '../ask.ts';
import type { PastChange } from '../past-changes.ts';

/** For what nobody reckoned with: pauses of a process, clocks that are apart. */
const slackMs = 60_000;

export function judgeArguments(
  request: AdmissionRequest,
  { acts, target }: Step,
  refusal: Refusal | null,
  now: number,
): Readonly<Record<string, unknown>> {
  const { id, proposal, deadline, runMs } = request;
  const { policy, at } = proposal;
  const leaseMs = Math.max(0, deadline - now) + runMs;
  return {
    id,
    at: String(at),
    policy: policy.name,
    priority: policy.priority,
    mode: policy.mode,
    ...(refusal === null ? {} : { refusal }),
    ...(acts ? { acts: actsArguments(policy, at) } : {}),
    ...(target === null
      ? {}
      : { fleet: fleetArguments(target, policy, now), bookMs: bookMsOf(target, policy, leaseMs) }),
    waits: waits(request, 'busy', now),
    leaseMs,
    keepMs: keepMsOf(policy, leaseMs),
  };
}

function actsArguments(policy: PolicyMeta, at: number): Readonly<Record<string, unknown>> {
  const { cooldownMs, limit } = policy;
  const keepMs = policyHorizonMs(policy) + policy.maxAgeMs + slackMs;
  return { at: String(at), cooldownMs, ...(limit ?? {}), keepMs };
}

function fleetArguments(
  { fleet, size, counts, change, direction, grows, shrinks }: AdmissionTarget,
  { settleMs }: PolicyMeta,
  now: number,
): Readonly<Record<string, unknown>> {
  return {
    ...fleet.change,
    ...{ settleMs, counts, direction, grows, shrinks },
    net: change === null ? 0 : change.to - change.from,
    inTransition: size?.inTransition === true,
    ...(size === null ? {} : { members: size.members, readMsAgo: now - size.at }),
  };
}

/** A verdict serves re-deliveries for as long as one could act, and a reservation for as long as it holds. */
function keepMsOf(policy: PolicyMeta, leaseMs: number): number {
  return Math.max(policyHorizonMs(policy) + policy.maxAgeMs, leaseMs) + slackMs;
}

function bookMsOf({ fleet }: Pick<AdmissionTarget, 'fleet'>, { settleMs }: PolicyMeta, leaseMs: number): number {
  return Math.max(fleet.change.perMs, settleMs) + leaseMs + slackMs;
}

export function finishArguments(
  id: string,
  isDone: boolean,
  fleet: string,
  { fleets, policies }: Pick<ProgramMeta, 'fleets' | 'policies'>,
): Readonly<Record<string, unknown>> {
  const perMs = fleets.find(({ name }) => name === fleet)?.change.perMs ?? 0;
  const settleMs = Math.max(0, ...policies.map((policy) => policy.settleMs));
  return { id, done: isDone, bookMs: Math.max(perMs, settleMs) + slackMs };
}

/** An earlier decision for one tag; `past` is what it did to the tag's fleet. */
export function restoreItem(
  decision: PastDecision,
  policy: PolicyMeta | null,
  withActs: boolean,
  past: PastChange | null,
  now: number,
): Readonly<Record<string, unknown>> {
  const { id, outcome, gate, reason, remaining, at, recordedAt = at, actions = [] } = decision;
  const leaseMs = Math.max(0, (decision.deadline ?? recordedAt) - now) + runMsOf(actions);
  const change = past?.change;
  return {
    id,
    recordedMsAgo: now - recordedAt,
    book: outcome === 'shadowed' ? 'shadow' : 'real',
    ...(withActs && policy !== null && outcome !== 'refused' ? { acts: actsArguments(policy, at) } : {}),
    ...(policy === null
      ? {}
      : {
          reply: {
            ...{ outcome, committed: true },
            ...(gate === null ? {} : { gate }),
            ...(reason === null ? {} : { reason }),
            ...(remaining === undefined ? {} : { remaining }),
          },
          keepMs: keepMsOf(policy, leaseMs),
        }),
    ...(change === undefined ? {} : { change: changeArguments(change, now) }),
    ...(past?.size == null ? {} : { members: past.size.members }),
  };
}

function changeArguments(
  { finishedAt, expiresAt, ...change }: PastChange['change'],
  now: number,
): Readonly<Record<string, unknown>> {
  return {
    ...change,
    ...(finishedAt === null ? {} : { finishedMsAgo: now - finishedAt }),
    expiresInMs: expiresAt - now,
  };
}

export function restoreBookMs({ fleets, policies }: Pick<ProgramMeta, 'fleets' | 'policies'>, fleet: string): number {
  const perMs = fleets.find(({ name }) => name === fleet)?.change.perMs ?? 0;
  const runMs = Math.max(0, ...policies.map((policy) => policy.maxAgeMs + runMsOf(policy.actions)));
  const settleMs = Math.max(0, ...policies.map((policy) => policy.settleMs));
  return Math.max(perMs, settleMs) + runMs + slackMs;
}
