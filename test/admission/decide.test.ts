// A decision is a pure function of the proposal, the program and the verdict.

import { expect, it } from 'vitest';
import { decide } from '../../runtime/decide.ts';
import { decisionId } from '../../runtime/decision.ts';
import { action, policy, program, proposal, start } from './fixtures.ts';

const passed = { outcome: 'admitted', gate: null, reason: null } as const;

it('resolves targets and derives its id', () => {
  const actions = [
    action('notify'),
    action('restart', { kind: 'fleet', fleet: 'search' }),
    action('scale_up', { kind: 'lookup', tag: 'service_id' }),
    action('scale_down', { kind: 'lookup', tag: 'region' }),
  ];
  const of = policy({ actions, maxAgeMs: 30_000 });
  const made = decide({ ...proposal(of, start), values: { 'cpu > 90%': 0.95 } }, program, passed);
  expect(made).toMatchObject({
    id: decisionId(of.hash, 'payment-service', start, 0),
    policy: 'p',
    policyHash: of.hash,
    outcome: 'admitted',
    mode: 'enforce',
    values: { 'cpu > 90%': 0.95 },
    source: 'p.ddl:1',
    deadline: start + 30_000,
  });
  expect(made.actions.map((planned) => planned.target)).toEqual([null, 'search', 'payment', null]);
  expect(decide(proposal(of, start), program, passed)).toEqual(decide(proposal(of, start), program, passed));
});

it('carries the refusal, and another ordinal makes another decision', () => {
  const refusal = { outcome: 'refused', gate: 'cooldown', reason: 'cooldown: …' } as const;
  expect(decide(proposal(policy(), start), program, refusal)).toMatchObject(refusal);
  const ids = [0, 1].map((ordinal) => decide(proposal(policy(), start), program, passed, ordinal).id);
  expect(new Set(ids).size).toBe(2);
});
