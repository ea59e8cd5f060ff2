// The verdicts that every admission must give, as a table: what happens in order, and what is said to each proposal.

import type { ActionMeta, PolicyMeta } from '../../runtime/contract.ts';
import type { Control, ControlSnapshot } from '../../runtime/ledger/control-store.ts';
import { action, policy, start } from './fixtures.ts';

const s = 1_000;
const m = 60 * s;
const h = 60 * m;

export interface Step {
  readonly policy?: PolicyMeta;
  readonly key?: string;
  readonly tags?: Record<string, string>;
  /** Event time, ms after the start. */
  readonly at: number;
  /** When it is judged; the event's time when left out. */
  readonly now?: number;
  /** Members of the fleets, read at that moment; `readAt` where it was another one. */
  readonly sizes?: Readonly<Record<string, number>>;
  readonly readAt?: number;
  readonly inTransition?: boolean;
  readonly overtimeMs?: number;
  readonly controls?: ControlSnapshot;
  /** The outcome, or the refusal's whole reason. */
  readonly verdict: string | RegExp;
  readonly settle?: 'commit' | 'release' | 'both';
  /** When its actions ended, ms after the start; `none`: none was done. */
  readonly finished?: number | 'none';
}

const onPayment: ActionMeta['target'] = { kind: 'fleet', fleet: 'payment' };
const onShop: ActionMeta['target'] = { kind: 'fleet', fleet: 'shop' };
const scales = (name: string, by: number, changes: Partial<PolicyMeta> = {}, target = onPayment): PolicyMeta =>
  policy({ name, actions: [action(name, target, { by })], settleMs: 0, ...changes });
const up = scales('scale_up', 2);
const down = scales('scale_down', 1);
const settlingUp = scales('scale_up', 2, { settleMs: m });
const restart = policy({ name: 'restarts', actions: [action('restart', onPayment, {})] });
const breaker = policy({ name: 'breaks', actions: [action('circuit_break', onPayment, {})] });
const both = policy({
  name: 'both',
  cooldownMs: 5 * m,
  actions: [action('scale_up', onShop, { by: 1 }), action('scale_up', onPayment, { by: 1 })],
});
const patient = scales('scale_up', 1, { name: 'patient', busy: 'wait' });
const tells = policy({ name: 'tells', actions: [action('notify', null, {})] });
const ten = { payment: 10, shop: 10, search: 10 };
const orders = (...given: readonly Partial<Control>[]): ControlSnapshot => ({
  readAt: start,
  controls: given.map((control, id) => ({
    ...{ id, kind: 'pause', scope: { kind: 'global' }, startsAt: start, createdAt: start, expiresAt: null },
    ...{ by: 'ada', reason: 'release', ...control },
  })),
});

const cooled = policy({ cooldownMs: 5 * m });
const limited = policy({ limit: { count: 2, perMs: h } });
const shadow = policy({ mode: 'shadow', cooldownMs: 5 * m });
const lookup = policy({ actions: [action('notify'), action('scale_up', { kind: 'lookup', tag: 'service_id' })] });
const byRegion = policy({ actions: [action('scale_up', { kind: 'lookup', tag: 'region' })] });
const byProto = policy({ actions: [action('scale_up', { kind: 'lookup', tag: '__proto__' })] });
const everything = policy({ cooldownMs: 5 * m, limit: { count: 1, perMs: h }, actions: lookup.actions });
const inCooldown = 'cooldown: acted at 12:00:05, opens again at 12:05:05 (4m 12s left)';

export type AdmissionCase = readonly [name: string, policy: PolicyMeta, steps: readonly Step[]];

