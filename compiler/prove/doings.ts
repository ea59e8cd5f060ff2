// What policies do, in a form in which it can be compared.

import type { ActionMeta } from '../../runtime/contract.ts';
import type { FleetFacts } from '../2-check/facts.ts';
import { actionByName } from '../vocabulary/actions.ts';
import type { Subject } from './subject.ts';

const doings = new WeakMap<Subject, string>();
const targetsBySubject = new WeakMap<Subject, ReadonlySet<string>>();

/** The same text for policies that do the same. */
export function doingOf(subject: Subject): string {
  let doing = doings.get(subject);
  if (doing === undefined) {
    doing = describeDoing(subject);
    doings.set(subject, doing);
  }
  return doing;
}

function describeDoing({ ir: { meta }, facts }: Subject): string {
  const actions = meta.actions.map(({ name, target, args }) => {
    const sorted = Object.entries(args).sort(([left], [right]) => (left < right ? -1 : 1));
    // Left out, it is the policy's title that people read.
    const said = facts.changesInfrastructure || 'message' in args || 'title' in args ? null : meta.title;
    return JSON.stringify([name, target, sorted, said]);
  });
  return `${meta.mode} ${actions.sort().join(' ')}`;
}

/** The fleets that a policy changes, by what finds them: a name, or a schema's tag. */
export function targetsOf(subject: Subject): ReadonlySet<string> {
  let targets = targetsBySubject.get(subject);
  if (targets === undefined) {
    targets = findTargets(subject);
    targetsBySubject.set(subject, targets);
  }
  return targets;
}

function findTargets({ ir: { meta }, schema }: Subject): ReadonlySet<string> {
  const targets = new Set<string>();
  for (const { name, target } of meta.actions)
    if (actionByName.get(name)?.changesInfrastructure !== false && target !== null)
      targets.add(target.kind === 'fleet' ? `fleet ${target.fleet}` : `lookup ${schema.name} ${target.tag}`);
  return targets;
}

/** What an action does to the size of a fleet. */
export function direction({
  name,
  args,
}: ActionMeta): { readonly kind: 'up' | 'down' } | { readonly kind: 'to'; readonly size: number } | null {
  if (name === 'scale_up') return { kind: 'up' };
  if (name === 'scale_down') return { kind: 'down' };
  return name === 'scale_to' && typeof args.size === 'number' ? { kind: 'to', size: args.size } : null;
}

/** The first action of each that pull the same fleet into different directions. */
export function opposing(left: Subject, right: Subject): readonly [ActionMeta, ActionMeta] | null {
  for (const one of left.ir.meta.actions)
    for (const other of right.ir.meta.actions) {
      const [first, second] = [direction(one), direction(other)];
      if (first === null || second === null || targetText(left, one) !== targetText(right, other)) continue;
      if (
        first.kind === 'to' && second.kind === 'to' ? first.size !== second.size : isOpposite(first.kind, second.kind)
      )
        return [one, other];
    }
  return null;
}

function isOpposite(left: string, right: string): boolean {
  return (left === 'up' && right === 'down') || (left === 'down' && right === 'up');
}

function targetText({ schema }: Subject, { target }: ActionMeta): string {
  if (target === null) return '';
  return target.kind === 'fleet' ? `fleet ${target.fleet}` : `lookup ${schema.name} ${target.tag}`;
}

/** A fleet's name for people. */
export function fleetText(target: ActionMeta['target']): string {
  if (target === null) return 'nothing';
  return target.kind === 'fleet' ? `fleet \`${target.fleet}\`` : `\`fleet of ${target.tag}\``;
}

export function fleetOf(fleets: readonly FleetFacts[], target: ActionMeta['target']): FleetFacts | null {
  return target?.kind === 'fleet' ? (fleets.find(({ fleet }) => fleet.name === target.fleet) ?? null) : null;
}
