// What is to be seen: the engine's state, and what it decided.

import type { Decision } from '../../decision.ts';
import { type Endpoint, endpoint, iso } from '../endpoint.ts';
import { decisionsQuery, decisionsReply, statusReply } from '../schemas.ts';
import { runningEntry } from './bundles.ts';
import { controlEntry } from './controls.ts';

/** Decisions that are looked through for those that fit. */
const decisionsLookedAt = 5_000;

export const statusEndpoint: Endpoint = endpoint({
  method: 'GET',
  path: '/api/status',
  role: 'viewer',
  summary: 'What the engine runs, whether it is ready, what holds it back, and what it has counted.',
  query: null,
  body: null,
  reply: statusReply,
  async handle({ parts }) {
    const { bundles, controls, ledger, facts, clock } = parts;
    const { engine, startedAt, notReady, policiesOff, counts } = facts();
    const now = clock.now();
    const held = (await controls.controls()).controls;
    const { healthy, waiting, problem } = ledger.health();
    return {
      engine,
      startedAt: iso(startedAt),
      ready: notReady === null,
      notReady,
      killed: held.some(({ kind, scope, startsAt }) => kind === 'pause' && scope.kind === 'global' && startsAt <= now),
      running: runningEntry(parts),
      unmet: bundles.unmet,
      controls: held.map(controlEntry),
      ledger: { healthy, waiting, problem },
      policies: bundles.running.evaluator.meta.policies.map(({ name, mode, hash }) => ({
        name,
        mode,
        hash,
        off: policiesOff.get(name) ?? null,
      })),
      counts,
    };
  },
});

export const decisionsEndpoint: Endpoint = endpoint({
  method: 'GET',
  path: '/api/decisions',
  role: 'viewer',
  summary: 'The newest decisions with the why; of one policy, key or outcome when asked so.',
  query: decisionsQuery,
  body: null,
  reply: decisionsReply,
  async handle({ query: { limit, policy, key, outcome }, parts }) {
    const filtered = policy !== undefined || key !== undefined || outcome !== undefined;
    const found = await parts.ledger.recentDecisions(filtered ? decisionsLookedAt : limit);
    const fits = (decision: Decision): boolean =>
      (policy === undefined || decision.policy === policy) &&
      (key === undefined || decision.key === key) &&
      (outcome === undefined || decision.outcome === outcome);
    return { decisions: found.filter(fits).slice(0, limit).map(decisionEntry) };
  },
});

function decisionEntry(decision: Decision): object {
  const { id, policy, key, at, cause, outcome, gate, reason, mode, values, source } = decision;
  const actions = decision.actions.map(({ name, target, args }) => ({ name, target, args }));
  return { id, policy, key, at: iso(at), cause, outcome, gate, reason, mode, actions, values, source };
}
