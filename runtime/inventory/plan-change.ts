// What an action makes of a fleet's size, resolved once: from so many members to so many, within the declared size, never
// a delta. Where nothing can change it says why. Pure.

import type { ActionArgument, FleetMeta } from '../contract.ts';
import type { PlannedAction, SizeChange } from '../decision.ts';
import type { FleetSize } from './inventory.ts';

/** Both are `null` for an action that changes no number of members. */
export type ChangePlan =
  | { readonly change: SizeChange; readonly reason: null }
  | { readonly change: null; readonly reason: string | null };

const sizeActions: readonly string[] = ['scale_up', 'scale_down', 'scale_to'];

/** Whether the action changes how many members its target has. */
export function changesSize(action: string): boolean {
  return sizeActions.includes(action);
}

/** `size` is `null` when it is not known. A fleet without a declared size has no upper bound, and keeps one member. */
export function planChange(
  { name, args }: Pick<PlannedAction, 'name' | 'args'>,
  size: Pick<FleetSize, 'members'> | null,
  fleet: Pick<FleetMeta, 'name' | 'size'>,
): ChangePlan {
  if (!changesSize(name)) return { change: null, reason: null };
  const refuse = (reason: string): ChangePlan => ({ change: null, reason: `${fleet.name} ${reason}` });
  if (size === null) return refuse('has a size that nobody can tell');
  const from = size.members;
  if (!Number.isSafeInteger(from) || from < 0) return refuse(`reports ${from} members, which is no number of members`);
  if (from === 0) return refuse('has no members: what is seen of it is not its load');
  const amount = amountOf(args, name === 'scale_to' ? 'size' : 'by');
  if (amount === null) return refuse('is asked to change by no number of members');
  const { min, max } = fleet.size ?? { min: 1, max: Number.POSITIVE_INFINITY };
  switch (name) {
    case 'scale_up': {
      const to = Math.min(max, from + amount);
      return to > from ? { change: { from, to }, reason: null } : refuse(`has ${counted(from)}, and may have ${max}`);
    }
    case 'scale_down': {
      const to = Math.max(min, from - amount);
      return to < from ? { change: { from, to }, reason: null } : refuse(`has ${counted(from)}, and keeps ${min}`);
    }
    default: {
      const to = Math.min(max, Math.max(min, amount));
      return to !== from ? { change: { from, to }, reason: null } : refuse(`has ${counted(from)} already`);
    }
  }
}

function counted(members: number): string {
  return `${members} member${members === 1 ? '' : 's'}`;
}

function amountOf(args: Readonly<Record<string, ActionArgument>>, name: string): number | null {
  const value = Object.hasOwn(args, name) ? args[name] : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;
}
