// The verdicts that every admission must give, as a table: proposals in, verdicts out. An adapter's test calls this
// with a way to make one.

import { describe, expect, it } from 'vitest';
import type { Admission, PastDecision } from '../../runtime/admission/admission.ts';
import type { PolicyMeta, ProgramMeta } from '../../runtime/contract.ts';
import { decisionId } from '../../runtime/decision.ts';
import { action, policy, program, proposal, start } from './fixtures.ts';

const s = 1_000;
const m = 60 * s;
const h = 60 * m;

interface Step {
  readonly policy?: PolicyMeta;
  readonly key?: string;
  readonly tags?: Record<string, string>;
  /** Event time, ms after the start. */
  readonly at: number;
  /** When it is judged; the event's time when left out. */
  readonly now?: number;
  /** The outcome, or the refusal's whole reason. */
  readonly verdict: string;
  readonly settle?: 'commit' | 'release' | 'both';
}

const cooled = policy({ cooldownMs: 5 * m });
const limited = policy({ limit: { count: 2, perMs: h } });
const shadow = policy({ mode: 'shadow', cooldownMs: 5 * m });
const lookup = policy({ actions: [action('notify'), action('scale_up', { kind: 'lookup', tag: 'service_id' })] });
const byRegion = policy({ actions: [action('scale_up', { kind: 'lookup', tag: 'region' })] });
const byProto = policy({ actions: [action('scale_up', { kind: 'lookup', tag: '__proto__' })] });
const everything = policy({ cooldownMs: 5 * m, limit: { count: 1, perMs: h }, actions: lookup.actions });
const inCooldown = 'cooldown: acted at 12:00:05, opens again at 12:05:05 (4m 12s left)';

