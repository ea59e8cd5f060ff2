// What the way of an event asks of Redis and PostgreSQL: nothing. Counted by the servers, not by reading code: as many
// events as it takes to be sure, and then two that make a policy fire.

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { loadEmitted } from '../../cli/program.ts';
import { compile } from '../../compiler/compile.ts';
import { BundleGate } from '../../runtime/bundle/bundle-gate.ts';
import { readConfig } from '../../runtime/config.ts';
import type { Decision } from '../../runtime/decision.ts';
import { openEngine } from '../../runtime/open-engine.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemFetch } from '../../runtime/ports/fetch.ts';
import { systemProcessUsage } from '../../runtime/ports/host.ts';
import { openPostgres } from '../../runtime/ports/postgres.ts';
import { systemRandom } from '../../runtime/ports/random.ts';
import { systemTimers, type Timers } from '../../runtime/ports/timers.ts';
import { startRedis } from '../services/redis.ts';
import { ownDatabase } from '../services/shared.ts';
import { policyText, schemaText, scratch } from '../support/scratch.ts';

/** What an engine does again and again has nothing to do with events: without it, all that is left is. */
const withoutChores: Timers = { after: systemTimers.after, every: () => () => {} };

function line(at: number, service: string, latency: number): string {
  return `${JSON.stringify({ id: `${service}-${at}`, timestamp: at, metrics: { latency }, tags: { 'service.name': service } })}\n`;
}

test('events that make nothing fire cost neither server a command, whatever their number', async () => {
  const { program } = compile([
    { file: 'schema.ddl', text: schemaText },
    { file: 'slow.ddl', text: policyText.replace(' for 30s', '') },
  ]);
  if (program === null) throw new Error('the program does not compile');
  const start = Date.now() - 60_000;
  const quiet = Array.from({ length: 50_000 }, (_, index) => line(start + index, `s${index % 50}`, 100));
  const firing = [line(start + 60_000, 's1', 900), line(start + 60_000, 's2', 900)];
  const folder = scratch({ 'quiet.jsonl': quiet.join(''), 'firing.jsonl': firing.join('') });
  const [redis, database] = [await startRedis(), await ownDatabase()];
  const watcher = await openPostgres({ url: database.url, timers: systemTimers, name: 'watcher', connectionsMax: 1 });
  const commands = async (): Promise<number> => {
    const stats = String(await redis.command('info', 'commandstats'));
    // The gates are asked by their script; whoever asks for the counts sends commands of its own.
    return (
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0) +
      Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0)
    );
  };
  /** When any connection of the engine was last asked anything. */
  const lastAsked = async (): Promise<unknown> => {
    const sql = `select max(query_start)::text as at, count(*)::int as connections from pg_stat_activity
      where datname = current_database() and application_name like 'ddl %' and pid <> pg_backend_pid()`;
    return (await watcher.query(sql))[0];
  };
  const decisions: Decision[] = [];
  const { engine } = await openEngine({
    config: readConfig(
      { ledger: { postgres: { url: database.url } }, gates: { redis: { url: redis.url } } },
      {},
      'test',
    ),
    ledgerFolder: join(folder, '.ddl'),
    given: {
      hash: 'given',
      serial: 0,
      origin: 'sources',
      signedBy: null,
      bytes: new Uint8Array(),
      evaluator: loadEmitted(program),
    },
    obeysOrders: false,
    gate: new BundleGate({ trustedKeys: [], requireSignature: false, sharedStore: false, timers: systemTimers }),
    version: 'test',
    clock: systemClock,
    timers: withoutChores,
    random: systemRandom,
    fetch: systemFetch,
    usage: systemProcessUsage(),
    log: { info() {}, warn() {}, error() {} },
    onDecision: (decision) => decisions.push(decision),
  });
  try {
    const before = await commands();
    await pause(200);
    const asked = await lastAsked();
    expect(asked).toMatchObject({ at: expect.any(String) });
    expect(await engine.readEvents(join(folder, 'quiet.jsonl'), null)).toBe(50_000);
    expect(await lastAsked()).toEqual(asked);
    expect((await commands()) - before).toBe(0);
    expect(decisions).toEqual([]);
    await engine.readEvents(join(folder, 'firing.jsonl'), null);
    expect(await lastAsked()).not.toEqual(asked);
    expect(decisions.map(({ outcome }) => outcome)).toEqual(['admitted', 'admitted']);
    // Asked once and committed once each; the first may bring the script along.
    expect((await commands()) - before).toBeGreaterThanOrEqual(4);
  } finally {
    await engine.stop();
    await watcher.close();
    await database.drop();
    await redis.stop();
  }
});
