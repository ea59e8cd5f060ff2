// The verdicts that every admission must give: proposals in, verdicts out. An adapter's test calls this with a way to
// make one whose clock is the caller's.

import { describe, expect, it } from 'vitest';
import type { Admission, AdmissionRequest, PastDecision } from '../../runtime/admission/admission.ts';
import { admissionRequest } from '../../runtime/admission/request.ts';
import type { PolicyMeta, ProgramMeta } from '../../runtime/contract.ts';
import type { FleetSize } from '../../runtime/inventory/inventory.ts';
import { type AdmissionCase, admissionCases, liveCases, type Step } from './admission-cases.ts';
import { action, policy, program, proposal, start } from './fixtures.ts';

/** Fleets that a step says nothing of have as many members. */
const manyMembers = 100;

export function requestOf(of: PolicyMeta, step: Step, programOf: ProgramMeta = program): AdmissionRequest {
  const now = step.now ?? step.at;
  const sizes = new Map(
    programOf.fleets.flatMap(({ name }): readonly [string, FleetSize][] => {
      const members = step.sizes === undefined ? manyMembers : step.sizes[name];
      const at = start + (step.readAt ?? now);
      return members === undefined ? [] : [[name, { members, at, inTransition: step.inTransition === true }]];
    }),
  );
  const asked = proposal(step.policy ?? of, start + step.at, step.key, step.tags);
  const request = admissionRequest(asked, programOf, sizes);
  return step.overtimeMs === undefined ? request : { ...request, overtimeMs: step.overtimeMs };
}

async function judge(admission: Admission, of: PolicyMeta, step: Step) {
  const now = start + (step.now ?? step.at);
  if (step.controls !== undefined) admission.useControls(step.controls, now);
  const request = requestOf(of, step);
  const verdict = await admission.judge(request, now);
  if (typeof step.verdict === 'string') expect(verdict.reason ?? verdict.outcome).toBe(step.verdict);
  else expect(verdict.reason ?? verdict.outcome).toMatch(step.verdict);
  expect(verdict.gate === null).toBe(verdict.outcome !== 'refused' && verdict.outcome !== 'waiting');
  expect(verdict.id).toBe(request.id);
  if (step.settle === 'commit' || step.settle === 'both') await admission.commit(verdict.id);
  if (step.settle === 'release' || step.settle === 'both') await admission.release(verdict.id);
  return { request, verdict };
}

function programOf(of: PolicyMeta, steps: readonly Step[]): ProgramMeta {
  const policies = [of, ...steps.flatMap((step) => (step.policy === undefined ? [] : [step.policy]))];
  return { ...program, policies: [...new Map(policies.map((one) => [one.name, one])).values()] };
}

/** `make` is given the program and, when the gates shall know nothing, what restores them. */
export function admissionContract(name: string, make: (program: ProgramMeta) => Promise<Admission>): void {
  const live = async (of: PolicyMeta, steps: readonly Step[]): Promise<void> => {
    const admission = await make(programOf(of, steps));
    for (const step of steps) {
      const { request } = await judge(admission, of, step);
      if (step.finished === undefined) continue;
      const done = step.finished !== 'none';
      await admission.finish(request, start + (step.finished === 'none' ? step.at : step.finished), done);
    }
  };

  describe(`${name}: admission`, () => {
    it.each<AdmissionCase>([...admissionCases, ...liveCases])('%s', (_name, of, steps) => live(of, steps));

    it.each<AdmissionCase>(admissionCases)('after a restart: %s', async (_name, of, steps) => {
      const past: PastDecision[] = [];
      let orders: { controls: NonNullable<Step['controls']>; at: number } | null = null;
      for (const step of steps) {
        // A new admission before each step, told of all decisions so far.
        const now = start + (step.now ?? step.at);
        const admission = await make(programOf(of, steps));
        await admission.restore(past, programOf(of, steps), now);
        if (step.controls !== undefined) orders = { controls: step.controls, at: now };
        if (orders !== null) admission.useControls(orders.controls, orders.at);
        const { request, verdict } = await judge(admission, of, step);
        const { outcome } = verdict;
        if (step.settle === 'release' || outcome === 'waiting' || past.some((one) => one.id === verdict.id)) continue;
        const { policy, key, at } = request.proposal;
        const { actions, deadline } = request;
        past.push({
          ...{ id: request.id, policy: policy.name, key, at, outcome, actions, deadline, recordedAt: now },
          ...{ gate: verdict.gate, reason: verdict.reason },
          finishedAt: typeof step.finished === 'number' ? start + step.finished : null,
          done: step.finished !== 'none',
        });
      }
    });

    it('a ledger whose clock is ahead holds nothing back for longer', async () => {
      const of = policy({
        name: 'up',
        settleMs: 60_000,
        actions: [action('scale_up', { kind: 'fleet', fleet: 'payment' })],
      });
      const admission = await make({ ...program, policies: [of] });
      const { id, actions, deadline, proposal: asked } = requestOf(of, { at: 0, verdict: '' });
      const ahead = start + 600_000;
      const past = {
        id,
        policy: 'up',
        key: asked.key,
        at: asked.at,
        outcome: 'admitted',
        gate: null,
        reason: null,
      } as const;
      const known = [{ ...past, actions, deadline, recordedAt: ahead, finishedAt: ahead }];
      await admission.restore(known, { ...program, policies: [of] }, start + 1_000);
      const settling = 'settling: up acted on payment, which settles until 12:01:06 (1ms left)';
      await judge(admission, of, { at: 60_999, sizes: { payment: 101 }, verdict: settling });
      await judge(admission, of, { at: 61_000, sizes: { payment: 101 }, verdict: 'admitted' });
    });
  });
}
