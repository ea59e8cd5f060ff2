// Bundles in the real ledgers: PGlite over a restart, PostgreSQL between two engines, by way of the HTTP API.

import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { givenBundle } from '../../cli/given-bundle.ts';
import type { Terminal } from '../../cli/terminal.ts';
import type { BundleGate } from '../../runtime/bundle/bundle-gate.ts';
import { firstBundle } from '../../runtime/bundle/first-bundle.ts';
import { inspectBundle } from '../../runtime/bundle/inspect-bundle.ts';
import type { RunningBundle } from '../../runtime/bundle/running-bundle.ts';
import { readConfig } from '../../runtime/config.ts';
import { openControl } from '../../runtime/control/open-control.ts';
import type { LedgerParts } from '../../runtime/ledger/parts.ts';
import { openServerLedger } from '../../runtime/ledger/server-ledger.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { type Api, ask, post, upload } from '../control/control-bench.ts';
import { ledgerFolders, openFolder } from '../ledger/fixtures.ts';
import { type LedgerDatabases, ledgerDatabases } from '../ledger/server-fixtures.ts';
import { scratch, soundProject } from '../support/scratch.ts';
import { gateFor, newSigner, packed } from './bundle-fixtures.ts';

const signer = newSigner();
const silent = { info: () => {}, warn: () => {}, error: () => {} };
const signed = (serial: number): Buffer => packed({ signer, serial, thresholdMs: 500 + serial });

function gate(sharedStore: boolean): BundleGate {
  return gateFor([signer], { inspect: inspectBundle, sharedStore });
}

/** As `ddlc run shop` is given sources. */
async function sources(): Promise<RunningBundle> {
  const terminal: Terminal = {
    out: () => true,
    note: () => {},
    drained: async () => {},
    outClosed: false,
    color: { out: false, note: false },
    interactive: false,
    folder: scratch(soundProject),
  };
  const given = await givenBundle('shop', terminal, gate(false));
  if (given === null) throw new Error('the sources have errors');
  return given;
}

interface Engine extends Pick<Api, 'url'> {
  readonly running: () => RunningBundle;
  readonly unmet: () => string | null;
  /** What was swapped in, by serial. */
  readonly swaps: readonly number[];
  close(): Promise<void>;
}

/** All of an engine but what judges. */
async function start(ledger: LedgerParts, given: RunningBundle, asking: BundleGate): Promise<Engine> {
  const { bundles: store } = ledger;
  const first = await firstBundle({ gate: asking, store, log: silent, given });
  const swaps: number[] = [];
  const control = await openControl({
    settings: { ...readConfig(undefined, {}, 'defaults').control, port: 0 },
    watchFolder: null,
    gate: asking,
    ledger,
    first,
    given,
    swap: async (next) => {
      swaps.push(next.serial);
      return { pauseMs: 0 };
    },
    facts: () => ({ engine: ledger.engineId, startedAt: 0, notReady: null, policiesOff: new Map(), counts: {} }),
    clock: systemClock,
    timers: systemTimers,
    log: silent,
  });
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await control.close();
    await ledger.ledger.close(2_000);
  };
  onTestFinished(close);
  return {
    url: control.url ?? '',
    running: () => control.bundles.running,
    unmet: () => control.bundles.unmet?.message ?? null,
    swaps,
    close,
  };
}

const api = ({ url }: Engine): Api => ({ url }) as Api;

