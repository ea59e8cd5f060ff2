// `kill -9` at every point between a decision and its end, on a server and on PGlite; and four processes that take over
// at once. Afterwards every intent has ended, and nothing was done twice.

import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Decision } from '../../runtime/decision.ts';
import { openParts } from '../../runtime/ledger/open-parts.ts';
import type { LedgerParts } from '../../runtime/ledger/parts.ts';
import { type Clock, manualClock, systemClock } from '../../runtime/ports/clock.ts';
import { openPglite } from '../../runtime/ports/pglite.ts';
import { openPostgres } from '../../runtime/ports/postgres.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { decision, leftOpen, partsOptions, scratchFolder, start } from './fixtures.ts';
import { carryOut, live, noticeOf } from './mortal-engine.ts';
import { type LedgerDatabases, ledgerDatabases } from './server-fixtures.ts';

const child = new URL('./mortal-child.ts', import.meta.url).pathname;
let folder: string;
let databases: LedgerDatabases;
beforeAll(async () => {
  folder = scratchFolder();
  databases = await ledgerDatabases();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await databases.remove();
});

interface Ended {
  readonly output: string;
  readonly signal: NodeJS.Signals | null;
}

function run(words: readonly string[], onOutput: (output: string, say: (text: string) => void) => void = () => {}) {
  return new Promise<Ended>((resolve, reject) => {
    const running = spawn(process.execPath, [child, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let complaints = '';
    running.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      onOutput(output, (text) => running.stdin.write(text));
    });
    running.stderr.on('data', (chunk: Buffer) => {
      complaints += chunk.toString();
    });
    running.on('close', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve({ output, signal });
      else reject(new Error(`the child ended with ${code}: ${complaints}`));
    });
  });
}

const [, scaleUp] = decision().actions;

/** A decision with one action, on a fleet of its own. */
function oneOf(number: number, at: number): Decision {
  if (scaleUp === undefined) throw new Error('the fixture has two actions');
  const fleet = `fleet-${number}`;
  return decision({ key: `key-${number}`, at, deadline: at + 600_000, actions: [{ ...scaleUp, target: fleet }] });
}

/**
 * What the engines that live do about the dead: they take over, read back what is unknown, and their source delivers
 * every event once more, since none of its offsets was committed. Then all must be well.
 */
async function survive(parts: LedgerParts, lived: readonly Decision[], calls: readonly string[]): Promise<void> {
  const { ledger, outbox } = parts;
  const done = [...calls];
  const world = { call: (key: string) => void done.push(key), reach: () => {} };
  const taken = await ledger.takeOver();
  for (const { decision: one } of taken.resume) await carryOut(ledger, one, world);
  for (const { decision: one } of taken.unknown) {
    const wasDone = calls.includes(`${one.id}-0`);
    const change = { decisionId: one.id, ordinal: 0, attempts: 1, detail: 'read back' };
    await ledger.transition({ ...change, to: wasDone ? 'reconciled' : 'expired' });
  }
  const fresh: Decision[] = [];
  for (const one of lived) {
    const notices = new Map([[one.id, [noticeOf(one, 'decision')]]]);
    const [outcome] = await ledger.record([one], 'bundle', notices);
    if (outcome !== 'recorded') continue;
    fresh.push(one);
    await carryOut(ledger, one, world);
  }
  const ends = new Map<string, number>();
  for (const one of lived) {
    const intents = await ledger.intentsOf(one.id);
    expect(intents).toHaveLength(1);
    const state = intents[0]?.state ?? 'none';
    const count = done.filter((key) => key === `${one.id}-0`).length;
    // Exactly once, or not at all and written down so.
    expect([state, count], one.key).toEqual([state, state === 'expired' ? 0 : 1]);
    expect(['succeeded', 'reconciled', 'expired']).toContain(state);
    ends.set(state, (ends.get(state) ?? 0) + 1);
  }
  expect(await ledger.recentDecisions(1_000)).toHaveLength(lived.length);
  // Each way out was taken by some of the dead.
  expect(fresh.length).toBeGreaterThan(3);
  expect(taken.resume.length).toBeGreaterThan(3);
  expect(ends.get('reconciled')).toBeGreaterThan(3);
  expect(ends.get('expired')).toBeGreaterThan(0);
  const notices = (await outbox.claim(1_000, 60_000)).map(({ key }) => key);
  expect(new Set(notices).size).toBe(notices.length);
  expect(lived.filter((one) => !notices.includes(noticeOf(one, 'decision').key))).toEqual([]);
  expect(await ledger.takeOver()).toMatchObject({ resume: [], unknown: [], tooOld: 0 });
}

