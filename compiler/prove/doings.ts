// What policies do, in a form in which it can be compared.

import type { ActionMeta } from '../../runtime/contract.ts';
import type { FleetFacts } from '../2-check/facts.ts';
import { actionByName } from '../vocabulary/actions.ts';
import type { Subject } from './subject.ts';

/** What is asked of every policy at every run, and stays the same while the policy does. */
function remembered<Answer>(make: (subject: Subject) => Answer): (subject: Subject) => Answer {
  const answers = new WeakMap<Subject, { readonly answer: Answer }>();
  return (subject) => {
    let entry = answers.get(subject);
    if (entry === undefined) {
      entry = { answer: make(subject) };
      answers.set(subject, entry);
    }
    return entry.answer;
  };
}

/** The same text for policies that do the same. */
export const doingOf = remembered(({ ir: { meta }, facts }: Subject): string => {
  const actions = meta.actions.map(({ name, target, args }) => {
    const sorted = Object.entries(args).sort(([left], [right]) => (left < right ? -1 : 1));
    // Left out, it is the policy's title that people read.
    const said = facts.changesInfrastructure || 'message' in args || 'title' in args ? null : meta.title;
    return JSON.stringify([name, target, sorted, said]);
  });
  return `${meta.mode} ${actions.sort().join(' ')}`;
});

/** The fleets that a policy changes, by what finds them: a name, or a schema's tag. */
export const targetsOf = remembered(({ ir: { meta }, schema }: Subject): ReadonlySet<string> => {
  const targets = new Set<string>();
  for (const { name, target } of meta.actions)
    if (actionByName.get(name)?.changesInfrastructure !== false && target !== null)
      targets.add(target.kind === 'fleet' ? `fleet ${target.fleet}` : `lookup ${schema.name} ${target.tag}`);
  return targets;
});

/** What an action does to the size of a fleet. */
export function direction({
  name,
  args,
}: ActionMeta): { readonly kind: 'up' | 'down' } | { readonly kind: 'to'; readonly size: number } | null {
  if (name === 'scale_up') return { kind: 'up' };
  if (name === 'scale_down') return { kind: 'down' };
  return name === 'scale_to' && typeof args.size === 'number' ? { kind: 'to', size: args.size } : null;
}

interface Pull {
  readonly action: ActionMeta;
  readonly target: string;
  readonly way: NonNullable<ReturnType<typeof direction>>;
}

/** What a policy does to the sizes of fleets. */
const pullsOf = remembered((subject: Subject): readonly Pull[] =>
  subject.ir.meta.actions.flatMap((action): Pull[] => {
    const way = direction(action);
    return way === null ? [] : [{ action, way, target: targetText(subject, action) }];
  }),
);

/** How many sizes of fleets a policy changes. */
export function pullsMany(subject: Subject): boolean {
  return pullsOf(subject).length > 1;
}

/** The first action of each that pull the same fleet into different directions. */
export function opposing(left: Subject, right: Subject): readonly [ActionMeta, ActionMeta] | null {
  for (const one of pullsOf(left))
    for (const other of pullsOf(right)) {
      if (one.target !== other.target) continue;
      const [first, second] = [one.way, other.way];
      if (
        first.kind === 'to' && second.kind === 'to' ? first.size !== second.size : isOpposite(first.kind, second.kind)
      )
        return [one.action, other.action];
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
