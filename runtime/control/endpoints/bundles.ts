// What runs, and changing it: deploy, plan, roll back.

import type { DeployFault, DeployResult, RunningBundle } from '../../bundle/running-bundle.ts';
import { type ControlParts, ControlProblem, type Endpoint, endpoint, iso, type PackageReply } from '../endpoint.ts';
import { bundlesReply, deployQuery, deployReply, listQuery, planQuery, planReply, rollbackBody } from '../schemas.ts';

export const deployEndpoint: Endpoint = endpoint({
  method: 'POST',
  path: '/api/policies',
  role: 'deployer',
  summary: 'Runs a signed bundle on every engine; refused unless it passes every check.',
  query: deployQuery,
  body: 'package',
  reply: deployReply,
  async handle({ by, query, body, parts }) {
    return deployed(await parts.bundles.deploy(body, { by, why: query.why, downgrade: query.downgrade === 'true' }));
  },
});

export const rollbackEndpoint: Endpoint = endpoint({
  method: 'POST',
  path: '/api/bundles/rollback',
  role: 'deployer',
  summary: 'Goes back to the bundle that ran before, or to one that is named, on every engine.',
  query: null,
  body: rollbackBody,
  reply: deployReply,
  async handle({ by, body, parts }) {
    return deployed(await parts.bundles.rollback({ by, why: body.why, hash: body.hash ?? null }));
  },
});

export const planEndpoint: Endpoint = endpoint({
  method: 'POST',
  path: '/api/plan',
  role: 'deployer',
  summary: 'Tells whether a bundle would be accepted and what it would change; changes nothing.',
  query: planQuery,
  body: 'package',
  reply: planReply,
  handle: ({ query, body, parts }) => parts.bundles.plan(body, query.downgrade === 'true'),
});

export const bundlesEndpoint: Endpoint = endpoint({
  method: 'GET',
  path: '/api/bundles',
  role: 'viewer',
  summary: 'Which bundle runs, which are kept, what was ordered and what became of it.',
  query: listQuery,
  body: null,
  reply: bundlesReply,
  async handle({ query: { limit }, parts }) {
    const { bundles, store, gate } = parts;
    const [kept, orders, results] = await Promise.all([store.list(limit), store.orders(limit), store.results(limit)]);
    return {
      running: runningEntry(parts),
      order: bundles.order,
      unmet: bundles.unmet,
      trustedKeys: gate.trusts,
      bundles: kept.map(({ hash, serial, signedBy, uploadedBy, uploadedAt, size }) => ({
        hash,
        serial,
        signedBy,
        uploadedBy,
        uploadedAt: iso(uploadedAt),
        size,
      })),
      orders: orders.map((order) => ({ ...order, at: iso(order.at) })),
      results: results.map((result) => ({ ...result, at: iso(result.at) })),
    };
  },
});

export const currentBundleEndpoint: Endpoint = endpoint({
  method: 'GET',
  path: '/api/bundles/current',
  role: 'viewer',
  summary: 'The package of the bundle that runs, its sources in it.',
  query: null,
  body: null,
  reply: 'package',
  async handle({ parts }): Promise<PackageReply> {
    const { bytes, hash } = parts.bundles.running;
    return { bytes, hash };
  },
});

export function runningEntry({ bundles }: ControlParts): object {
  const { hash, serial, origin, signedBy }: RunningBundle = bundles.running;
  return { hash, serial, origin, signedBy, since: iso(bundles.since) };
}

const statusOf: Partial<Readonly<Record<DeployFault, number>>> = {
  conflict: 409,
  'unknown-bundle': 404,
  'swap-failed': 500,
  unavailable: 503,
};

function deployed(result: DeployResult): DeployResult {
  if (result.result !== 'refused') return result;
  const { fault, message } = result;
  throw new ControlProblem(statusOf[fault] ?? 422, 'this bundle does not run', message, fault);
}
