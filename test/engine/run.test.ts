// How a run ends: kill -9 loses nothing that was printed and the next start says what it found; the end of the input is
// a clean end; a compiled bundle runs like its source.

import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedLedger } from '../../runtime/ledger/embedded-ledger.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { projectFolder, startEngine } from './engine-process.ts';

const main = resolve(import.meta.dirname, '../../cli/main.ts');

const busy = `
schema load {
  key service
  metric level: number
  every 1s
}

policy always {
  title   "Always"
  owner   "nobody"
  runbook "https://runbooks.example/always"

  on load
  when level > 0

  do notify(message: "always")
  cooldown 0s
}
`;

test('no decision that was printed is lost', { timeout: 90_000 }, async () => {
  const folder = projectFolder({ 'load.ddl': busy });
  const engine = startEngine(folder, ['.', '--events', '-']);
  await engine.says('watching', 30_000);
  const begin = Date.now() - 60_000;
  const { stdin } = engine.process;
  if (stdin === null) throw new Error('the engine has no standard input');
  stdin.on('error', () => {});
  let sent = 0;
  const feed = setInterval(() => {
    const lines = Array.from({ length: 20 }, () => {
      const time = begin + sent++ * 10;
      return `${JSON.stringify({ id: `e${sent}`, timestamp: time, metrics: { level: 1 }, tags: { service: `s${sent % 7}` } })}\n`;
    });
    stdin.write(lines.join(''));
  }, 5);
  try {
    await engine.decision(() => engine.decisions.length > 300, 30_000);
  } finally {
    clearInterval(feed);
  }
  await engine.end('SIGKILL');
  const printed = engine.decisions.map(({ id }) => id);
  expect(printed.length).toBeGreaterThan(300);

  const again = startEngine(folder, ['.', '--events', '-']);
  await again.says('ended without closing it', 30_000);
  await again.says(/\d+ decisions? from before/, 1_000);
  // What had not begun is carried out now: give it the time that hundreds of actions take.
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  expect(await again.end('SIGTERM')).toBe(0);
  expect(again.errors()).toContain(' 0 actions left for the next start');

  const { ledger } = await openEmbeddedLedger({
    folder: join(folder, '.ddl'),
    clock: systemClock,
    timers: systemTimers,
  });
  try {
    const recorded = new Map((await ledger.recentDecisions(100_000)).map((decision) => [decision.id, decision]));
    expect(printed.filter((id) => !recorded.has(id))).toEqual([]);
    for (const id of printed) {
      for (const { state } of await ledger.intentsOf(id)) expect(['succeeded', 'failed', 'expired']).toContain(state);
    }
  } finally {
    await ledger.close(5_000);
  }
});

test('events to their end, then a clean end', { timeout: 60_000 }, async () => {
  const engine = startEngine(projectFolder({ 'load.ddl': busy }), ['.', '--events', '-']);
  const lines = [1, 2, 3].map((second) =>
    JSON.stringify({
      id: `${second}`,
      timestamp: Date.now() - 10_000 + second * 1000,
      metrics: { level: 1 },
      tags: { service: 'a' },
    }),
  );
  engine.process.stdin?.end(lines.join('\n'));
  await engine.says('the events have ended', 30_000);
  expect(await engine.end('SIGTERM')).toBe(0);
  expect(engine.decisions.map(({ outcome }) => outcome)).toEqual(['admitted', 'admitted', 'admitted']);
});

test('a bundle runs like the program it was compiled from', { timeout: 60_000 }, async () => {
  const folder = projectFolder({ 'load.ddl': busy });
  const compiled = spawnSync(process.execPath, [main, 'compile', '.', '--out', 'bundle'], { cwd: folder });
  expect(compiled.status).toBe(0);
  const engine = startEngine(folder, ['bundle', '--events', '-']);
  const event = { timestamp: Date.now() - 1000, metrics: { level: 1 }, tags: { service: 'a' } };
  engine.process.stdin?.end(`${JSON.stringify(event)}\n`);
  await engine.says('0 actions left for the next start', 30_000);
  expect(engine.decisions).toMatchObject([{ policy: 'always', key: 'a', outcome: 'admitted' }]);

  appendFileSync(join(folder, 'bundle', 'policies-000.js'), '// changed\n');
  const refused = startEngine(folder, ['bundle', '--events', '-']);
  expect(await refused.exit).toBe(2);
  expect(refused.errors()).toContain('hash differs');
});
