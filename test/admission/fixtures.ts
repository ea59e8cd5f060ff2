// A program with two fleets, and policies and proposals for it, with only what a case is about said.

import type { AdmissionRequest } from '../../runtime/admission/admission.ts';
import { admissionRequest, type FleetSizes } from '../../runtime/admission/request.ts';
import type { ActionMeta, FleetMeta, PolicyMeta, ProgramMeta, SchemaMeta, TagMeta } from '../../runtime/contract.ts';
import type { Proposal } from '../../runtime/decision.ts';

export const start = Date.UTC(2026, 2, 1, 12, 0, 5);

const tag = (name: string): TagMeta => ({ name, from: name, values: null, literals: [] });

const schema: SchemaMeta = {
  name: 'service_health',
  key: tag('service_id'),
  tags: [tag('region')],
  metrics: [],
  everyMs: 1_000,
  staleMs: 10_000,
  latenessMs: 0,
  derived: [],
  derivedWidth: 0,
  lookBackMs: 0,
};

const fleet = (name: string, service: string | null, size: FleetMeta['size'] = null): FleetMeta => ({
  name,
  service,
  size,
  change: { share: 0.2, perMs: 300_000 },
  resources: [],
});

export const program: ProgramMeta = {
  contract: 2,
  schemas: [schema],
  policies: [],
  fleets: [
    fleet('payment', 'payment-service'),
    fleet('search', null),
    fleet('west', 'eu-west-1'),
    fleet('shop', 'shop-service', { min: 2, max: 12 }),
  ],
};

export const action = (
  name: string,
  target: ActionMeta['target'] = null,
  args: ActionMeta['args'] = { by: 1 },
): ActionMeta => ({
  name,
  target,
  args,
  timeoutMs: 1_000,
  retry: 0,
});

export function policy(changes: Partial<PolicyMeta> = {}): PolicyMeta {
  return {
    name: 'p',
    schema: 0,
    source: 'p.ddl:1',
    hash: `hash of ${changes.name ?? 'p'}`,
    title: '',
    owner: '',
    runbook: '',
    mode: 'enforce',
    cooldownMs: 0,
    settleMs: 0,
    limit: null,
    priority: 0,
    maxAgeMs: 60_000,
    actions: [action('notify')],
    clauses: [],
    requires: [],
    state: [],
    onlyKey: -1,
    ticks: false,
    ...changes,
  };
}

export function proposal(
  of: PolicyMeta,
  at: number,
  key = 'payment-service',
  tags: Record<string, string> = {},
): Proposal {
  return { policy: of, key, at, cause: 'condition', pendingAt: at, values: {}, tags };
}

/** Every fleet has `members`, read at `at`. */
export function sizesAt(at: number, members = 100): FleetSizes {
  return new Map(program.fleets.map(({ name }) => [name, { members, at, inTransition: false }]));
}

export function request(of: PolicyMeta, at: number, key?: string, tags?: Record<string, string>): AdmissionRequest {
  return admissionRequest(proposal(of, at, key, tags), program, sizesAt(at));
}
