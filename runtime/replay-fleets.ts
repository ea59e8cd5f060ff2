// How many members fleets have in a replay, where no provider can be asked: to begin with the middle of their size, from
// then on what was decided. Shadow has members of its own.

import type { FleetSizes } from './admission/request.ts';
import { fleetsToSize } from './admission/request.ts';
import type { ActionMeta, FleetMeta, PolicyMeta, ProgramMeta } from './contract.ts';
import type { PlannedAction, Proposal } from './decision.ts';
import type { FleetSize } from './inventory/inventory.ts';

export class ReplayFleets {
  readonly #program: ProgramMeta;
  readonly #given: ReadonlyMap<string, number>;
  readonly #members = { real: new Map<string, number>(), shadow: new Map<string, number>() };

  /** `given`: members to begin with, by the fleet's name. */
  constructor(program: ProgramMeta, given: ReadonlyMap<string, number> = new Map()) {
    this.#program = program;
    this.#given = given;
  }

  sizesFor(proposal: Proposal, now: number): FleetSizes {
    const world = this.#world(proposal.policy);
    return new Map(
      fleetsToSize(proposal, this.#program).map((fleet): [string, FleetSize] => {
        const members = world.get(fleet.name) ?? this.#given.get(fleet.name) ?? assumedMembers(fleet, this.#program);
        return [fleet.name, { members, at: now, inTransition: false }];
      }),
    );
  }

  carriedOut({ policy }: Proposal, actions: readonly PlannedAction[]): void {
    const world = this.#world(policy);
    for (const { target, change } of actions) if (target !== null && change !== null) world.set(target, change.to);
  }

  #world({ mode }: PolicyMeta): Map<string, number> {
    return mode === 'shadow' ? this.#members.shadow : this.#members.real;
  }
}

/**
 * The middle of the fleet's size, or as many more as each action of the program needs by itself: the whole step fits, and
 * is within `change at most`. Where no number does, the middle; without a size the least that does.
 */
export function assumedMembers(fleet: FleetMeta, program: ProgramMeta): number {
  const { needs, onAnyFleet } = needsOf(program);
  const { up, down, sizes, any } = join(needs.get(fleet.name), fleet.service === null ? undefined : onAnyFleet);
  const least = fleet.size?.min ?? 1;
  const middle = fleet.size === null ? 1 : Math.max(1, Math.floor((fleet.size.min + fleet.size.max) / 2));
  const most = fleet.size?.max ?? Number.POSITIVE_INFINITY;
  const { share } = fleet.change;
  const step = any ? Math.max(up, down, 1) : 0;
  let members = Math.max(middle, least + down, share > 0 ? Math.ceil(step / share - 1e-9) : 1);
  for (const size of sizes) members = Math.max(members, Math.ceil(size / (1 + share) - 1e-9));
  while (sizes.has(members)) members++;
  return members + up <= most ? members : middle;
}

/** The largest steps that are asked of a fleet, and the sizes that it is brought to. */
interface Needs {
  up: number;
  down: number;
  readonly sizes: Set<number>;
  any: boolean;
}

interface ProgramNeeds {
  readonly needs: ReadonlyMap<string, Needs>;
  /** Of actions that look their fleet up. */
  readonly onAnyFleet: Needs;
}

const known = new WeakMap<ProgramMeta, ProgramNeeds>();

function needsOf(program: ProgramMeta): ProgramNeeds {
  const found = known.get(program);
  if (found !== undefined) return found;
  const needs = new Map<string, Needs>();
  const onAnyFleet = none();
  for (const { actions } of program.policies) {
    for (const action of actions) {
      if (action.target === null) continue;
      const on = action.target.kind === 'lookup' ? onAnyFleet : (needs.get(action.target.fleet) ?? none());
      if (action.target.kind === 'fleet') needs.set(action.target.fleet, on);
      take(on, action);
    }
  }
  const made = { needs, onAnyFleet };
  known.set(program, made);
  return made;
}

function take(on: Needs, { name, args }: ActionMeta): void {
  const by = typeof args.by === 'number' ? args.by : 0;
  if (name === 'scale_up') on.up = Math.max(on.up, by);
  else if (name === 'scale_down') on.down = Math.max(on.down, by);
  else if (name === 'scale_to' && typeof args.size === 'number') on.sizes.add(args.size);
  else if (name !== 'restart') return;
  on.any = true;
}

function none(): Needs {
  return { up: 0, down: 0, sizes: new Set(), any: false };
}

function join(one: Needs = none(), other: Needs = none()): Needs {
  return {
    up: Math.max(one.up, other.up),
    down: Math.max(one.down, other.down),
    sizes: new Set([...one.sizes, ...other.sizes]),
    any: one.any || other.any,
  };
}
