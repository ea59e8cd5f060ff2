// Against a provider that is as bad as they are, by a seed: 7nothing is done twice, every intent ends, and what is written
// down is true: what "succeeded" was done, what "failed" was not.

import { expect, it } from 'vitest';
import type { ActionEnding } from '../../runtime/actions/action-run.ts';
import { Dispatcher } from '../../runtime/actions/dispatcher.ts';
import { createHostGuard } from '../../runtime/actions/host-guard.ts';
import { ProviderLimits } from '../../runtime/actions/provider-limits.ts';
import { webhook } from '../../runtime/actions/webhook.ts';
import { WebhookInventory } from '../../runtime/inventory/webhook-inventory.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemFetch } from '../../runtime/ports/fetch.ts';
import { systemRandom } from '../../runtime/ports/random.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { decision } from '../ledger/fixtures.ts';
import { startFleetProvider } from '../scale-out/fleet-provider.ts';
import { intentBook, lines } from './fixtures.ts';

it('what is written down is true', { timeout: 60_000 }, async () => {
  const fleets = Array.from({ length: 60 }, (_, number) => `fleet${number}`);
  const provider = await startFleetProvider({ seed: 7, fleets, badness: 0.6, silentMs: 900 });
  const guard = createHostGuard({ allow: ['127.0.0.1'], isNamed: () => true });
  const shared = { fetch: systemFetch, clock: systemClock, timers: systemTimers, guard };
  const addressOf = (fleet: string) => `${provider.url}/fleets/${fleet}`;
  const inventory = new WebhookInventory({ ...shared, addressOf, timeoutMs: 500 });
  const endings: ActionEnding[] = [];
  const finished: string[] = [];
  const dispatcher = new Dispatcher({
    ledger: intentBook(),
    executors: [webhook({ ...shared, inventory, secrets: [] })],
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: lines(),
    // A circuit that opens would make a short test of it.
    limits: new ProviderLimits({ clock: systemClock, random: systemRandom, concurrency: 20, failuresMax: 1_000 }),
    onEnded: (ending) => endings.push(ending),
    finish: async ({ id }) => {
      finished.push(id);
    },
  });
  try {
    for (const [number, fleet] of fleets.entries()) {
      const from = provider.initial.get(fleet) ?? 0;
      const endpoint = addressOf(fleet);
      const change = number % 3 === 0 ? null : { from, to: from + 2 };
      const name = change === null ? 'restart' : 'scale_up';
      const action = { name, target: fleet, args: {}, timeoutMs: 600, retry: number % 4, endpoint, change };
      dispatcher.dispatch(decision({ number, deadline: undefined, actions: [action] }));
    }
    while (dispatcher.pending > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    // What was under way when it was given up comes to its end.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  } finally {
    await provider.stop();
  }
  expect(endings).toHaveLength(fleets.length);
  expect([...finished].sort()).toEqual(endings.map((ending) => ending.decision.id).sort());
  const done = (ending: ActionEnding): number =>
    provider.calls.filter((call) => call.idempotencyKey === `${ending.decision.id}-0` && call.appliedAt !== null)
      .length;
  const states = new Map<string, number>();
  for (const ending of endings) {
    const times = done(ending);
    const what = `${ending.action.name} of ${ending.action.target}: ${ending.state}: ${ending.detail}`;
    states.set(ending.state, (states.get(ending.state) ?? 0) + 1);
    expect(times, what).toBeLessThanOrEqual(1);
    if (ending.state === 'succeeded' || ending.state === 'reconciled') expect(times, what).toBe(1);
    if (!ending.done) expect(times, what).toBe(0);
  }
  // The weather was as bad as it was meant to be.
  expect(states.get('succeeded')).toBeGreaterThan(20);
  expect(endings.some(({ attempts }) => attempts > 2)).toBe(true);
  expect(states.size).toBeGreaterThan(2);
});
