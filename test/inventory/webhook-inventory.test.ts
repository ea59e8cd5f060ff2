// Sizes of fleets from a webhook: read once for all who ask, remembered, renewed, and never guessed.

import { afterEach, describe, expect, it } from 'vitest';
import { WebhookInventory } from '../../runtime/inventory/webhook-inventory.ts';
import { manualClock, systemClock } from '../../runtime/ports/clock.ts';
import { systemFetch } from '../../runtime/ports/fetch.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { type FleetServer, startFleetServer } from '../support/fleet-server.ts';

const servers: FleetServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const open = { refuse: () => null, admit: () => () => null };

async function fleets(changes: { readonly timeoutMs?: number; readonly guard?: typeof open } = {}) {
  const server = await startFleetServer({ payment: 4 });
  servers.push(server);
  const clock = { ...manualClock(1_000_000), monotonicMs: systemClock.monotonicMs };
  const addressOf = (fleet: string) => (fleet === 'none' ? null : server.url(fleet));
  const inventory = new WebhookInventory({
    fetch: systemFetch,
    clock,
    timers: systemTimers,
    addressOf,
    guard: open,
    timeoutMs: 200,
    ...changes,
  });
  return { server, clock, inventory };
}

describe('a size', () => {
  it('is read once for all who ask at one moment, and told with its time', async () => {
    const { server, inventory } = await fleets();
    const sizes = await Promise.all(Array.from({ length: 20 }, () => inventory.sizeOf('payment')));
    expect(new Set(sizes.map((size) => JSON.stringify(size)))).toEqual(
      new Set([JSON.stringify({ members: 4, inTransition: false, at: 1_000_000 })]),
    );
    expect(server.reads).toBe(1);
  });

  it('serves for a while, is renewed behind it, and is never told when it is too old', async () => {
    const { server, inventory, clock } = await fleets();
    await inventory.sizeOf('payment');
    server.members.set('payment', 5);
    clock.advance(4_000);
    expect((await inventory.sizeOf('payment'))?.members).toBe(4);
    expect(server.reads).toBe(1);
    clock.advance(4_000);
    expect((await inventory.sizeOf('payment'))?.members).toBe(4);
    await expect.poll(async () => (await inventory.sizeOf('payment'))?.members).toBe(5);
    expect(server.reads).toBe(2);
    server.sizes = { status: 503, body: '' };
    clock.advance(31_000);
    expect(await inventory.sizeOf('payment')).toBeNull();
    expect(inventory.problemOf('payment')).toBe('its webhook answered 503');
    clock.set(900_000);
    expect(await inventory.sizeOf('payment')).toBeNull();
  });

  it('is read anew when nothing older serves, and after a change', async () => {
    const { server, inventory } = await fleets();
    await inventory.sizeOf('payment');
    server.members.set('payment', 6);
    expect((await inventory.sizeOf('payment', 0))?.members).toBe(6);
    server.members.set('payment', 7);
    inventory.forget('payment');
    expect((await inventory.sizeOf('payment'))?.members).toBe(7);
    expect(server.reads).toBe(3);
  });

  it('that was being read when the fleet was changed is not remembered', async () => {
    const { server, inventory } = await fleets();
    const before = inventory.sizeOf('payment');
    inventory.forget('payment');
    await before;
    server.members.set('payment', 9);
    expect((await inventory.sizeOf('payment'))?.members).toBe(9);
  });

  it('tells of members that come and go', async () => {
    const { server, inventory } = await fleets();
    server.sizes = { status: 200, body: '{"members": 3, "inTransition": true, "more": 1}' };
    expect(await inventory.sizeOf('payment')).toEqual({ members: 3, inTransition: true, at: 1_000_000 });
    expect(inventory.problemOf('payment')).toBeNull();
  });
});

describe('no size is told', () => {
  it.each([
    ['{"members": -1}', 200, /answered no `\{"members": 4/],
    ['{"members": 1.5}', 200, /answered no/],
    ['{"members": "4"}', 200, /answered no/],
    ['[4]', 200, /answered no/],
    ['{"members": 4', 200, /answered no/],
    [`{"members": 4, "more": "${'x'.repeat(20_000)}"}`, 200, /answered no/],
    ['', 204, /answered 204/],
    ['', 302, /answered 302/],
    ['{"members": 4}', 500, /answered 500/],
  ])('of %.20j with %d', async (body, status, problem) => {
    const { server, inventory } = await fleets();
    server.sizes = { status, body };
    expect(await inventory.sizeOf('payment')).toBeNull();
    expect(inventory.problemOf('payment')).toMatch(problem);
  });

  it('when no answer comes, in time, and not waited for again at once', async () => {
    const { server, inventory } = await fleets();
    server.sizes = 'silent';
    const begun = performance.now();
    expect(await inventory.sizeOf('payment')).toBeNull();
    expect(await inventory.sizeOf('payment')).toBeNull();
    expect(performance.now() - begun).toBeLessThan(390);
    expect(inventory.problemOf('payment')).toBe('no answer within 200 ms');
    expect(server.reads).toBe(1);
  });

  it('when nobody is there, when there is no webhook, when it may not be called', async () => {
    const { server, inventory } = await fleets();
    await server.stop();
    expect(await inventory.sizeOf('payment')).toBeNull();
    expect(inventory.problemOf('payment')).toBe(`connection refused by ${server.host}`);
    expect(await inventory.sizeOf('none')).toBeNull();
    expect(inventory.problemOf('none')).toBe('it has no webhook to ask');
    const guarded = await fleets({ guard: { refuse: () => null, admit: () => () => 'it is private' } as never });
    expect(await guarded.inventory.sizeOf('payment')).toBeNull();
    expect(guarded.inventory.problemOf('payment')).toBe(`${guarded.server.host} is not called: it is private`);
    expect(guarded.server.reads).toBe(0);
  });
});
