// Both adapters against the model and against one another, on random courses of proposals, ends, releases and time: the
// same verdicts, to the last word.

import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { Admission, AdmissionRequest } from '../../runtime/admission/admission.ts';
import { InProcessAdmission } from '../../runtime/admission/in-process-admission.ts';
import { RedisAdmission } from '../../runtime/admission/redis-admission.ts';
import { admissionRequest } from '../../runtime/admission/request.ts';
import type { PolicyMeta, ProgramMeta } from '../../runtime/contract.ts';
import { openRedis, type RedisPort } from '../../runtime/ports/redis.ts';
import { ownName, sharedRedis } from '../services/shared.ts';
import { action, program as base, policy, proposal, start } from './fixtures.ts';
import { Model } from './model.ts';

const s = 1_000;
const on = (fleet: string) => ({ kind: 'fleet', fleet }) as const;
const named = (name: string, changes: Partial<PolicyMeta>): PolicyMeta =>
  policy({ name, maxAgeMs: 30 * s, ...changes });

const policies: readonly PolicyMeta[] = [
  named('grows', {
    cooldownMs: 5 * s,
    limit: { count: 2, perMs: 90 * s },
    actions: [action('scale_up', on('payment'))],
  }),
  named('leaps', { settleMs: 20 * s, priority: 1, actions: [action('scale_up', on('payment'), { by: 3 })] }),
  named('shrinks', { actions: [action('scale_down', on('payment'))] }),
  named('urgent', { priority: 5, settleMs: 3 * s, actions: [action('scale_down', on('payment'))] }),
  named('patient', { priority: 2, busy: 'wait', actions: [action('restart', on('payment'), { atMost: 0.05 })] }),
  named('first', { priority: 3, busy: 'wait', actions: [action('circuit_break', on('payment'), {})] }),
  named('both', { cooldownMs: 3 * s, actions: [action('scale_up', on('payment')), action('scale_up', on('shop'))] }),
  named('thought', { mode: 'shadow', settleMs: 4 * s, actions: [action('scale_up', on('shop'))] }),
  named('asked', { mode: 'approve', cooldownMs: 10 * s, actions: [action('scale_up', on('shop'))] }),
  named('sets', { actions: [action('scale_to', on('shop'), { size: 22 })] }),
  named('tells', { cooldownMs: 4 * s, limit: { count: 2, perMs: 90 * s } }),
];

const program: ProgramMeta = {
  ...base,
  policies,
  fleets: base.fleets.map((fleet) => ({ ...fleet, size: null, change: { share: 0.2, perMs: 60 * s } })),
};

class World {
  now = start;
  readonly model = new Model();
  readonly members = new Map([
    ['payment', 20],
    ['shop', 21],
  ]);
  /** In the order in which they were asked first. */
  readonly asked: AdmissionRequest[] = [];
}

interface Adapters {
  readonly inProcess: Admission;
  readonly redis: Admission;
}

type Command = fc.AsyncCommand<World, Adapters>;

interface Asking {
  readonly policy: PolicyMeta;
  readonly key: string;
  readonly readMsAgo: number;
  readonly inTransition: boolean;
  readonly external: number;
}

/** Gates and outcomes that came up: what never does is not tested. */
const seen = new Set<string>();

async function ask(world: World, adapters: Adapters, request: AdmissionRequest): Promise<void> {
  const expected = world.model.judge(request, world.now);
  const [one, other] = [
    await adapters.inProcess.judge(request, world.now),
    await adapters.redis.judge(request, world.now),
  ];
  seen.add(one.outcome === 'refused' ? `${one.gate}` : one.outcome);
  expect(other).toEqual(one);
  expect({ outcome: one.outcome, gate: one.gate }).toEqual({ outcome: expected.outcome, gate: expected.gate });
}

function requestNow(world: World, asking: Asking, at: number): AdmissionRequest {
  const sizes = new Map(
    [...world.members].map(([name, members]) => [
      name,
      { members, at: world.now - asking.readMsAgo, inTransition: asking.inTransition },
    ]),
  );
  return admissionRequest(proposal(asking.policy, at, asking.key), program, sizes);
}

const check = () => true;

const judge = (asking: Asking): Command => ({
  check,
  async run(world, adapters) {
    for (const [name, members] of world.members) world.members.set(name, Math.max(5, members + asking.external));
    // No two decisions of a policy and key at one time.
    world.now += 1;
    const request = requestNow(world, asking, world.now);
    world.asked.push(request);
    await ask(world, adapters, request);
  },
  toString: () => `judge ${asking.policy.name} for ${asking.key} (${JSON.stringify({ ...asking, policy: '' })})`,
});