/** What depends on decisions alone, and so comes out the same after a rebuild from the ledger before each step. */
export const admissionCases: readonly AdmissionCase[] = [
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
  // The fleet's gates.
  [
    'a size that is not known refuses',
    up,
    [
      {
        at: 0,
        sizes: {},
        verdict: 'inventory: how many members payment has is not known; see whether its provider answers',
      },
    ],
  ],
  [
    'a fleet without members is none to act on',
    restart,
    [
      {
        at: 0,
        sizes: { payment: 0 },
        verdict: 'inventory: payment has no members: whether it is empty or can’t be seen, nobody can tell',
      },
    ],
  ],
  [
    'a size is young enough up to 30 s, and too old beyond',
    up,
    [
      {
        at: 0,
        sizes: ten,
        readAt: -30 * s - 1,
        verdict: 'inventory: the members of payment were last counted 31s ago, at most 30s may have passed',
      },
      { at: 1, sizes: ten, readAt: 1 - 30 * s, verdict: 'admitted' },
    ],
  ],
  [
    'a fleet at its bound is left alone',
    scales('scale_up', 2, {}, onShop),
    [
      {
        at: 0,
        sizes: { shop: 12 },
        verdict: 'inventory: shop has 12 members, and may have 12',
      },
      { at: 1, sizes: { shop: 11 }, verdict: 'admitted' },
    ],
  ],
  [
    'one action on a fleet at its bound among others is no reason to leave the others',
    policy({ actions: [action('circuit_break', onShop, {}), action('scale_up', onShop, { by: 2 })] }),
    [{ at: 0, sizes: { shop: 12 }, verdict: 'admitted' }],
  ],
  ['what counts no members needs no size', breaker, [{ at: 0, sizes: {}, verdict: 'admitted' }]],
  [
    'members on their way are waited for',
    up,
    [
      {
        at: 0,
        sizes: ten,
        inTransition: true,
        verdict: 'settling: members of payment are coming or going',
      },
    ],
  ],
  [
    'an action that has ended settles, whoever asks, up to and not at its end',
    settlingUp,
    [
      { at: 0, sizes: { payment: 100 }, verdict: 'admitted', finished: 10 * s },
      {
        at: 30 * s,
        policy: breaker,
        verdict: 'settling: scale_up acted on payment, which settles until 12:01:15 (40s left)',
      },
      {
        at: 70 * s - 1,
        policy: breaker,
        verdict: 'settling: scale_up acted on payment, which settles until 12:01:15 (1ms left)',
      },
      { at: 70 * s, policy: breaker, verdict: 'admitted' },
    ],
  ],
  [
    'an action of which nothing was done settles nothing and costs nothing',
    settlingUp,
    [
      { at: 0, sizes: ten, verdict: 'admitted', finished: 'none' },
      { at: 1, sizes: ten, verdict: 'admitted' },
    ],
  ],
  [
    'one action at a time',
    breaker,
    [
      { at: 0, verdict: 'admitted' },
      { at: s, policy: restart, sizes: ten, verdict: 'busy: breaks acts on payment, for 1m at most' },
    ],
  ],
  [
    'an action that never reports its end is over with its deadline and timeouts',
    breaker,
    [
      { at: 0, verdict: 'admitted' },
      { at: 61 * s - 1, policy: restart, sizes: ten, verdict: 'busy: breaks acts on payment, for 1ms at most' },
      { at: 61 * s, policy: restart, sizes: ten, verdict: 'admitted' },
    ],
  ],
  [
    'the budget refuses, and rolls: it is given back when the change has left',
    scales('scale_up', 1),
    [
      { at: 0, sizes: { payment: 10 }, verdict: 'admitted', finished: s },
      { at: m, sizes: { payment: 11 }, verdict: 'admitted', finished: m + s },
      {
        at: 2 * m,
        sizes: { payment: 12 },
        verdict:
          'budget: 1 asked, 2 of the 2 that may be added are used (20% per 5m of payment), the next is free at 12:05:06 (3m 1s left)',
      },
      {
        at: 5 * m + s - 1,
        sizes: { payment: 12 },
        verdict:
          'budget: 1 asked, 2 of the 2 that may be added are used (20% per 5m of payment), the next is free at 12:05:06 (1ms left)',
      },
      { at: 5 * m + s, sizes: { payment: 12 }, verdict: 'admitted' },
    ],
  ],
  [
    'less than one member is none',
    scales('scale_up', 1),
    [
      {
        at: 0,
        sizes: { payment: 4 },
        verdict:
          'budget: 20% per 5m of payment is less than one member; a greater share, with its reason, is written `change at most … because "…"`',
      },
      { at: 1, policy: scales('scale_up', 1, {}, onShop), sizes: { shop: 5 }, verdict: 'admitted' },
    ],
  ],
  [
    'a step that is greater than the budget is never let through',
    scales('scale_down', 3),
    [
      {
        at: 0,
        sizes: ten,
        verdict:
          'budget: 3 asked, 0 of the 2 that may be taken out are used (20% per 5m of payment); that is never enough',
      },
    ],
  ],
  [
    'a restart takes members out, as many as it may at a time',
    policy({ name: 'restarts', actions: [action('restart', onPayment, { atMost: 0.3 })] }),
    [
      {
        at: 0,
        sizes: ten,
        verdict:
          'budget: 3 asked, 0 of the 2 that may be taken out are used (20% per 5m of payment); that is never enough',
      },
    ],
  ],
  [
    'members that go and members that come have budgets of their own',
    scales('scale_down', 2),
    [
      { at: 0, sizes: { payment: 10 }, verdict: 'admitted', finished: 0 },
      {
        at: s,
        policy: restart,
        sizes: { payment: 8 },
        verdict: /^budget: 1 asked, 2 of the \d that may be taken out are used/,
      },
      {
        at: 2 * s,
        policy: { ...up, actions: [action('scale_up', onPayment, { by: 1 })], priority: 1 },
        sizes: { payment: 8 },
        verdict: 'admitted',
      },
    ],
  ],
  [
    'the other direction is locked out for as long as the budget looks back',
    up,
    [
      { at: 0, sizes: { payment: 10 }, verdict: 'admitted', finished: s },
      {
        at: m,
        policy: down,
        sizes: { payment: 12 },
        verdict: 'opposite: scale_up scales payment up, down is locked out until 12:05:06 (4m 1s left)',
      },
      { at: 5 * m + s, policy: down, sizes: { payment: 12 }, verdict: 'admitted' },
    ],
  ],
  [
    'a higher priority waits for the settling alone, the same does not',
    settlingUp,
    [
      { at: 0, sizes: { payment: 10 }, verdict: 'admitted', finished: 0 },
      {
        at: 30 * s,
        policy: { ...down, priority: 1 },
        sizes: { payment: 12 },
        verdict: 'settling: scale_up acted on payment, which settles until 12:01:05 (30s left)',
      },
      {
        at: m,
        policy: down,
        sizes: { payment: 12 },
        verdict: 'opposite: scale_up scales payment up, down is locked out until 12:05:05 (4m left)',
      },
      { at: m + 1, policy: { ...down, priority: 1 }, sizes: { payment: 12 }, verdict: 'admitted' },
    ],
  ],
  [
    'what is under way in the other direction is told as such',
    up,
    [
      { at: 0, sizes: { payment: 10 }, verdict: 'admitted' },
      {
        at: s,
        policy: down,
        sizes: { payment: 10 },
        verdict: 'opposite: scale_up scales payment up at this moment, down is locked out',
      },
      {
        at: 2 * s,
        policy: { ...down, priority: 1 },
        sizes: { payment: 10 },
        verdict: 'busy: scale_up acts on payment, for 59s at most',
      },
    ],
  ],
  [
    'several fleets are asked in order of names, and none is held when one refuses',
    breaker,
    [
      { at: 0, policy: scales('scale_up', 1, { name: 'shop' }, onShop), sizes: ten, verdict: 'admitted' },
      { at: 1, policy: both, sizes: ten, verdict: 'busy: shop acts on shop, for 1m 1s at most' },
      { at: 2, verdict: 'admitted' },
      { at: 3, policy: both, sizes: ten, verdict: 'busy: breaks acts on payment, for 1m 1s at most' },
      { at: 1, policy: both, now: 4, sizes: ten, verdict: 'busy: shop acts on shop, for 1m 1s at most' },
    ],
  ],
  [
    'a released reservation frees its fleet',
    up,
    [
      { at: 0, sizes: ten, verdict: 'admitted', settle: 'release' },
      { at: 1, sizes: ten, verdict: 'admitted' },
    ],
  ],
  [
    'a committed one does not',
    up,
    [
      { at: 0, sizes: ten, verdict: 'admitted', settle: 'both' },
      { at: 1, sizes: ten, verdict: /^budget: 2 asked, 2 of the 2 / },
    ],
  ],
  [
    'a waiting approval holds no fleet',
    { ...up, mode: 'approve' },
    [
      { at: 0, sizes: ten, verdict: 'awaiting_approval' },
      { at: 1, policy: down, sizes: ten, verdict: 'admitted' },
    ],
  ],
  [
    'what was only thought holds back what is thought alone',
    { ...settlingUp, mode: 'shadow' },
    [
      { at: 0, sizes: ten, verdict: 'shadowed' },
      { at: s, sizes: ten, verdict: 'settling: scale_up acted on payment, which settles until 12:01:05 (59s left)' },
      { at: 2 * s, policy: { ...up, name: 'real' }, sizes: ten, verdict: 'admitted' },
    ],
  ],
  [
    'a cooldown holds for a key wherever its fleet is looked up',
    policy({ cooldownMs: 5 * m, actions: [action('scale_up', { kind: 'lookup', tag: 'region' }, { by: 1 })] }),
    [
      { at: 0, tags: { region: 'eu-west-1' }, verdict: 'admitted' },
      { at: 48 * s, tags: { region: 'shop-service' }, sizes: ten, verdict: inCooldown },
    ],
  ],
  // People, and the engine itself.
  [
    'the kill switch stops everything but telling people, up to its end',
    up,
    [
      {
        at: 0,
        controls: orders({ expiresAt: start + s }),
        verdict: 'paused: ada pulled the kill switch at 12:00:05, until 12:00:06 (release)',
      },
      { at: 1, policy: tells, verdict: 'admitted' },
      { at: s - 1, verdict: 'paused: ada pulled the kill switch at 12:00:05, until 12:00:06 (release)' },
      { at: s, verdict: 'admitted' },
    ],
  ],
  [
    'a pause is of a policy, a fleet, a direction',
    up,
    [
      {
        at: 0,
        controls: orders({ scope: { kind: 'policy', policy: 'scale_up' } }, {}),
        verdict: 'paused: ada paused policy scale_up at 12:00:05, until it is resumed (release)',
      },
      {
        at: 1,
        controls: orders({ scope: { kind: 'fleet', fleet: 'payment' } }),
        verdict: 'paused: ada paused fleet payment at 12:00:05, until it is resumed (release)',
      },
      {
        at: 2,
        controls: orders({ scope: { kind: 'direction', direction: 'up' } }),
        verdict: 'paused: ada paused scaling up at 12:00:05, until it is resumed (release)',
      },
      { at: 3, policy: down, verdict: 'admitted', settle: 'release' },
      {
        at: 4,
        policy: tells,
        controls: orders({ scope: { kind: 'policy', policy: 'tells' }, reason: '' }),
        verdict: 'paused: ada paused policy tells at 12:00:05, until it is resumed',
      },
      { at: 5, controls: orders({ scope: { kind: 'fleet', fleet: 'shop' } }), verdict: 'admitted' },
    ],
  ],
  [
    'a silence has a beginning and an end, and silences messages too',
    tells,
    [
      {
        at: s,
        controls: { ...orders({ kind: 'silence', startsAt: start + s, expiresAt: start + m }), readAt: start + s },
        verdict: 'silenced: silence by ada until 12:01:05 (release)',
      },
      { at: m, verdict: 'admitted' },
      { at: m - 1, verdict: 'silenced: silence by ada until 12:01:05 (release)' },
    ],
  ],
  [
    'a maintenance window is told as such, and may be of a fleet',
    up,
    [
      {
        at: 0,
        controls: orders({
          kind: 'maintenance',
          scope: { kind: 'fleet', fleet: 'payment' },
          expiresAt: start + m,
          reason: '',
        }),
        verdict: 'silenced: maintenance by ada until 12:01:05',
      },
      { at: 1, policy: tells, verdict: 'admitted' },
    ],
  ],
  [
    'orders end by the ledger’s clock, whatever the engine’s says',
    up,
    [
      {
        at: 0,
        controls: { ...orders({ startsAt: start + 60 * m, expiresAt: start + 61 * m }), readAt: start + 60 * m },
        verdict: 'paused: ada pulled the kill switch at 12:00:05, until 13:01:05 (release)',
      },
      { at: s, controls: orders(), verdict: 'admitted' },
    ],
  ],
  [
    'orders that can’t be read stop everything but telling people',
    up,
    [
      { at: 0, controls: orders(), verdict: 'admitted', settle: 'release' },
      { at: 10 * s, verdict: 'admitted', settle: 'release' },
      {
        at: 10 * s + 1,
        verdict: 'unavailable: pauses and silences could not be read for 11s; see whether the ledger answers',
      },
      { at: 11 * s, policy: tells, verdict: 'admitted' },
    ],
  ],
  [
    'an engine that is behind leaves it alone, and tells people',
    up,
    [
      {
        at: 0,
        overtimeMs: 61.2,
        verdict:
          'overtime: 62 ms from the event’s receipt to the proposal, more than the engine may take; give it fewer partitions or more time',
      },
      { at: 1, policy: tells, overtimeMs: 61.2, verdict: 'admitted' },
    ],
  ],
];

