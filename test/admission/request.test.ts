// What admission is asked: sizes resolved once, costs of each fleet's budget; and the sizes that a replay assumes.

import { describe, expect, it, test } from 'vitest';
import { admissionRequest, fleetsToSize } from '../../runtime/admission/request.ts';
import type { ActionMeta, FleetMeta, ProgramMeta } from '../../runtime/contract.ts';
import { assumedMembers } from '../../runtime/replay-fleets.ts';
import { action, policy, program, proposal, sizesAt, start } from './fixtures.ts';

const payment = { kind: 'fleet', fleet: 'payment' } as const;
const shop = { kind: 'fleet', fleet: 'shop' } as const;
const budget = (members: number) => ({ share: 0.2, perMs: 300_000, members });

function asked(actions: readonly ActionMeta[], members = 10) {
  return admissionRequest(proposal(policy({ actions }), start), program, sizesAt(start, members));
}

describe('a request', () => {
  it('goes from one action of a fleet to the next, and never holds a delta', () => {
    const { actions, targets } = asked([
      action('scale_up', payment, { by: 2 }),
      action('circuit_break', payment, {}),
      action('scale_up', payment, { by: 1 }),
    ]);
    expect(actions.map(({ change }) => change)).toEqual([{ from: 10, to: 12 }, null, { from: 12, to: 13 }]);
    expect(actions.map((planned) => planned.budget)).toEqual([budget(2), undefined, budget(1)]);
    expect(targets).toMatchObject([
      { change: { from: 10, to: 13 }, direction: 'up', grows: 3, shrinks: 0, idle: null },
    ]);
  });

  it('stays within the declared size, and says when nothing would change', () => {
    const one = asked([action('scale_up', shop, { by: 5 })], 10);
    expect(one.targets).toMatchObject([{ change: { from: 10, to: 12 }, grows: 2, idle: null }]);
    const none = asked([action('scale_up', shop, { by: 5 })], 12);
    expect(none.targets).toMatchObject([
      { change: { from: 12, to: 12 }, idle: 'shop has 12 members, and may have 12' },
    ]);
    expect(none.actions[0]).toMatchObject({ change: { from: 12, to: 12 }, budget: { members: 0 } });
  });

  test.each([
    [{}, 10, 2],
    [{}, 4, 1],
    [{ atMost: 0.35 }, 10, 3],
    [{ atMost: 1 }, 7, 7],
  ])('a restart with %j of %i members takes out %i at a time', (args, members, out) => {
    const { actions, targets } = asked([action('restart', payment, args)], members);
    expect(actions[0]).toMatchObject({ change: null, budget: { members: out } });
    expect(targets).toMatchObject([{ direction: 'none', grows: 0, shrinks: out, counts: true, idle: null }]);
  });

  it('names each fleet once, in order of names, and asks sizes of those that count members alone', () => {
    const actions = [
      action('scale_down', shop),
      action('circuit_break', { kind: 'fleet', fleet: 'search' }, {}),
      action('restart', payment, {}),
      action('scale_up', { kind: 'fleet', fleet: 'gone' }),
      action('notify', null, {}),
    ];
    expect(asked(actions).targets.map(({ fleet }) => fleet.name)).toEqual(['payment', 'search', 'shop']);
    expect(fleetsToSize(proposal(policy({ actions }), start), program).map(({ name }) => name)).toEqual([
      'payment',
      'shop',
    ]);
  });

  it('only tells where nothing else is asked', () => {
    expect(asked([action('notify', null, {}), action('open_incident', null, {})]).tellsOnly).toBe(true);
    expect(asked([action('notify', null, {}), action('webhook', null, {})]).tellsOnly).toBe(false);
    expect(asked([action('circuit_break', payment, {})]).tellsOnly).toBe(false);
  });

  it('knows how long it may take: every attempt, and the pauses between', () => {
    const slow = { ...action('scale_up', payment), timeoutMs: 5_000, retry: 2 };
    expect(asked([slow, action('notify', null, {})]).runMs).toBe(3 * 5_000 + 2 * 10_000 + 1_000);
    expect(asked([slow]).deadline).toBe(start + 60_000);
  });
});

describe('members that a replay assumes', () => {
  const fleet = (size: FleetMeta['size'], share = 0.2): FleetMeta => ({
    ...{ name: 'payment', service: null, size, resources: [] },
    change: { share, perMs: 300_000 },
  });
  const of = (...actions: readonly ActionMeta[]): ProgramMeta => ({ ...program, policies: [policy({ actions })] });
  const up = (by: number) => action('scale_up', payment, { by });

  test.each([
    ['the middle', fleet({ min: 10, max: 41 }), of(up(1)), 25],
    ['more where a step needs it', fleet({ min: 2, max: 20 }), of(up(3)), 15],
    ['the middle where no number does', fleet({ min: 2, max: 6 }), of(up(3)), 4],
    ['without a size as many as a step needs', fleet(null), of(up(2)), 10],
    ['without a step one', fleet(null), of(action('circuit_break', payment, {})), 1],
    ['a restart needs one member’s share', fleet(null, 0.5), of(action('restart', payment, {})), 2],
    [
      'not the very size that is asked for',
      fleet({ min: 8, max: 12 }),
      of(action('scale_to', payment, { size: 10 })),
      11,
    ],
  ])('%s', (_what, on, in_, members) => {
    expect(assumedMembers(on, in_)).toBe(members);
  });
});
