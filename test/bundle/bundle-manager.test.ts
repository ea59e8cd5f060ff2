// Deployments, rollbacks, orders of other engines, folders, restarts: what runs afterwards, what was written down, and that
// the last good bundle runs on whatever fails.

import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { BundleGate } from '../../runtime/bundle/bundle-gate.ts';
import { BundleManager } from '../../runtime/bundle/bundle-manager.ts';
import { firstBundle } from '../../runtime/bundle/first-bundle.ts';
import { inspectBundle } from '../../runtime/bundle/inspect-bundle.ts';
import type { DeployResult, RunningBundle, Swap } from '../../runtime/bundle/running-bundle.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { scratch } from '../support/scratch.ts';
import { type BundleChoice, bundleOf, gateFor, newSigner, packed, withCode } from './bundle-fixtures.ts';
import { MemoryBundleStore, MemoryControlStore } from './memory-stores.ts';

const signer = newSigner();
// What the thread adds is the matter of the gate's own test.
const quick = { inspect: inspectBundle };
const gate = gateFor([signer], quick);
const who = { by: 'ann', why: 'a release', downgrade: false };
const silent = { info: () => {}, warn: () => {}, error: () => {} };

async function bundle(choice: BundleChoice, by: BundleGate = gate): Promise<RunningBundle> {
  const verdict = await by.verify(packed({ signer, ...choice }), 'upload', null);
  if (!verdict.passed) throw new Error(verdict.message);
  const { hash, manifest, signedBy } = verdict.bundle;
  const { bytes, evaluator } = verdict;
  return { hash, serial: manifest.serial, origin: 'folder', signedBy, bytes, evaluator };
}

const given = await bundle({ serial: 1 });
const signed = (serial: number, choice: BundleChoice = {}): Buffer =>
  packed({ signer, serial, thresholdMs: 500 + serial, ...choice });

interface Bench {
  readonly manager: BundleManager;
  readonly store: MemoryBundleStore;
  readonly controls: MemoryControlStore;
  /** Serials, in the order in which they began to run. */
  readonly swaps: number[];
}

interface BenchChoice {
  readonly store?: MemoryBundleStore;
  readonly controls?: MemoryControlStore;
  readonly gate?: BundleGate;
  readonly swap?: Swap;
  readonly given?: RunningBundle;
}

/** An engine, or another one on the same stores. */
async function bench(choice: BenchChoice = {}): Promise<Bench> {
  const controls = choice.controls ?? new MemoryControlStore(systemClock);
  const store = choice.store ?? new MemoryBundleStore(systemClock, controls);
  const own = choice.given ?? given;
  const base = {
    gate: choice.gate ?? gate,
    store,
    audit: controls.audit.bind(controls),
    clock: systemClock,
    log: silent,
    given: own,
  };
  const swaps: number[] = [];
  let swapping = false;
  const swap: Swap = async (next) => {
    expect(swapping, 'two swaps at once').toBe(false);
    swapping = true;
    try {
      await choice.swap?.(next);
      await new Promise((resolve) => setTimeout(resolve, 2));
      swaps.push(next.serial);
    } finally {
      swapping = false;
    }
    return { pauseMs: 0.5 };
  };
  const manager = new BundleManager({ ...base, ...(await firstBundle(base)), swap, timers: systemTimers });
  onTestFinished(() => manager.stop());
  return { manager, store, controls, swaps };
}

const told = (result: DeployResult): string =>
  result.result === 'refused' ? `${result.fault}: ${result.message}` : result.result;

const steps = ({ controls }: Bench): readonly string[] =>
  controls.audited.map(({ by, what, reason }) => `${what} by ${by}: ${reason}`);

test('a deployment is swapped in, kept, ordered for all, and written down with who and why', async () => {
  const engine = await bench();
  const result = await engine.manager.deploy(signed(2), who);
  expect(result).toMatchObject({ result: 'active', serial: 2, order: 1, replaced: given.hash });
  expect(engine.manager.running.serial).toBe(2);
  expect(engine.swaps).toEqual([2]);
  const { hash } = engine.manager.running;
  expect(engine.store.bundles.get(hash)).toMatchObject({ uploadedBy: 'ann', signedBy: signer.trusted.id });
  expect(engine.store.ordered).toMatchObject([{ kind: 'deploy', by: 'ann', reason: 'a release', hash }]);
  expect(engine.store.reported).toMatchObject([{ order: 1, result: 'active', hash }]);
  expect(steps(engine)).toEqual(['deploy begun by ann: a release', 'deploy by ann: a release']);
  expect(engine.controls.audited[0].detail).toMatchObject({ serial: 2, replaces: given.hash, replacesSerial: 1 });
  expect(told(await engine.manager.deploy(signed(2), who))).toBe('unchanged');
  expect(engine.swaps).toEqual([2]);
});