it('on a server', async () => {
  const url = await databases.fresh();
  const file = join(folder, 'calls');
  writeFileSync(file, '');
  const now = systemClock.now();
  const whole = oneOf(0, now);
  const first = await run(['live', url, '0', file, JSON.stringify(whole)]);
  const points: readonly string[] = JSON.parse(first.output);
  expect(points.length).toBeGreaterThan(20);
  expect(points).toContain('before commit');
  const lived = points.map((_, index) => oneOf(index + 1, now));
  const waiting = lived.entries();
  const lane = async (): Promise<void> => {
    for (const [index, one] of waiting) {
      const { signal } = await run(['live', url, String(index + 1), file, JSON.stringify(one)]);
      expect(signal, points[index]).toBe('SIGKILL');
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  const database = await openPostgres({ url, timers: systemTimers, name: 'survivor' });
  const options = { ...partsOptions, database, clock: systemClock, time: 'database', engineId: 'survivor' } as const;
  const parts = await openParts(options);
  await survive(parts, [whole, ...lived], readFileSync(file, 'utf8').split('\n'));
  await parts.ledger.close(1_000);
});

it('on PGlite, with deaths made up', async () => {
  const clock: Clock = manualClock(start);
  const database = await openPglite(folder);
  const parts = await openParts({ ...partsOptions, database, clock, engineId: 'survivor' });
  const calls: string[] = [];
  const lived: Decision[] = [];
  for (let dieAt = 1, count = Number.POSITIVE_INFINITY; dieAt <= count + 1; dieAt++) {
    const one = oneOf(dieAt, start);
    lived.push(one);
    let points = 0;
    const death = Promise.withResolvers<void>();
    const life = live(
      {
        database: leftOpen(database),
        clock,
        time: 'own',
        engineId: `mortal-${dieAt}`,
        call: (key) => void calls.push(key),
        reach() {
          if (++points < dieAt) return;
          death.resolve();
          throw new Error('dead');
        },
      },
      one,
    ).then(() => {
      count = points;
    });
    life.catch(() => {});
    await Promise.race([life, death.promise]);
  }
  expect(lived.length).toBeGreaterThan(20);
  await survive(parts, lived, calls);
  await parts.ledger.close(1_000);
});

it('four processes take over at once: each intent goes to one, which alone may begin it', async () => {
  const url = await databases.fresh();
  const database = await openPostgres({ url, timers: systemTimers, name: 'test' });
  const options = { ...partsOptions, database, clock: systemClock, time: 'database' } as const;
  const dead = await openParts({ ...options, engineId: 'dead' });
  const now = systemClock.now();
  const many = Array.from({ length: 1_200 }, (_, number) => oneOf(number, now));
  await dead.ledger.record(many, 'bundle');
  const cutOff = many.slice(0, 100).map(async ({ id }, index) => {
    const change = { decisionId: id, ordinal: 0, attempts: 0, detail: null };
    await dead.ledger.transition({ ...change, to: 'executing' });
    if (index % 2 === 0) await dead.ledger.transition({ ...change, to: 'unknown', detail: 'timed out' });
  });
  await Promise.all(cutOff);
  const starts: (() => void)[] = [];
  const started = (say: (text: string) => void): void => {
    starts.push(() => say('go\n'));
    if (starts.length < 4) return;
    void dead.ledger.close(1_000).then(() => {
      for (const go of starts) go();
    });
  };
  const processes = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => {
      let ready = false;
      return run(['take', url, name], (output, say) => {
        if (ready || !output.includes('ready')) return;
        ready = true;
        started(say);
      });
    }),
  );
  const lines = processes.map(({ output }) => output.trim().split('\n').slice(1));
  expect(lines.flat()).toHaveLength(1_200);
  expect(new Set(lines.flat().map((line) => line.split(' ')[0])).size).toBe(1_200);
  expect(lines.flat().filter((line) => !line.endsWith(' moved'))).toEqual([]);
  expect(lines.flat().filter((line) => line.includes(' unknown '))).toHaveLength(100);
  expect(lines.filter((own) => own.length > 0).length).toBeGreaterThan(1);
});