/** What also depends on sizes that were read, and on who waits: a rebuild begins these anew. */
export const liveCases: readonly AdmissionCase[] = [
  [
    'a size that was read before the last change ended is none to build on',
    up,
    [
      { at: 0, sizes: { payment: 100 }, verdict: 'admitted', finished: 10 * s },
      {
        at: 20 * s,
        sizes: { payment: 100 },
        readAt: 9 * s,
        verdict: 'settling: the members of payment have not been counted since its last change',
      },
      { at: 21 * s, sizes: { payment: 102 }, readAt: 10 * s, verdict: 'admitted' },
    ],
  ],
  [
    'changes that others make count too',
    scales('scale_up', 1),
    [
      { at: 0, sizes: { payment: 10 }, verdict: 'admitted', finished: 0 },
      {
        at: s,
        sizes: { payment: 12 },
        verdict:
          'budget: 1 asked, 2 of the 2 that may be added are used (20% per 5m of payment), the next is free at 12:05:05 (4m 59s left)',
      },
      { at: 5 * m, sizes: { payment: 12 }, verdict: /^budget: 1 asked, 1 of the 1 |^admitted$/ },
    ],
  ],
  [
    'the budget is a share of the members when its time began',
    scales('scale_up', 2),
    [
      { at: 0, sizes: { payment: 10 }, verdict: 'admitted', finished: 0, settle: 'commit' },
      { at: 5 * m, sizes: { payment: 12 }, verdict: 'admitted', finished: 5 * m },
    ],
  ],
  [
    'growth after shrinking is measured without what has gone',
    scales('scale_down', 2),
    [
      { at: 0, sizes: { payment: 10 }, verdict: 'admitted', finished: 0 },
      {
        at: m,
        policy: { ...up, priority: 1 },
        sizes: { payment: 8 },
        verdict: 'budget: 2 asked, 0 of the 1 that may be added are used (20% per 5m of payment); that is never enough',
      },
    ],
  ],
  [
    'who may wait stands in line until its fleet is free and settled',
    settlingUp,
    [
      { at: 0, sizes: { payment: 100 }, verdict: 'admitted', finished: 20 * s },
      {
        at: s,
        policy: patient,
        sizes: { payment: 100 },
        verdict:
          'settling: scale_up acted on payment, which settles until 12:01:25 (1m 19s left); waits in line, 0 before it',
      },
      { at: 2 * s, policy: patient, now: 61 * s, sizes: { payment: 102 }, verdict: /./ },
    ],
  ],
];