test.each<[string, Buffer, string]>([
  ['unsigned', packed({ serial: 2 }), 'unsigned'],
  ['a stranger’s', packed({ serial: 2, signer: newSigner() }), 'untrusted-key'],
  ['truncated', signed(2).subarray(0, 900), 'damaged'],
  ['older', signed(0), 'older'],
  ['of another contract', signed(2, { manifest: (manifest) => manifest.contract++ }), 'contract'],
  ['that throws', signed(2, { spoil: withCode('throw new Error("no")') }), 'does-not-load'],
])('a bundle that is %s changes nothing and is written down', async (_, bytes, fault) => {
  const engine = await bench();
  expect(told(await engine.manager.deploy(bytes, who)).split(':')[0]).toBe(fault);
  expect(engine.manager.running).toBe(given);
  expect(engine.swaps).toEqual([]);
  expect(engine.store.ordered).toEqual([]);
  expect(steps(engine)).toEqual(['deploy refused by ann: a release']);
  expect(engine.controls.audited[0].detail).toMatchObject({ fault });
});

test('a downgrade needs an explicit order, which is written down', async () => {
  const engine = await bench();
  await engine.manager.deploy(signed(5), who);
  expect(told(await engine.manager.deploy(signed(4), who))).toMatch(/^older: its serial 4 is lower than 5/);
  const downgrade = { by: 'bob', why: 'serial 5 pages everybody', downgrade: true };
  expect(await engine.manager.deploy(signed(4), downgrade)).toMatchObject({ result: 'active', serial: 4 });
  expect(engine.store.ordered.at(-1)).toMatchObject({
    kind: 'rollback',
    by: 'bob',
    reason: 'serial 5 pages everybody',
  });
  expect(steps(engine).slice(2)).toEqual([
    'deploy refused by ann: a release',
    'rollback begun by bob: serial 5 pages everybody',
    'rollback by bob: serial 5 pages everybody',
  ]);
});

test('when the engine can’t change, it goes on, and nobody else is told to change', async () => {
  const engine = await bench({
    swap: async () => {
      throw new Error('no memory');
    },
  });
  expect(told(await engine.manager.deploy(signed(2), who))).toMatch(/^swap-failed: .*goes on with .*: no memory$/);
  expect(engine.manager.running).toBe(given);
  expect(engine.store.ordered).toEqual([]);
  expect(engine.store.reported).toMatchObject([{ order: null, result: 'failed' }]);
  expect(steps(engine)).toEqual(['deploy begun by ann: a release', 'deploy failed by ann: a release']);
});

test('what can’t be written down is not done', async () => {
  const engine = await bench();
  engine.controls.failing = true;
  expect(told(await engine.manager.deploy(signed(2), who))).toMatch(
    /^unavailable: nothing was changed.*the disk is full/,
  );
  expect(engine.swaps).toEqual([]);
  engine.controls.failing = false;
  engine.store.failing = 'orders';
  expect(told(await engine.manager.deploy(signed(2), who))).toMatch(/^unavailable: /);
  expect(engine.swaps).toEqual([2, 1]);
  expect(engine.manager.running).toBe(given);
  engine.store.failing = 'nothing';
  expect(told(await engine.manager.deploy(signed(2), who))).toBe('active');
});

test('deployments at once come one after the other; the newest runs in the end', async () => {
  const engine = await bench();
  const serials = [3, 6, 2, 5, 4];
  const results = await Promise.all(serials.map((serial) => engine.manager.deploy(signed(serial), who)));
  expect(results.map((result) => told(result).split(':')[0])).toEqual(['active', 'active', 'older', 'older', 'older']);
  expect(engine.swaps).toEqual([3, 6]);
  expect(engine.manager.running.serial).toBe(6);
});

