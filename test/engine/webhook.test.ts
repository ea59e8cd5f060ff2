// A policy of a team's own actions, from an event on standard input to the calls: signed, once, and only where the operator
// allows it.

import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { startFleetServer } from '../support/fleet-server.ts';
import { projectFolder, startEngine } from './engine-process.ts';

const secret = 'a-secret-of-the-operator';

test('a team’s own actions are called, signed, where they may be', { timeout: 120_000 }, async () => {
  const allowed = await startFleetServer();
  const other = await startFleetServer();
  try {
    const folder = projectFolder({
      'load.ddl': `
schema load {
  key service
  metric level: number
  every 1s
}

action drain(wait: duration) via webhook "http://${allowed.host}/drain"

action stop() via webhook "http://${other.host}/stop"

policy full {
  title   "Full"
  owner   "nobody"
  runbook "https://runbooks.example/full"

  on load
  when level > 5

  do stop()
  do drain(wait: 5s)
  mode enforce
}
`,
      'ddl.config.json': JSON.stringify({ actions: { webhook: { allow: [allowed.host], secrets: [secret] } } }),
    });
    const engine = startEngine(folder, ['.', '--events', '-']);
    const event = { id: 'e1', timestamp: Date.now(), metrics: { level: 9 }, tags: { service: 'shop' } };
    engine.process.stdin?.end(`${JSON.stringify(event)}\n`);
    expect(await engine.exit).toBe(0);
    expect(engine.decisions).toMatchObject([{ policy: 'full', outcome: 'admitted' }]);
    expect(allowed.received).toHaveLength(1);
    const [got] = allowed.received;
    expect(got?.body).toMatchObject({
      decisionId: engine.decisions[0]?.id,
      policy: 'full',
      key: 'shop',
      action: 'drain',
      fleet: null,
      args: { waitMs: 5_000 },
      values: { 'level > 5': 9 },
    });
    const [, seconds, hex] = /^t=(\d+),v1=(\w+)$/.exec(String(got?.headers['ddl-signature'])) ?? [];
    expect(createHmac('sha256', secret).update(`${seconds}.${got?.text}`).digest('hex')).toBe(hex);
    expect(other.received).toEqual([]);
    expect(engine.errors()).toContain(
      `${other.host} is not called: 127.0.0.1 is an address of this very machine; list it in`,
    );
  } finally {
    await allowed.stop();
    await other.stop();
  }
});
