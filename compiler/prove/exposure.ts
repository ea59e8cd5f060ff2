// How much of a fleet a program can touch in an hour: cooldowns, limits and the fleet's budget composed. An upper bound:
// every policy fires as often as its own rules let it, for every key that leads to the fleet.

import type { ActionMeta } from '../../runtime/contract.ts';
import type { FleetFacts } from '../2-check/facts.ts';
import { actionByName } from '../vocabulary/actions.ts';
import { defaults } from '../vocabulary/defaults.ts';
import { keyOf } from './rivals.ts';
import type { Subject } from './subject.ts';

const hourMs = 3_600_000;

export interface FleetExposure {
  readonly fleet: string;
  /** Share of the fleet, 0 to 1, that policies in `enforce` and `approve` can touch in an hour. */
  readonly sharePerHour: number;
  /** The same if those in `shadow` acted too. */
  readonly sharePerHourIfEnforced: number;
  /** Policies that can act on it, in source order. */
  readonly policies: readonly string[];
  /** What each of them can touch by itself in an hour, whatever its mode. */
  readonly policySharesPerHour: readonly number[];
}

/** Fleets that some policy can act on, in source order. */
export function exposures(fleets: readonly FleetFacts[], subjects: readonly Subject[]): readonly FleetExposure[] {
  const named = new Map<string, Subject[]>();
  const byService = new Map<string, Subject[]>();
  const anyService: Subject[] = [];
  const add = (map: Map<string, Subject[]>, place: string, subject: Subject): void => {
    const list = map.get(place);
    if (list === undefined) map.set(place, [subject]);
    else if (list.at(-1) !== subject) list.push(subject);
  };
  for (const subject of subjects) {
    for (const { name, target } of subject.ir.meta.actions) {
      if (target === null || !changes(name)) continue;
      if (target.kind === 'fleet') add(named, target.fleet, subject);
      else {
        const service = onlyServiceOf(subject, target.tag);
        if (service !== null) add(byService, service, subject);
        else if (anyService.at(-1) !== subject) anyService.push(subject);
      }
    }
  }
  return fleets.flatMap((fleet) => {
    const own = [
      ...(named.get(fleet.fleet.name) ?? []),
      ...(fleet.service === null ? [] : [...(byService.get(fleet.service) ?? []), ...anyService]),
    ];
    const acting = [...new Set(own)].sort((left, right) => left.position - right.position);
    return acting.length === 0 ? [] : [exposure(fleet, acting)];
  });
}

function exposure(fleet: FleetFacts, subjects: readonly Subject[]): FleetExposure {
  const change = fleet.change ?? defaults.change;
  const budget = Math.min(1, change.share * Math.ceil(hourMs / change.perMs));
  let sharePerHour = 0;
  let sharePerHourIfEnforced = 0;
  const shares = subjects.map((subject) => sharePerHourOf(subject, fleet));
  for (const [at, subject] of subjects.entries()) {
    const share = shares[at];
    sharePerHourIfEnforced += share;
    if (subject.ir.meta.mode !== 'shadow') sharePerHour += share;
  }
  return {
    fleet: fleet.fleet.name,
    sharePerHour: Math.min(budget, sharePerHour),
    sharePerHourIfEnforced: Math.min(budget, sharePerHourIfEnforced),
    policies: subjects.map((subject) => subject.name),
    policySharesPerHour: shares.map((share) => Math.min(budget, share)),
  };
}

/** Of one policy, the fleet's budget left aside. */
function sharePerHourOf(subject: Subject, fleet: FleetFacts): number {
  const { cooldownMs, limit, actions } = subject.ir.meta;
  const byCooldown = cooldownMs === 0 ? Number.POSITIVE_INFINITY : Math.floor(hourMs / cooldownMs) + 1;
  const byLimit = limit === null ? Number.POSITIVE_INFINITY : limit.count * Math.ceil(hourMs / limit.perMs);
  const own = actions.filter(
    ({ name, target }) =>
      changes(name) && target !== null && (target.kind === 'lookup' || target.fleet === fleet.fleet.name),
  );
  const times = Math.min(byCooldown, byLimit) * keysOf(subject, own);
  const share = own.reduce((sum, action) => sum + shareOf(action, fleet), 0);
  return share === 0 ? 0 : Math.min(1, times * share);
}

/** How many keys can lead to one fleet. */
function keysOf(subject: Subject, actions: readonly ActionMeta[]): number {
  const { key } = subject.schema;
  if (keyOf(subject) !== '' || key.source?.kind === 'always') return 1;
  if (actions.every(({ target }) => target?.kind === 'lookup' && target.tag === key.name)) return 1;
  return key.values?.length ?? Number.POSITIVE_INFINITY;
}

/** The share that one action touches at most. */
function shareOf({ name, args }: ActionMeta, { size }: FleetFacts): number {
  if (size === null || size.min === 0) return 1;
  if ((name === 'scale_up' || name === 'scale_down') && typeof args.by === 'number')
    return Math.min(1, args.by / size.min);
  return 1;
}

/** The only service whose fleet the lookup finds; `null`: any. */
function onlyServiceOf(subject: Subject, tag: string): string | null {
  const { key } = subject.schema;
  const only = keyOf(subject);
  return tag === key.name && only !== '' ? (key.literals[Number(only)] ?? null) : null;
}

/** A team's own action counts as one that changes something. */
function changes(action: string): boolean {
  return actionByName.get(action)?.changesInfrastructure !== false;
}