test('another engine’s order is verified again and obeyed within 2 s', async () => {
  const one = await bench();
  const two = await bench(one);
  one.manager.follow();
  two.manager.follow();
  const begun = performance.now();
  await one.manager.deploy(signed(2), who);
  await vi.waitFor(() => expect(two.manager.running.serial).toBe(2), 2_000);
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect(two.manager.running.hash).toBe(one.manager.running.hash);
  expect(two.manager.order).toBe(1);
  await two.manager.rollback({ by: 'bob', why: 'too many pages', hash: null });
  await vi.waitFor(() => expect(one.manager.running.serial).toBe(1), 2_000);
  expect(one.swaps).toEqual([2, 1]);
});

test('an engine that may not run what was ordered keeps its own and says so', async () => {
  const one = await bench();
  const two = await bench({ ...one, gate: gateFor([newSigner()], quick) });
  two.manager.follow();
  await one.manager.deploy(signed(2), who);
  await vi.waitFor(() => expect(two.manager.unmet?.message).toMatch(/^untrusted-key: /), 2_000);
  expect(two.manager.running).toBe(given);
  expect(one.store.reported.at(-1)).toMatchObject({ order: 1, result: 'refused' });
  const three = await bench({
    ...one,
    given,
    gate: gateFor([newSigner()], quick),
  });
  expect(three.manager.unmet).toMatchObject({ order: 1 });
  expect(three.manager.running).toBe(given);
});

test('bytes that were exchanged in the ledger are not run', async () => {
  const one = await bench();
  const two = await bench(one);
  two.manager.follow();
  one.store.beforeOrder = () => {
    const [stored] = [...one.store.bundles.values()].slice(-1);
    one.store.bundles.set(stored.hash, { ...stored, bytes: signed(1, { thresholdMs: 9 }) });
  };
  await one.manager.deploy(signed(2), who);
  await vi.waitFor(() => expect(two.manager.unmet?.message).toMatch(/^older|holds another bundle/), 2_000);
  expect(two.manager.running).toBe(given);
});

test('two engines deploy at once: the lower serial does not stand', async () => {
  const one = await bench();
  const nine = await bundle({ serial: 9 });
  one.store.beforeOrder = () => {
    one.store.beforeOrder = null;
    one.store.bundles.set(nine.hash, { ...nine, signature: 'signed', uploadedBy: 'bob', uploadedAt: 0, size: 0 });
    const order = { number: 1, hash: nine.hash, serial: 9, kind: 'deploy', by: 'bob', reason: '', at: 0 } as const;
    one.store.ordered.push(order);
  };
  expect(told(await one.manager.deploy(signed(5), who))).toMatch(/^conflict: another engine deployed serial 9/);
  expect(one.manager.running.serial).toBe(9);
  expect(one.store.ordered.at(-1)).toMatchObject({ hash: nine.hash, kind: 'rollback' });
});

test('rollbacks go one step further each time, or to a bundle by its hash', async () => {
  const engine = await bench();
  const back = (hash: string | null = null): Promise<DeployResult> =>
    engine.manager.rollback({ by: 'bob', why: 'pages', hash });
  expect(told(await back())).toMatch(/^unknown-bundle: there is no earlier bundle/);
  for (const serial of [2, 3, 4]) await engine.manager.deploy(signed(serial), who);
  const newest = engine.manager.running.hash;
  for (const serial of [3, 2, 1]) expect(await back()).toMatchObject({ result: 'active', serial });
  expect(told(await back())).toMatch(/^unknown-bundle: /);
  expect(await back(newest.slice(0, 10))).toMatchObject({ result: 'active', serial: 4 });
  expect(told(await back('ffff'))).toMatch(/^unknown-bundle: no bundle with a hash that begins with ffff/);
  expect(steps(engine).filter((step) => step === 'rollback by bob: pages')).toHaveLength(4);
});

test('a restart runs what was ordered last', async () => {
  const engine = await bench();
  await engine.manager.deploy(signed(2), who);
  await engine.manager.deploy(signed(3), who);
  const again = await bench(engine);
  expect(again.manager.running).toMatchObject({ serial: 3, origin: 'store', hash: engine.manager.running.hash });
  expect(again.swaps).toEqual([]);
  await again.manager.rollback({ by: 'bob', why: 'pages', hash: null });
  expect((await bench(engine)).manager.running.serial).toBe(2);
});

