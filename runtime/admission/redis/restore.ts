// A rebuild from the ledger, tag by tag: each is told of its decisions in slices, and opens with the last.

import type { PolicyMeta, ProgramMeta } from '../../contract.ts';
import type { PastDecision } from '../admission.ts';
import { wanders } from '../ask.ts';
import { inOrder, type PastChange, pastChanges } from '../past-changes.ts';
import type { GateKeys, TagKeys } from './keys.ts';
import { restoreBookMs, restoreItem } from './script-arguments.ts';

type Run = (keys: readonly string[], args: Readonly<Record<string, unknown>>) => Promise<unknown>;

interface Item {
  readonly decision: PastDecision;
  readonly policy: PolicyMeta | null;
  readonly withActs: boolean;
  readonly past: PastChange | null;
}

const itemsPerCall = 200;
/** Tags told side by side. */
const tagsAtOnce = 20;

/** Every tag that a proposal of the program can be asked at. */
export function tagsOf({ fleets, policies }: ProgramMeta, keys: GateKeys): readonly TagKeys[] {
  return [...fleets.map(({ name }) => keys.ofFleet(name)), ...policies.map(({ name }) => keys.ofPolicy(name))];
}

export async function restoreTags(
  decisions: readonly PastDecision[],
  program: ProgramMeta,
  keys: GateKeys,
  now: number,
  run: Run,
): Promise<void> {
  const byTag = itemsByTag(decisions, program, keys, now);
  const fleets = program.fleets.map(({ name }) => ({ tag: keys.ofFleet(name), fleet: name }));
  const policies = program.policies.map(({ name }) => ({ tag: keys.ofPolicy(name), fleet: null }));
  const open = [...fleets, ...policies];
  const work = async (): Promise<void> => {
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const perMs = program.fleets.find(({ name }) => name === next?.fleet)?.change.perMs ?? 0;
      const bookMs = restoreBookMs(program, next.fleet ?? '');
      await restoreTag(next.tag, byTag.get(next.tag.name) ?? [], { perMs, bookMs }, now, run);
    }
  };
  await Promise.all(Array.from({ length: tagsAtOnce }, work));
}

async function restoreTag(
  tag: TagKeys,
  items: readonly Item[],
  common: Readonly<Record<string, unknown>>,
  now: number,
  run: Run,
): Promise<void> {
  for (let from = 0; from === 0 || from < items.length; from += itemsPerCall) {
    const slice = items.slice(from, from + itemsPerCall);
    const keys = slice.flatMap(({ decision: { id, policy, key, outcome } }) => [
      tag.decision(id),
      tag.acts(outcome === 'shadowed' ? 'shadow' : 'enforce', policy, key),
    ]);
    await run([tag.alive, tag.book('enforce'), tag.book('shadow'), ...keys], {
      ...common,
      items: slice.map(({ decision, policy, withActs, past }) => restoreItem(decision, policy, withActs, past, now)),
      last: from + itemsPerCall >= items.length,
    });
  }
}

/** Acts stand at the decision's first tag, as they were asked (`stepsOf`). */
function itemsByTag(
  decisions: readonly PastDecision[],
  program: ProgramMeta,
  keys: GateKeys,
  now: number,
): ReadonlyMap<string, readonly Item[]> {
  const policies = new Map(program.policies.map((policy) => [policy.name, policy]));
  const byTag = new Map<string, Item[]>();
  const add = (tag: TagKeys, item: Item): void => {
    const items = byTag.get(tag.name);
    if (items === undefined) byTag.set(tag.name, [item]);
    else items.push(item);
  };
  for (const decision of inOrder(decisions, now)) {
    const policy = policies.get(decision.policy) ?? null;
    const changes = new Map(pastChanges(decision, program).map((past) => [past.fleet, past]));
    const targets = new Set((decision.actions ?? []).flatMap(({ target }) => (target === null ? [] : [target])));
    const fleets = [...targets].sort();
    const first = policy !== null && (fleets.length === 0 || wanders(policy, program));
    if (first) add(keys.ofPolicy(decision.policy), { decision, policy, withActs: true, past: null });
    for (const [index, fleet] of fleets.entries())
      add(keys.ofFleet(fleet), { decision, policy, withActs: !first && index === 0, past: changes.get(fleet) ?? null });
  }
  return byTag;
}
