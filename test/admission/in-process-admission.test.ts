// The contract in process, and what only this adapter promises: bounds on its memory.

import { describe, expect, it } from 'vitest';
import { admissionHorizonMs } from '../../runtime/admission/admission.ts';
import { gates } from '../../runtime/admission/gates/index.ts';
import { InProcessAdmission } from '../../runtime/admission/in-process-admission.ts';
import { durationText } from '../../runtime/admission/wording.ts';
import { gateNames } from '../../runtime/decision.ts';
import { admissionContract } from './admission-contract.ts';
import { policy, program, request, start } from './fixtures.ts';

admissionContract('in process', async () => new InProcessAdmission());

describe('memory', () => {
  it('forgets keys and verdicts that can’t matter any more', () => {
    const admission = new InProcessAdmission();
    const cooled = policy({ cooldownMs: 10_000, maxAgeMs: 5_000 });
    for (let index = 0; index < 200_000; index++) {
      const at = start + index * 10;
      expect(admission.judgeSync(request(cooled, at, `key-${index}`), at).outcome).toBe('admitted');
    }
    // 15 s at 100 a second, and what the sweep has not come by yet.
    expect(admission.size.keys).toBeLessThan(3_000);
    expect(admission.size.verdicts).toBeLessThan(3_000);
  });

  it('keeps no more acts of a key than its limit looks at', () => {
    const admission = new InProcessAdmission();
    const limited = policy({ limit: { count: 3, perMs: 100 } });
    let admitted = 0;
    for (let at = start; at < start + 10_000; at++) {
      if (admission.judgeSync(request(limited, at), at).outcome === 'admitted') admitted++;
    }
    expect(admitted).toBe(300);
    expect(admission.size.keys).toBe(1);
  });

  it('refuses rather than forgets when there are too many keys', () => {
    const admission = new InProcessAdmission({ keysMax: 100, verdictsMax: 50 });
    const cooled = policy({ cooldownMs: 10_000, maxAgeMs: 0 });
    const outcomes = Array.from({ length: 150 }, (_, index) =>
      admission.judgeSync(request(cooled, start + index, `key-${index}`), start + index),
    );
    expect(outcomes.filter((verdict) => verdict.outcome === 'admitted')).toHaveLength(100);
    expect(outcomes.at(-1)).toMatchObject({
      gate: 'limit',
      reason: expect.stringContaining('100 policy-and-key pairs'),
    });
    expect(admission.size).toEqual({ keys: 100, verdicts: 50, waiting: 0 });
    const later = start + 20_000;
    expect(admission.judgeSync(request(cooled, later, 'new'), later).outcome).toBe('admitted');
    expect(admission.size.keys).toBe(1);
  });
});

it('asks the gates in the order of the language', () => {
  expect(gates.map((gate) => gate.name)).toEqual(gateNames);
  for (const gate of gates) expect(gate.law).toMatch(/\.$/);
});

it('knows how far back verdicts can depend', () => {
  expect(admissionHorizonMs({ policies: [], fleets: program.fleets })).toBe(0);
  const policies = [
    policy({ cooldownMs: 500, maxAgeMs: 100 }),
    policy({ limit: { count: 1, perMs: 900 }, maxAgeMs: 50 }),
  ];
  expect(admissionHorizonMs({ policies, fleets: [] })).toBe(950);
  // Waited up to its age, was carried out for a second, and 5 minutes later leaves the fleet's budget.
  expect(admissionHorizonMs({ policies, fleets: program.fleets })).toBe(100 + 1_000 + 300_000);
});

it.each([
  [0, '0ms'],
  [999, '999ms'],
  [1_001, '2s'],
  [59_999, '1m'],
  [252_000, '4m 12s'],
  [3_600_000, '1h'],
  [3_605_000, '1h'],
  [90_061_000, '1d 1h'],
  [Number.POSITIVE_INFINITY, 'for ever'],
])('%d ms reads as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