export const admissionCases: readonly (readonly [string, PolicyMeta, readonly Step[]])[] = [
  ['mode enforce admits', policy(), [{ at: 0, verdict: 'admitted' }]],
  ['mode approve asks a person', policy({ mode: 'approve' }), [{ at: 0, verdict: 'awaiting_approval' }]],
  ['mode shadow only judges', shadow, [{ at: 0, verdict: 'shadowed' }]],
  [
    'nothing bounds a policy without cooldown and limit',
    policy(),
    [
      { at: 0, verdict: 'admitted' },
      { at: 1, verdict: 'admitted' },
    ],
  ],
  ['an event is young enough up to its age', policy(), [{ at: 0, now: m, verdict: 'admitted' }]],
  [
    'an event is stale beyond it',
    policy(),
    [{ at: 0, now: m + 1, verdict: 'stale: the event is 1m 1s old, the policy acts on events up to 1m old' }],
  ],
  ['an event from the future is not stale', policy(), [{ at: 10 * s, now: 0, verdict: 'admitted' }]],
  [
    'a cooldown refuses and says until when',
    cooled,
    [
      { at: 0, verdict: 'admitted' },
      { at: 48 * s, verdict: inCooldown },
    ],
  ],
  [
    'a cooldown is over at its very end',
    cooled,
    [
      { at: 0, verdict: 'admitted' },
      { at: 5 * m - 1, verdict: 'cooldown: acted at 12:00:05, opens again at 12:05:05 (1ms left)' },
      { at: 5 * m, verdict: 'admitted' },
      { at: 5 * m + 1, verdict: 'cooldown: acted at 12:05:05, opens again at 12:10:05 (5m left)' },
    ],
  ],
  [
    'a refusal does not lengthen a cooldown',
    cooled,
    [
      { at: 0, verdict: 'admitted' },
      { at: 48 * s, verdict: inCooldown },
      { at: 5 * m, verdict: 'admitted' },
    ],
  ],
  [
    'a cooldown counts event time, not delay',
    cooled,
    [
      { at: 0, now: 30 * s, verdict: 'admitted' },
      { at: 5 * m, now: 5 * m, verdict: 'admitted' },
    ],
  ],
  [
    'a cooldown over midnight names the day',
    policy({ cooldownMs: 24 * h }),
    [
      { at: 0, verdict: 'admitted' },
      { at: 13 * h, verdict: 'cooldown: acted at 2026-03-01 12:00:05, opens again at 12:00:05 (11h left)' },
    ],
  ],
  [
    'a late event is inside the cooldown of a later one',
    cooled,
    [
      { at: 30 * s, verdict: 'admitted' },
      { at: 0, verdict: 'cooldown: acted at 12:00:35, opens again at 12:05:35 (5m 30s left)' },
    ],
  ],
  [
    'keys have their own cooldown',
    cooled,
    [
      { at: 0, verdict: 'admitted' },
      { at: 1, key: 'search', verdict: 'admitted' },
    ],
  ],
  [
    'policies have their own cooldown',
    cooled,
    [
      { at: 0, verdict: 'admitted' },
      { at: 1, policy: policy({ name: 'q', cooldownMs: 5 * m }), verdict: 'admitted' },
    ],
  ],
  [
    'names and keys are never confused',
    policy({ name: 'a', cooldownMs: h }),
    [
      { at: 0, key: 'b\0c', verdict: 'admitted' },
      { at: 1, key: '__proto__', verdict: 'admitted' },
      { at: 2, key: 'constructor', verdict: 'admitted' },
      { at: 3, key: '', verdict: 'admitted' },
    ],
  ],
  [
    'a cooldown outlives a change of the policy',
    cooled,
    [
      { at: 0, verdict: 'admitted' },
      { at: 48 * s, policy: policy({ cooldownMs: 5 * m, hash: 'another' }), verdict: inCooldown },
    ],
  ],
  [
    'a waiting approval counts as an act',
    policy({ mode: 'approve', cooldownMs: 5 * m }),
    [
      { at: 0, verdict: 'awaiting_approval' },
      { at: 48 * s, verdict: inCooldown },
    ],
  ],
  [
    'shadow has a cooldown too, and says so',
    shadow,
    [
      { at: 0, verdict: 'shadowed' },
      { at: 48 * s, verdict: 'cooldown: would have acted at 12:00:05, opens again at 12:05:05 (4m 12s left)' },
    ],
  ],
  [
    'shadow does not hold back what is real',
    shadow,
    [
      { at: 0, verdict: 'shadowed' },
      { at: 1, policy: cooled, verdict: 'admitted' },
    ],
  ],
  [
    'what is real does not hold back shadow',
    cooled,
    [
      { at: 0, verdict: 'admitted' },
      { at: 1, policy: { ...shadow, hash: 'of shadow' }, verdict: 'shadowed' },
    ],
  ],
  [
    'a limit refuses and says until when',
    limited,
    [
      { at: 0, verdict: 'admitted' },
      { at: 10 * m, verdict: 'admitted' },
      { at: 20 * m, verdict: 'limit: acted 2 times in the last 1h (at most 2), opens again at 13:00:05 (40m left)' },
    ],
  ],
  [
    'a limit rolls: no boundary lets twice as much through',
    limited,
    [
      { at: 59 * m, verdict: 'admitted' },
      { at: 59 * m + s, verdict: 'admitted' },
      { at: 61 * m, verdict: 'limit: acted 2 times in the last 1h (at most 2), opens again at 13:59:05 (58m left)' },
      {
        at: 119 * m - 1,
        verdict: 'limit: acted 2 times in the last 1h (at most 2), opens again at 13:59:05 (1ms left)',
      },
      { at: 119 * m, verdict: 'admitted' },
      {
        at: 119 * m + 1,
        verdict: 'limit: acted 2 times in the last 1h (at most 2), opens again at 13:59:06 (999ms left)',
      },
    ],
  ],
  [
    'a limit of one',
    policy({ limit: { count: 1, perMs: h } }),
    [
      { at: 0, verdict: 'admitted' },
      { at: 1, verdict: 'limit: acted 1 time in the last 1h (at most 1), opens again at 13:00:05 (1h left)' },
    ],
  ],
  [
    'a limit of nothing never opens',
    policy({ limit: { count: 0, perMs: h } }),
    [{ at: 0, verdict: 'limit: acted 0 times in the last 1h (at most 0), never opens' }],
  ],
  [
    'keys have their own limit',
    policy({ limit: { count: 1, perMs: h } }),
    [
      { at: 0, verdict: 'admitted' },
      { at: 1, key: 'search', verdict: 'admitted' },
    ],
  ],
  ['a target is found by the key', lookup, [{ at: 0, verdict: 'admitted' }]],
  ['a target is found by a tag', byRegion, [{ at: 0, tags: { region: 'eu-west-1' }, verdict: 'admitted' }]],
  [
    'a value without a fleet is named',
    lookup,
    [
      {
        at: 0,
        key: 'cart "1"',
        verdict: 'unknown target: no fleet is declared with service "cart \\"1\\"" (scale_up, fleet of service_id)',
      },
    ],
  ],
  [
    'a fleet’s name is not its service',
    lookup,
    [
      {
        at: 0,
        key: 'search',
        verdict: 'unknown target: no fleet is declared with service "search" (scale_up, fleet of service_id)',
      },
    ],
  ],
  [
    'a row without the tag has no target',
    byRegion,
    [{ at: 0, verdict: 'unknown target: scale_up looks for a fleet by region, which the event does not carry' }],
  ],
  [
    'a tag with an evil name is only a name',
    byProto,
    [{ at: 0, verdict: 'unknown target: scale_up looks for a fleet by __proto__, which the event does not carry' }],
  ],
  [
    'a named fleet that is gone is refused',
    policy({ actions: [action('restart', { kind: 'fleet', fleet: 'gone' })] }),
    [{ at: 0, verdict: 'unknown target: restart names the fleet "gone", which is not declared' }],
  ],
  [
    'an unknown target consumes nothing',
    { ...cooled, actions: lookup.actions },
    [
      {
        at: 0,
        key: 'cart',
        verdict: 'unknown target: no fleet is declared with service "cart" (scale_up, fleet of service_id)',
      },
    ],
  ],
  [
    'the first gate that refuses is named: stale',
    everything,
    [
      { at: 0, verdict: 'admitted' },
      { at: 1, now: 2 * m, verdict: 'stale: the event is 2m old, the policy acts on events up to 1m old' },
    ],
  ],
  [
    'the first gate that refuses is named: cooldown',
    everything,
    [
      { at: 0, verdict: 'admitted' },
      { at: 48 * s, verdict: inCooldown },
      { at: 6 * m, verdict: 'limit: acted 1 time in the last 1h (at most 1), opens again at 13:00:05 (54m left)' },
    ],
  ],
  [
    'the same decision gets the same verdict',
    cooled,
    [
      { at: 0, verdict: 'admitted' },
      { at: 48 * s, verdict: inCooldown },
      { at: 0, now: 50 * s, verdict: 'admitted' },
      { at: 48 * s, now: 50 * s, verdict: inCooldown },
      { at: 5 * m, verdict: 'admitted' },
    ],
  ],
  [
    'a released reservation is given back',
    cooled,
    [
      { at: 0, verdict: 'admitted', settle: 'release' },
      { at: 1, verdict: 'admitted' },
      { at: 0, verdict: 'cooldown: acted at 12:00:05.001, opens again at 12:05:05.001 (5m 1s left)' },
    ],
  ],
  [
    'a committed one is not',
    cooled,
    [
      { at: 0, verdict: 'admitted', settle: 'both' },
      { at: 48 * s, verdict: inCooldown },
    ],
  ],
];

