// What changed in meaning between two programs, policy by policy and fleet by fleet. Order, layout, comments and names of
// `let`s change nothing; what can't be shown to be harmless is not called so.

import type { FleetMeta } from '../../runtime/contract.ts';
import { describeDuration } from '../4-lower/describe.ts';
import type { ProgramIr } from '../4-lower/ir.ts';
import { actionText } from './diff-actions.ts';
import { changeOf, diffPolicy, wordParts } from './diff-policy.ts';
import { MeaningText } from './meaning-text.ts';
import { type Change, type ItemDiff, type ProgramDiff, type RiskClass, unitedClasses } from './program-diff.ts';
import { byNumber, combined } from './relation.ts';

export function diffPrograms(base: ProgramIr, head: ProgramIr): ProgramDiff {
  const before = policiesOf(base);
  const after = policiesOf(head);
  const items: ItemDiff[] = [];
  let unchanged = 0;
  const come = [...after.values()].filter(({ policy }) => !before.has(policy.meta.name));
  const gone = [...before.values()].filter(({ policy }) => !after.has(policy.meta.name));
  for (const [name, new_] of after) {
    const old = before.get(name);
    if (old === undefined) continue;
    const changes = changesOf(old, new_);
    if (changes.length === 0) unchanged++;
    else items.push(item(new_, 'changed', changes));
  }
  for (const policy of come) {
    const at = gone.findIndex((old) => isRenamed(old, policy));
    const old = at < 0 ? undefined : gone.splice(at, 1)[0];
    if (old === undefined) items.push(added(policy));
    else items.push({ ...item(policy, 'renamed', [renaming(old, policy)]), from: old.policy.meta.name });
  }
  for (const policy of gone) items.push(item(policy, 'removed', [removal(policy)]));
  items.sort((left, right) => (left.name < right.name ? -1 : 1));
  const fleets = diffFleets(base.fleets, head.fleets);
  return {
    policies: items,
    fleets,
    classes: unitedClasses([...items, ...fleets].map(({ classes }) => classes)),
    unchanged,
  };
}

function policiesOf(ir: ProgramIr): ReadonlyMap<string, MeaningText> {
  return new Map(
    ir.policies.map((policy) => [policy.meta.name, new MeaningText(policy, ir.schemas[policy.meta.schema])]),
  );
}

function changesOf(base: MeaningText, head: MeaningText): readonly Change[] {
  const changes = diffPolicy(base, head);
  const explained = changes.some(({ part }) => !wordParts.includes(part));
  if (explained || base.policy.meta.hash === head.policy.meta.hash) return changes;
  // The hash knows better: then nothing is claimed.
  const hashes = { before: base.policy.meta.hash.slice(0, 12), after: head.policy.meta.hash.slice(0, 12) };
  return [...changes, { part: 'meaning', classes: ['narrower', 'wider', 'state-resetting'], ...hashes }];
}

function isRenamed(base: MeaningText, head: MeaningText): boolean {
  return diffPolicy(base, head).every(({ classes }) => classes.includes('safe'));
}

/** State, decisions and cooldowns are kept by the policy's name. */
function renaming(base: MeaningText, head: MeaningText): Change {
  return { part: 'name', classes: ['state-resetting'], before: base.policy.meta.name, after: head.policy.meta.name };
}

function added(policy: MeaningText): ItemDiff {
  const { mode, actions } = policy.policy.meta;
  // In shadow it records what it would do and does nothing.
  const classes: RiskClass[] = [mode === 'shadow' ? 'safe' : 'wider'];
  const after = `${mode}: ${actions.map(actionText).join(', ')}`;
  return item(policy, 'added', [{ part: 'policy', classes, before: null, after }]);
}

function removal({ policy }: MeaningText): Change {
  const { mode, actions } = policy.meta;
  const before = `${mode}: ${actions.map(actionText).join(', ')}`;
  return { part: 'policy', classes: ['narrower'], before, after: null };
}

function item({ policy }: MeaningText, change: ItemDiff['change'], changes: readonly Change[]): ItemDiff {
  const classes = unitedClasses(changes.map((each) => each.classes));
  return { name: policy.meta.name, change, from: null, source: policy.meta.source, classes, changes };
}

function diffFleets(base: readonly FleetMeta[], head: readonly FleetMeta[]): readonly ItemDiff[] {
  const before = new Map(base.map((fleet) => [fleet.name, fleet]));
  const after = new Map(head.map((fleet) => [fleet.name, fleet]));
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name): ItemDiff[] => {
    const old = before.get(name) ?? null;
    const new_ = after.get(name) ?? null;
    const changes = diffFleet(old, new_);
    if (changes.length === 0) return [];
    const change = old === null ? 'added' : new_ === null ? 'removed' : 'changed';
    return [
      { name, change, from: null, source: null, classes: unitedClasses(changes.map((each) => each.classes)), changes },
    ];
  });
}

function diffFleet(base: FleetMeta | null, head: FleetMeta | null): readonly Change[] {
  // `fleet of` may find what it did not, or no longer.
  if (base === null) return changeOf('fleet', 'wider', null, head?.service ?? head?.name ?? '');
  if (head === null) return changeOf('fleet', 'narrower', base.service ?? base.name, null);
  const share = byNumber(base.change.share, head.change.share, 'wider');
  const stretch = byNumber(base.change.perMs, head.change.perMs, 'narrower');
  return [
    ...changeOf('change at most', combined([share, stretch]), budgetText(base), budgetText(head)),
    ...sizeChange(base, head),
    ...(base.service === head.service ? [] : changeOf('service', 'different', base.service, head.service)),
    ...(resourceText(base) === resourceText(head)
      ? []
      : changeOf('resources', 'different', resourceText(base), resourceText(head))),
  ];
}

function sizeChange({ size: base }: FleetMeta, { size: head }: FleetMeta): readonly Change[] {
  const text = (size: FleetMeta['size']): string | null => (size === null ? null : `${size.min}..${size.max}`);
  if (text(base) === text(head)) return [];
  if (base === null || head === null)
    return changeOf('size', base === null ? 'narrower' : 'wider', text(base), text(head));
  const least = byNumber(base.min, head.min, 'narrower');
  const most = byNumber(base.max, head.max, 'wider');
  return changeOf('size', combined([least, most]), text(base), text(head));
}

function budgetText({ change }: FleetMeta): string {
  return `${Number((change.share * 100).toPrecision(6))}% per ${describeDuration(change.perMs)}`;
}

function resourceText({ resources }: FleetMeta): string {
  return resources.map(({ kind, args }) => `${kind} ${args.map((text) => JSON.stringify(text)).join(' ')}`).join(', ');
}