test('a restart runs the last good one when the newest can’t be run any more', async () => {
  const engine = await bench();
  await engine.manager.deploy(signed(2), who);
  await engine.manager.deploy(signed(3), who);
  const newest = engine.store.bundles.get(engine.manager.running.hash);
  if (newest === undefined) throw new Error('it is not kept');
  engine.store.bundles.set(newest.hash, { ...newest, bytes: newest.bytes.subarray(0, 500) });
  const again = await bench(engine);
  expect(again.manager.running.serial).toBe(2);
  expect(again.manager.unmet).toMatchObject({ order: 2, message: expect.stringMatching(/^damaged: /) });
  expect(engine.store.reported.at(-1)).toMatchObject({ order: 2, result: 'refused' });
  for (const [hash, stored] of engine.store.bundles)
    engine.store.bundles.set(hash, { ...stored, bytes: Buffer.alloc(3) });
  expect((await bench(engine)).manager.running).toBe(given);
});

test('an engine that is started with a newer bundle deploys it', async () => {
  const engine = await bench();
  await engine.manager.deploy(signed(2), who);
  const newer = await bundle({ serial: 7 });
  const again = await bench({ ...engine, given: newer });
  expect(again.manager.running).toBe(newer);
  expect(engine.store.ordered.at(-1)).toMatchObject({ hash: newer.hash, by: 'start', kind: 'deploy' });
  expect(steps(engine).at(-1)).toMatch(/^deploy by start: /);
});

function place(folder: string, choice: BundleChoice): void {
  const next = `${folder}.next`;
  mkdirSync(next);
  for (const [name, text] of bundleOf(choice)) writeFileSync(join(next, name), text);
  rmSync(folder, { recursive: true, force: true });
  renameSync(next, folder);
}

test('what is put into a watched folder runs; what was rolled back from it stays back', async () => {
  const folder = join(scratch(), 'bundle');
  const engine = await bench();
  engine.manager.watch(folder);
  place(folder, { signer, serial: 2 });
  await vi.waitFor(() => expect(engine.manager.running.serial).toBe(2), 5_000);
  place(folder, { signer, serial: 3 });
  await vi.waitFor(() => expect(engine.manager.running.serial).toBe(3), 5_000);
  place(folder, { serial: 4 });
  await vi.waitFor(() => expect(steps(engine).at(-1)).toMatch(/^deploy refused by folder/), 5_000);
  place(folder, { signer, serial: 3 });
  await engine.manager.rollback({ by: 'bob', why: 'pages', hash: null });
  await engine.manager.stop();
  const again = await bench(engine);
  again.manager.watch(folder);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(again.manager.running.serial).toBe(2);
  place(folder, { signer, serial: 5 });
  await vi.waitFor(() => expect(again.manager.running.serial).toBe(5), 5_000);
});

test('a folder that is copied file by file runs when it is whole', async () => {
  const folder = join(scratch(), 'bundle');
  const source = join(scratch(), 'source');
  place(source, { signer, serial: 2 });
  const engine = await bench();
  engine.manager.watch(folder);
  mkdirSync(folder);
  for (const name of ['manifest.json', 'signature', 'feeds.js']) cpSync(join(source, name), join(folder, name));
  await vi.waitFor(() => expect(steps(engine)).toEqual([expect.stringMatching(/^deploy refused by folder/)]), 5_000);
  cpSync(source, folder, { recursive: true });
  await vi.waitFor(() => expect(engine.manager.running.serial).toBe(2), 5_000);
});

test('a plan tells what would change and changes nothing', async () => {
  const engine = await bench();
  const plan = await engine.manager.plan(signed(2));
  expect(plan).toMatchObject({
    result: 'accepted',
    serial: 2,
    running: given.hash,
    unchanged: 0,
    changes: [{ kind: 'policy', name: 'slow', change: 'changed', stateResetting: true, parts: ['clauses'] }],
  });
  expect(await engine.manager.plan(signed(0))).toMatchObject({ result: 'refused', fault: 'older' });
  expect(await engine.manager.plan(signed(0), true)).toMatchObject({ result: 'accepted' });
  expect(engine.manager.running).toBe(given);
  expect(engine.controls.audited).toEqual([]);
});