export function admissionContract(name: string, make: (program: ProgramMeta) => Promise<Admission>): void {
  describe(`${name}: admission`, () => {
    it.each(admissionCases)('%s', async (_name, of, steps) => {
      const admission = await make(program);
      for (const step of steps) {
        const asked = proposal(step.policy ?? of, start + step.at, step.key, step.tags);
        const verdict = await admission.judge(asked, start + (step.now ?? step.at));
        expect(verdict.reason ?? verdict.outcome).toBe(step.verdict);
        expect(verdict.outcome === 'refused').toBe(verdict.gate !== null);
        expect(verdict.id).toBe(decisionId(asked.policy.hash, asked.key, asked.at, 0));
        if (step.settle === 'commit' || step.settle === 'both') await admission.commit(verdict.id);
        if (step.settle === 'release' || step.settle === 'both') await admission.release(verdict.id);
      }
    });

    it.each(admissionCases)('after a restart: %s', async (_name, of, steps) => {
      const past: PastDecision[] = [];
      const policies = [of, ...steps.flatMap((step) => (step.policy === undefined ? [] : [step.policy]))];
      for (const step of steps) {
        // A new admission before each step, told of all decisions so far.
        const admission = await make(program);
        const now = start + (step.now ?? step.at);
        await admission.restore(past, [...new Map(policies.map((one) => [one.name, one])).values()], now);
        const asked = proposal(step.policy ?? of, start + step.at, step.key, step.tags);
        const verdict = await admission.judge(asked, now);
        expect(verdict.reason ?? verdict.outcome).toBe(step.verdict);
        if (step.settle === 'release') continue;
        if (past.every((one) => one.id !== verdict.id))
          past.push({ ...verdict, policy: asked.policy.name, key: asked.key, at: asked.at });
      }
    });

    it('looks fleets up in the program that it was last given', async () => {
      const admission = await make({ ...program, fleets: [] });
      expect(await admission.judge(proposal(lookup, start), start)).toMatchObject({ gate: 'unknown-target' });
      await Promise.resolve(admission.useProgram(program));
      expect(await admission.judge(proposal(lookup, start + 1), start + 1)).toMatchObject({ outcome: 'admitted' });
    });
  });
}
