// The provider of the campaign: keeps its word about keys and preconditions, however badly it answers.

import { afterEach, expect, test } from 'vitest';
import { type FleetProvider, startFleetProvider } from './fleet-provider.ts';

let provider: FleetProvider | null = null;
afterEach(async () => {
  await provider?.stop();
  provider = null;
});

async function post(url: string, key: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }).then(
    ({ status }) => status,
    () => 0,
  );
}

test('does what is asked once per key, and nothing from a size that is not so', async () => {
  provider = await startFleetProvider({ seed: 1, fleets: ['web'], badness: 0 });
  const url = `${provider.url}/fleets/web`;
  const size = async (): Promise<number> => ((await (await fetch(url)).json()) as { members: number }).members;
  const from = await size();
  expect(from).toBe(provider.initial.get('web'));
  const grow = { decisionId: 'a', action: 'scale_up', from, to: from + 1 };
  expect(await post(url, 'a-0', grow)).toBe(200);
  expect(await post(url, 'a-0', grow)).toBe(200);
  expect(await post(url, 'b-0', { ...grow, decisionId: 'b' })).toBe(412);
  expect(await size()).toBe(from + 1);
  expect(
    await post(url, 'c-0', { decisionId: 'c', action: 'restart', from: null, to: null, args: { atMost: 0.1 } }),
  ).toBe(200);
  expect(provider.calls.map(({ status, appliedAt }) => [status, appliedAt !== null])).toEqual([
    [200, true],
    [200, false],
    [412, false],
    [200, true],
  ]);
  expect(provider.calls[3].restarted).toBe(Math.max(1, Math.floor((from + 1) / 10)));
  expect(await post(`${provider.url}/fleets/nowhere`, 'd-0', grow)).toBe(404);
});

test('answers badly by its seed, and still does each thing once', async () => {
  provider = await startFleetProvider({ seed: 3, fleets: ['web'], badness: 0.9, silentMs: 20 });
  const url = `${provider.url}/fleets/web`;
  const statuses: number[] = [];
  let members = provider.initial.get('web') ?? 0;
  for (let number = 0; number < 12; number++) {
    const body = { decisionId: `d${number}`, action: 'scale_up', from: members, to: members + 1 };
    do statuses.push(await post(url, `d${number}-0`, body));
    while (statuses.at(-1) !== 200);
    members++;
  }
  expect(new Set(statuses)).toEqual(new Set([0, 200, 500, 503]));
  const done = provider.calls.filter(({ appliedAt }) => appliedAt !== null);
  expect(done.map(({ membersAfter }) => membersAfter)).toEqual(
    Array.from({ length: 12 }, (_, number) => (provider?.initial.get('web') ?? 0) + number + 1),
  );
});