describe('PGlite', () => {
  let folders: Awaited<ReturnType<typeof ledgerFolders>>;
  beforeAll(async () => {
    folders = await ledgerFolders();
  });
  afterAll(() => folders.remove());

  test('what was deployed onto sources runs after a restart, and the way back leads to the sources', async () => {
    const folder = folders.fresh();
    const given = await sources();
    const one = await start(await openFolder(folder), given, gate(false));
    expect(one.running()).toBe(given);
    expect((await upload(api(one), '/api/policies?why=a', signed(2))).json).toMatchObject({
      result: 'active',
      order: 1,
    });
    expect((await upload(api(one), '/api/policies?why=b', signed(3))).json).toMatchObject({
      result: 'active',
      order: 2,
    });
    expect((await upload(api(one), '/api/policies?why=c', packed({ serial: 4 }))).json).toMatchObject({
      fault: 'unsigned',
    });
    await one.close();

    const two = await start(await openFolder(folder), given, gate(false));
    expect(two.running()).toMatchObject({ serial: 3, origin: 'store', signedBy: signer.trusted.id });
    expect(two.swaps).toEqual([]);
    for (const serial of [2, 0])
      expect((await post(api(two), '/api/bundles/rollback', { why: 'd' })).json).toMatchObject({
        result: 'active',
        serial,
      });
    expect(two.running()).toBe(given);
    const { json } = await ask(api(two), '/api/audit');
    const lines = json.entries.map(({ by, what, reason }: Record<string, string>) => `${by} ${what} ${reason}`.trim());
    expect(lines.toReversed()).toEqual([
      'local deploy begun a',
      'local upload',
      'local upload',
      'local deploy a',
      'local deploy begun b',
      'local upload',
      'local deploy b',
      'local deploy refused c',
      'local rollback begun d',
      'local rollback d',
      'local rollback begun d',
      'local rollback d',
    ]);
    await two.close();
    const three = await start(await openFolder(folder), given, gate(false));
    expect(three.running()).toBe(given);
  });

  test('an engine that no longer trusts what ran goes on with what it was given, and says so', async () => {
    const folder = folders.fresh();
    const given = await sources();
    const one = await start(await openFolder(folder), given, gate(false));
    await upload(api(one), '/api/policies?why=a', signed(2));
    await one.close();
    const two = await start(await openFolder(folder), given, gateFor([newSigner()], { inspect: inspectBundle }));
    expect(two.running()).toBe(given);
    expect(two.unmet()).toMatch(/^untrusted-key: /);
    expect((await ask(api(two), '/api/bundles')).json.results[0]).toMatchObject({ order: 1, result: 'refused' });
  });
});

describe('PostgreSQL', () => {
  let databases: LedgerDatabases;
  beforeAll(async () => {
    databases = await ledgerDatabases();
  });
  afterAll(() => databases.remove());

  test('a deployment on one engine runs on the other within 2 s, and so does the way back', async () => {
    const url = await databases.fresh();
    const given = await givenSigned();
    const open = (engineId: string): Promise<LedgerParts> =>
      openServerLedger({ url, clock: systemClock, timers: systemTimers, version: '0', engineId });
    const one = await start(await open('one'), given, gate(true));
    const two = await start(await open('two'), given, gate(true));
    const begun = performance.now();
    await upload(api(one), '/api/policies?why=a', signed(2));
    await vi.waitFor(() => expect(two.running().serial).toBe(2), { timeout: 2_000, interval: 10 });
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect((await upload(api(two), '/api/policies?why=b', signed(3))).json).toMatchObject({
      result: 'active',
      order: 2,
    });
    await vi.waitFor(() => expect(one.running().serial).toBe(3), { timeout: 2_000, interval: 10 });
    await post(api(one), '/api/bundles/rollback', { why: 'c' });
    await vi.waitFor(() => expect(two.running().serial).toBe(2), { timeout: 2_000, interval: 10 });
    expect([one.swaps, two.swaps]).toEqual([
      [2, 3, 2],
      [2, 3, 2],
    ]);
    await vi.waitFor(async () => {
      const { results } = (await ask(api(one), '/api/bundles')).json;
      const of = (order: number): readonly string[] =>
        results
          .filter((result: { order: number; result: string }) => result.order === order && result.result === 'active')
          .map(({ engine }: { engine: string }) => engine)
          .sort();
      expect([of(1), of(2), of(3)]).toEqual([
        ['one', 'two'],
        ['one', 'two'],
        ['one', 'two'],
      ]);
    });
    await Promise.all([
      upload(api(one), '/api/policies?why=d', signed(6)),
      upload(api(two), '/api/policies?why=e', signed(7)),
    ]);
    await vi.waitFor(() => expect([one.running().serial, two.running().serial]).toEqual([7, 7]), {
      timeout: 4_000,
      interval: 10,
    });
  });

  async function givenSigned(): Promise<RunningBundle> {
    const verdict = await gate(true).verify(signed(1), 'folder', null);
    if (!verdict.passed) throw new Error(verdict.message);
    const { bundle, bytes, evaluator } = verdict;
    return { hash: bundle.hash, serial: 1, origin: 'folder', signedBy: bundle.signedBy, bytes, evaluator };
  }
});
