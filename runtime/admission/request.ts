// A proposal with the sizes of its fleets becomes what admission is asked: targets found, "two more" turned into "from
// four to six" once, and what that costs of each fleet's budget. Pure.

import type { ActionMeta, FleetMeta, ProgramMeta } from '../contract.ts';
import { decisionId, type PlannedAction, type Proposal, type SizeChange } from '../decision.ts';
import { endpointOf } from '../inventory/fleet-webhook.ts';
import type { FleetSize } from '../inventory/inventory.ts';
import { changesSize, planChange } from '../inventory/plan-change.ts';
import { type AdmissionRequest, type AdmissionTarget, runMsOf } from './admission.ts';
import { resolveTarget } from './resolve-target.ts';

/** By a fleet's name; one that is not there is unknown. */
export type FleetSizes = ReadonlyMap<string, FleetSize>;

const noSizes: FleetSizes = new Map();
/** Share of the members that a restart takes out at a time when it does not say. */
const restartShare = 0.2;
const tells: ReadonlySet<string> = new Set(['notify', 'open_incident']);

/** The declared fleets whose size must be known before the proposal can be judged, in order of names. */
export function fleetsToSize(proposal: Proposal, program: ProgramMeta): readonly FleetMeta[] {
  const fleets = new Map<string, FleetMeta>();
  for (const action of proposal.policy.actions) {
    if (action.target === null || !countsMembers(action)) continue;
    const target = resolveTarget(proposal, program, action.target);
    if (target.found) fleets.set(target.fleet.name, target.fleet);
  }
  return [...fleets.values()].sort(byName);
}

/** `ordinal` tells apart decisions of one policy, key and time. */
export function admissionRequest(
  proposal: Proposal,
  program: ProgramMeta,
  sizes: FleetSizes = noSizes,
  ordinal = 0,
): AdmissionRequest {
  const { policy, key, at } = proposal;
  const targets = new Map<string, Planned>();
  const actions = policy.actions.map((action) => plan(action, proposal, program, sizes, targets));
  return {
    proposal,
    id: decisionId(policy.hash, key, at, ordinal),
    program,
    actions,
    targets: [...targets.values()].map(targetOf).sort((left, right) => byName(left.fleet, right.fleet)),
    tellsOnly: policy.actions.every((action) => tells.has(action.name) && action.target === null),
    deadline: at + policy.maxAgeMs,
    runMs: runMsOf(policy.actions),
  };
}

/** A fleet with what the actions so far do to it. */
interface Planned {
  readonly fleet: FleetMeta;
  readonly size: FleetSize | null;
  readonly from: number | null;
  members: number | null;
  counts: boolean;
  scales: boolean;
  other: boolean;
  grows: number;
  shrinks: number;
  /** Why an action that scales changes nothing. */
  idle: string | null;
}

function plan(
  action: ActionMeta,
  proposal: Proposal,
  program: ProgramMeta,
  sizes: FleetSizes,
  targets: Map<string, Planned>,
): PlannedAction {
  const { name, args, timeoutMs, retry } = action;
  const target = action.target === null ? null : resolveTarget(proposal, program, action.target);
  const fleet = target?.found === true ? target.fleet : null;
  const planned = {
    ...{ name, target: fleet?.name ?? null, args, timeoutMs, retry },
    ...{ endpoint: endpointOf(action, fleet), change: null },
  };
  if (fleet === null) return planned;
  const size = sizes.get(fleet.name) ?? null;
  const on = targets.get(fleet.name) ?? begin(fleet, size);
  targets.set(fleet.name, on);
  if (!countsMembers(action)) {
    on.other = true;
    return planned;
  }
  on.counts = true;
  if (action.name === 'restart') {
    on.other = true;
    if (on.members === null) return planned;
    const share = typeof args.atMost === 'number' ? args.atMost : restartShare;
    const members = Math.max(1, Math.floor(share * on.members));
    on.shrinks += members;
    return { ...planned, budget: { ...fleet.change, members, of: on.members } };
  }
  on.scales = true;
  if (on.members === null) return planned;
  const plan = planChange(action, { members: on.members }, fleet);
  on.idle = plan.reason ?? on.idle;
  const change = plan.change ?? { from: on.members, to: on.members };
  const members = Math.abs(change.to - change.from);
  if (change.to > change.from) on.grows += members;
  else on.shrinks += members;
  on.members = change.to;
  return { ...planned, change, budget: { ...fleet.change, members } };
}

function begin(fleet: FleetMeta, size: FleetSize | null): Planned {
  const from = size?.members ?? null;
  return {
    fleet,
    size,
    from,
    members: from,
    counts: false,
    scales: false,
    other: false,
    grows: 0,
    shrinks: 0,
    idle: null,
  };
}

function targetOf({
  fleet,
  size,
  from,
  members,
  counts,
  scales,
  other,
  grows,
  shrinks,
  idle,
}: Planned): AdmissionTarget {
  const change: SizeChange | null = scales && from !== null && members !== null ? { from, to: members } : null;
  const direction = change === null || change.to === change.from ? 'none' : change.to > change.from ? 'up' : 'down';
  const changes = other || grows > 0 || shrinks > 0;
  return { fleet, size, counts, change, direction, grows, shrinks, idle: changes ? null : idle };
}

function countsMembers({ name }: ActionMeta): boolean {
  return changesSize(name) || name === 'restart';
}

function byName(left: FleetMeta, right: FleetMeta): number {
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}
