// What an engine runs when it starts: the bundle that was ordered last, if it still passes the gate, else the last one
// that ran well, else what the engine was started with. A start never goes back behind an order by itself.

import type { ActionLog } from '../actions/executor.ts';
import type { BundleOrder, BundleStore } from '../ledger/bundle-store.ts';
import type { BundleGate } from './bundle-gate.ts';
import type { UnmetOrder } from './bundle-manager.ts';
import type { RunningBundle } from './running-bundle.ts';

export interface FirstBundleOptions {
  readonly gate: BundleGate;
  readonly store: BundleStore;
  readonly log: ActionLog;
  readonly given: RunningBundle;
}

export interface FirstBundle {
  readonly running: RunningBundle;
  /** The highest order that was looked at; 0 without any. */
  readonly order: number;
  readonly unmet: UnmetOrder | null;
}

const ordersLookedAt = 50;

/** Rejects when the ledger can't be asked. */
export async function firstBundle(options: FirstBundleOptions): Promise<FirstBundle> {
  const { store, given, log } = options;
  const current = await store.current();
  if (current === null) return { running: given, order: 0, unmet: null };
  if (current.hash === given.hash) return { running: given, order: current.number, unmet: null };
  if (given.serial > current.serial) return orderGiven(options, current);
  let unmet: UnmetOrder | null = null;
  for (const order of await candidates(store, current)) {
    const found = order.hash === given.hash ? given : await stored(options, order);
    if (typeof found !== 'string') {
      log.info(
        { bundle: found.hash, serial: found.serial, by: order.by, order: order.number },
        `runs the bundle ${found.hash.slice(0, 12)} that ${order.by} ordered${found.hash === current.hash ? '' : ', the last that ran well'}, and not what it was started with`,
      );
      return { running: found, order: current.number, unmet };
    }
    unmet ??= { order: order.number, hash: order.hash, message: found };
    log.error({ bundle: order.hash, order: order.number }, `order ${order.number} can't be obeyed: ${found}`);
    await store.report({
      order: order.number,
      hash: order.hash,
      serial: order.serial,
      result: 'refused',
      detail: found,
    });
  }
  log.error({ bundle: given.hash }, 'no bundle that was ordered can be run: runs what it was started with');
  return { running: given, order: current.number, unmet };
}

/** The order that holds, and before it those whose bundle has run somewhere; newest first, each bundle once. */
async function candidates(store: BundleStore, current: BundleOrder): Promise<readonly BundleOrder[]> {
  const results = await store.results(ordersLookedAt);
  const ran = new Set(results.filter(({ result }) => result === 'active').map(({ hash }) => hash));
  const older = (await store.orders(ordersLookedAt)).filter(({ hash }) => hash !== current.hash && ran.has(hash));
  const byHash = new Map(older.toReversed().map((order) => [order.hash, order]));
  return [current, ...[...byHash.values()].sort((left, right) => right.number - left.number)];
}

async function stored({ store, gate }: FirstBundleOptions, { hash }: BundleOrder): Promise<RunningBundle | string> {
  const kept = await store.get(hash);
  if (kept === null) return 'the ledger no longer has it';
  const verdict = await gate.verify(kept.bytes, 'store', null);
  if (!verdict.passed) return `${verdict.fault}: ${verdict.message}`;
  const { bundle, bytes, evaluator } = verdict;
  if (bundle.hash !== hash) return 'the ledger holds another bundle under this name';
  const { signedBy, manifest } = bundle;
  return { hash, serial: manifest.serial, origin: 'store', signedBy, bytes, evaluator };
}

/** A release that came with the engine itself is a deployment like any other. */
async function orderGiven(options: FirstBundleOptions, current: BundleOrder): Promise<FirstBundle> {
  const { store, given, log } = options;
  const { hash, serial, signedBy, bytes } = given;
  const by = 'start';
  const reason = 'the engine was started with a newer bundle';
  await store.put({
    hash,
    serial,
    signature: signedBy === null ? 'unsigned' : 'signed',
    signedBy,
    uploadedBy: by,
    bytes,
  });
  const order = await store.order({ hash, kind: 'deploy', by, reason });
  await store.report({ order: order.number, hash, serial, result: 'active', detail: 'at the start' });
  log.info({ bundle: hash, serial, order: order.number }, `serial ${serial} replaces ${current.serial}: ${reason}`);
  return { running: given, order: order.number, unmet: null };
}
