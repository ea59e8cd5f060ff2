// What a bundle would change against the one that runs, as far as manifests tell: for the engine's own plan. What changes
// in meaning, clause by clause, the compiler tells from the sources of both (`ddlc plan`).

import type { FleetMeta, PolicyMeta, ProgramMeta } from '../contract.ts';
import { matchPrograms } from '../evaluate/state/program-match.ts';

export interface PlannedChange {
  readonly kind: 'policy' | 'fleet';
  readonly name: string;
  readonly change: 'added' | 'removed' | 'renamed' | 'changed';
  /** The former name of one that was renamed. */
  readonly from: string | null;
  /** `file.ddl:line`, where it stands now or stood; `null` of fleets. */
  readonly source: string | null;
  /** Its state does not go over: its timers begin anew. */
  readonly stateResetting: boolean;
  /** Which of its properties differ. */
  readonly parts: readonly string[];
}

export interface PlannedChanges {
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
}

const policyParts = [
  'title',
  'owner',
  'runbook',
  'id',
  'mode',
  'cooldownMs',
  'settleMs',
  'limit',
  'priority',
  'busy',
  'maxAgeMs',
  'actions',
  'requires',
] as const satisfies readonly (keyof PolicyMeta)[];
const fleetParts = ['service', 'size', 'change', 'resources'] as const satisfies readonly (keyof FleetMeta)[];

export function comparePrograms(base: ProgramMeta, head: ProgramMeta): PlannedChanges {
  const before = new Map(base.policies.map((policy) => [policy.name, policy]));
  const after = new Map(head.policies.map((policy) => [policy.name, policy]));
  const gone = base.policies.filter(({ name }) => !after.has(name));
  const { policies: former } = matchPrograms(base, head);
  const changes: PlannedChange[] = [];
  let unchanged = 0;
  for (const [index, policy] of head.policies.entries()) {
    const old = before.get(policy.name) ?? takeSame(gone, policy);
    if (old === undefined) changes.push(whole(policy, 'added'));
    else {
      const parts = partsOf(base, old, head, policy);
      const renamed = old.name !== policy.name;
      if (!renamed && parts.length === 0) unchanged++;
      else {
        changes.push({
          ...whole(policy, renamed ? 'renamed' : 'changed'),
          from: renamed ? old.name : null,
          stateResetting: former[index] < 0,
          parts,
        });
      }
    }
  }
  for (const policy of gone) changes.push(whole(policy, 'removed'));
  return { changes: [...changes, ...fleetChanges(base.fleets, head.fleets)], unchanged };
}

/** One that means the same and is called otherwise now; it is no longer gone. */
function takeSame(gone: PolicyMeta[], { hash }: PolicyMeta): PolicyMeta | undefined {
  const at = gone.findIndex((old) => old.hash === hash);
  return at < 0 ? undefined : gone.splice(at, 1)[0];
}

function whole({ name, source }: PolicyMeta, change: PlannedChange['change']): PlannedChange {
  return { kind: 'policy', name, change, from: null, source, stateResetting: change !== 'removed', parts: [] };
}

function partsOf(base: ProgramMeta, old: PolicyMeta, head: ProgramMeta, policy: PolicyMeta): readonly string[] {
  const parts: string[] = policyParts.filter((part) => !same(old[part], policy[part]));
  const clauses = (meta: PolicyMeta): readonly string[] => meta.clauses.map(({ text }) => text);
  if (!same(clauses(old), clauses(policy))) parts.push('clauses');
  if (base.schemas[old.schema].name !== head.schemas[policy.schema].name) parts.push('schema');
  if (parts.length === 0 && old.hash !== policy.hash) parts.push('meaning');
  return parts;
}

function fleetChanges(base: readonly FleetMeta[], head: readonly FleetMeta[]): readonly PlannedChange[] {
  const before = new Map(base.map((fleet) => [fleet.name, fleet]));
  const after = new Set(head.map(({ name }) => name));
  const entry = (name: string, change: PlannedChange['change'], parts: readonly string[]): PlannedChange => ({
    kind: 'fleet',
    name,
    change,
    from: null,
    source: null,
    stateResetting: false,
    parts,
  });
  const here = head.flatMap((fleet): PlannedChange[] => {
    const old = before.get(fleet.name);
    if (old === undefined) return [entry(fleet.name, 'added', [])];
    const parts = fleetParts.filter((part) => !same(old[part], fleet[part]));
    return parts.length === 0 ? [] : [entry(fleet.name, 'changed', parts)];
  });
  return [...here, ...base.filter(({ name }) => !after.has(name)).map(({ name }) => entry(name, 'removed', []))];
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