const again = (back: number, fresh: boolean): Command => ({
  check: ({ asked }) => asked.length > back,
  async run(world, adapters) {
    const before = world.asked[world.asked.length - 1 - back] as AdmissionRequest;
    const { policy: of, key, at } = before.proposal;
    // So long every verdict is kept.
    if (world.now - at > of.maxAgeMs && world.model.told.has(before.id)) return;
    const asking = { policy: of, key, readMsAgo: 0, inTransition: false, external: 0 };
    await ask(world, adapters, fresh ? requestNow(world, asking, at) : before);
  },
  toString: () => `again ${back}${fresh ? ' with fresh sizes' : ''}`,
});

const settle = (what: 'commit' | 'release', back: number): Command => ({
  check: ({ asked }) => asked.length > back,
  async run(world, { inProcess, redis }) {
    const { id, deadline } = world.asked[world.asked.length - 1 - back] as AdmissionRequest;
    // So long every verdict is kept; who judges commits or releases at once.
    if (world.now > deadline) return;
    world.model[what](id);
    await inProcess[what](id);
    await redis[what](id);
  },
  toString: () => `${what} ${back}`,
});

const finish = (back: number, done: boolean): Command => ({
  check: ({ asked }) => asked.length > back,
  async run(world, { inProcess, redis }) {
    const request = world.asked[world.asked.length - 1 - back] as AdmissionRequest;
    const told = world.model.told.get(request.id);
    // An action ends within its lease.
    if (told?.outcome !== 'admitted' || world.now >= request.deadline + request.runMs) return;
    for (const { fleet, change } of told.request.targets)
      if (done && change !== null) world.members.set(fleet.name, change.to);
    world.model.finish(request.id, world.now, done);
    await inProcess.finish(request, world.now, done);
    await redis.finish(request, world.now, done);
  },
  toString: () => `finish ${back}${done ? '' : ', not done'}`,
});

const pass = (ms: number): Command => ({
  check,
  async run(world) {
    world.now += ms;
  },
  toString: () => `${ms} ms pass`,
});

const asking = fc.record({
  policy: fc.constantFrom(...policies),
  key: fc.constantFrom('payment-service', 'b'),
  readMsAgo: fc.constantFrom(0, 0, 0, 0, 500, 40 * s),
  inTransition: fc.constantFrom(false, false, false, false, false, false, false, true),
  external: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, -1, 4),
});
const back = fc.nat(4);
const commands = [
  asking.map(judge),
  asking.map(judge),
  asking.map(judge),
  fc.record({ back, fresh: fc.boolean() }).map((given) => again(given.back, given.fresh)),
  fc
    .record({ back, what: fc.constantFrom('commit' as const, 'release' as const) })
    .map((given) => settle(given.what, given.back)),
  fc.record({ back, done: fc.constantFrom(true, true, true, false) }).map((given) => finish(given.back, given.done)),
  fc.record({ back: fc.constant(0), done: fc.constant(true) }).map((given) => finish(given.back, given.done)),
  fc.constantFrom(1, 500, 2 * s, 5 * s, 20 * s, 40 * s, 61 * s).map(pass),
];

let redis: RedisPort | null = null;
afterAll(() => redis?.close());

it('both say what the model says', async () => {
  const port = openRedis({ url: await sharedRedis(), commandTimeoutMs: 10_000 });
  redis = port;
  await new Promise<void>((resolve) => port.onConnected(resolve));
  const runs = Number(process.env.DDL_MODEL_RUNS ?? 250);
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (course) => {
      const shared = new RedisAdmission({
        ...{ redis: port, program, incarnation: 'one', prefix: ownName('model'), callersClock: true },
        onLost: () => {},
      });
      await shared.restore([], program, start);
      const setup = () => ({ model: new World(), real: { inProcess: new InProcessAdmission(), redis: shared } });
      await fc.asyncModelRun(setup, course);
    }),
    { numRuns: runs, seed: 20_260_301 },
  );
  const gates = ['stale', 'inventory', 'settling', 'cooldown', 'limit', 'budget', 'opposite', 'busy'];
  expect([...seen].sort()).toEqual([...gates, 'admitted', 'awaiting_approval', 'shadowed', 'waiting'].sort());
});
