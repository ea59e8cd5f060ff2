// A decision is a pure function of the proposal, the program and the verdict.

import { expect, it } from 'vitest';
import { admissionRequest } from '../../runtime/admission/request.ts';
import { decide } from '../../runtime/decide.ts';
import { decisionId } from '../../runtime/decision.ts';
import { action, policy, program, proposal, request, sizesAt, start } from './fixtures.ts';

const passed = { outcome: 'admitted', gate: null, reason: null, remaining: null } as const;

it('resolves targets and derives its id', () => {
  const actions = [
    action('notify'),
    action('restart', { kind: 'fleet', fleet: 'search' }),
    action('scale_up', { kind: 'lookup', tag: 'service_id' }),
    action('scale_down', { kind: 'lookup', tag: 'region' }),
  ];
  const of = policy({ actions, maxAgeMs: 30_000 });
  const made = decide(
    admissionRequest({ ...proposal(of, start), values: { 'cpu > 90%': 0.95 } }, program, sizesAt(start)),
    passed,
  );
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
  expect(made.actions.map((planned) => planned.change)).toEqual([null, null, { from: 100, to: 101 }, null]);
  expect(decide(request(of, start), passed)).toEqual(decide(request(of, start), passed));
});

it('carries the refusal, and another ordinal makes another decision', () => {
  const refusal = { outcome: 'refused', gate: 'cooldown', reason: 'cooldown: …', remaining: null } as const;
  expect(decide(request(policy(), start), refusal)).toMatchObject({
    outcome: 'refused',
    gate: 'cooldown',
    reason: 'cooldown: …',
  });
  const ids = [0, 1].map((ordinal) => admissionRequest(proposal(policy(), start), program, undefined, ordinal).id);
  expect(new Set(ids).size).toBe(2);
});
