// Which bundle runs. Every way to another one (a deployment, a rollback, an order that another engine took, a folder) goes
// through the gate, one after the other, and is written down before and after; whatever fails, the last good one runs on.

import type { ActionLog } from '../actions/executor.ts';
import { matchPrograms } from '../evaluate/state/program-match.ts';
import type { BundleOrder, BundleStore } from '../ledger/bundle-store.ts';
import type { ControlStore } from '../ledger/control-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cancel, Timers } from '../ports/timers.ts';
import type { BundleGate, BundleOrigin, PassedBundle } from './bundle-gate.ts';
import { comparePrograms } from './compare-programs.ts';
import { FolderWatch } from './folder-watch.ts';
import { rollbackTarget } from './rollback-target.ts';
import {
  DeployRefused,
  type DeployResult,
  digest,
  type PlanResult,
  type RunningBundle,
  type Swap,
  type SwapReport,
  saidBy,
  short,
  swapText,
  type Who,
} from './running-bundle.ts';

export interface BundleManagerOptions {
  readonly gate: BundleGate;
  readonly store: BundleStore;
  readonly audit: ControlStore['audit'];
  readonly swap: Swap;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: ActionLog;
  /** What runs now, and the number of the order that it obeys; 0 without one. */
  readonly running: RunningBundle;
  readonly order: number;
  /** Found at the start. */
  readonly unmet: UnmetOrder | null;
  /** What the engine was started with; a rollback from the first deployment goes there. */
  readonly given: RunningBundle;
}

/** An order of another engine that this one could not obey. */
export interface UnmetOrder {
  readonly order: number;
  readonly hash: string;
  readonly message: string;
}

/** An order must have reached every engine within 2 s. */
const followEveryMs = 1_000;
const ordersLookedAt = 200;

interface Wanted extends Who {
  readonly kind: BundleOrder['kind'];
}

export class BundleManager {
  readonly #options: BundleManagerOptions;
  #running: RunningBundle;
  #since: number;
  /** The highest order that was looked at. */
  #order: number;
  #unmet: UnmetOrder | null;
  #troubled = false;
  /** One at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #following = false;
  #stopped = false;
  #closers: Cancel[] = [];

  constructor(options: BundleManagerOptions) {
    this.#options = options;
    this.#running = options.running;
    this.#since = options.clock.now();
    this.#order = options.order;
    this.#unmet = options.unmet;
  }

  get running(): RunningBundle {
    return this.#running;
  }

  /** Since when it has run, epoch ms. */
  get since(): number {
    return this.#since;
  }

  get order(): number {
    return this.#order;
  }

  get unmet(): UnmetOrder | null {
    return this.#unmet;
  }

  /** Obeys what any engine orders from now on. */
  follow(): void {
    const { timers, store } = this.#options;
    this.#closers.push(
      timers.every(followEveryMs, () => this.#followSoon()),
      store.onOrder(() => this.#followSoon()),
    );
  }

  /** Deploys what is put into `folder`, and what lies there already unless it was ordered once before. */
  watch(folder: string): void {
    const watch = new FolderWatch({
      folder,
      timers: this.#options.timers,
      onBundle: (first) => this.#inTurn(() => this.#fromFolder(folder, first)).then(nothing, nothing),
    });
    this.#closers.push(() => watch.stop());
  }

  /** `downgrade`: a lower serial is taken; to be ordered by a person, with the reason. Never rejects. */
  deploy(bytes: Uint8Array, who: Who & { readonly downgrade: boolean }): Promise<DeployResult> {
    const wanted: Wanted = { ...who, kind: who.downgrade ? 'rollback' : 'deploy' };
    return this.#inTurn(() => this.#deploy(bytes, 'upload', wanted));
  }

  /** To the one before, or to the one whose hash begins with `hash`. Never rejects. */
  rollback(who: Who & { readonly hash: string | null }): Promise<DeployResult> {
    return this.#inTurn(() => this.#rollBack(who));
  }

  /** What a deployment would do; changes nothing. */
  async plan(bytes: Uint8Array, downgrade = false): Promise<PlanResult> {
    const running = this.#running;
    const verdict = await this.#options.gate.verify(bytes, 'upload', downgrade ? null : running.serial);
    if (!verdict.passed) return { result: 'refused', fault: verdict.fault, message: verdict.message };
    const { hash, manifest, signedBy, meta } = verdict.bundle;
    const changes = comparePrograms(running.evaluator.meta, meta);
    return { result: 'accepted', hash, serial: manifest.serial, signedBy, running: running.hash, ...changes };
  }

  /** Ends what is under way and takes nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const close of this.#closers.splice(0)) close();
    await this.#turn;
  }

  #inTurn(work: () => Promise<DeployResult>): Promise<DeployResult> {
    const result = this.#turn.then(async (): Promise<DeployResult> => {
      if (this.#stopped) return { result: 'refused', fault: 'unavailable', message: 'the engine is stopping' };
      try {
        const done = await work();
        this.#troubled = false;
        return done;
      } catch (error) {
        if (error instanceof DeployRefused) return { result: 'refused', fault: error.fault, message: error.message };
        const said = saidBy(error);
        // Once: an engine that follows asks every second.
        if (!this.#troubled)
          this.#options.log.error({ problem: said }, 'the ledger can’t be asked what to run: what runs goes on');
        this.#troubled = true;
        const message = `nothing was changed, because it can't be written down: ${said}; try again`;
        return { result: 'refused', fault: 'unavailable', message };
      }
    });
    this.#turn = result;
    return result;
  }

  async #deploy(source: Uint8Array | string, origin: BundleOrigin, wanted: Wanted): Promise<DeployResult> {
    const { gate, store } = this.#options;
    const before = await store.current();
    if (before !== null && before.number > this.#order) await this.#obey(before);
    const serialMin = wanted.kind === 'rollback' ? null : this.#running.serial;
    const verdict = await gate.verify(source, origin, serialMin);
    if (!verdict.passed) {
      const name = typeof source === 'string' ? source : `package ${digest(source)}`;
      await this.#note(`${wanted.kind} refused`, name, wanted, { fault: verdict.fault, message: verdict.message });
      this.#options.log.warn({ by: wanted.by, fault: verdict.fault }, `a bundle was refused: ${verdict.message}`);
      throw new DeployRefused(verdict.fault, verdict.message);
    }
    return this.#replace(this.#candidate(verdict, origin), wanted, before);
  }

  #candidate({ bundle, evaluator, bytes }: PassedBundle, origin: BundleOrigin): RunningBundle {
    const { hash, signedBy, manifest } = bundle;
    return { hash, serial: manifest.serial, origin, signedBy, bytes, evaluator };
  }

  /** Written down, swapped here, and only when that went well ordered for all. */
  async #replace(next: RunningBundle, wanted: Wanted, before: BundleOrder | null): Promise<DeployResult> {
    const { log } = this.#options;
    const former = this.#running;
    const { hash, serial, signedBy } = next;
    // One that other engines do not run is ordered, although it runs here.
    if (hash === former.hash && (before === null || before.hash === hash)) return { result: 'unchanged', hash, serial };
    const detail = { serial, signedBy, origin: next.origin, replaces: former.hash, replacesSerial: former.serial };
    await this.#note(`${wanted.kind} begun`, hash, wanted, detail);
    await this.#keep(former, wanted.by);
    await this.#keep(next, wanted.by);
    const swap = await this.#swapped(next, null, wanted);
    const order = await this.#ordered(next, former, wanted);
    await this.#refuseOvertaking(order, before?.number ?? 0, wanted);
    await this.#report(next, order.number, 'active', swapText(swap));
    log.info({ bundle: hash, serial, by: wanted.by, ...swap }, `bundle ${short(hash)} runs, serial ${serial}`);
    return { result: 'active', hash, serial, signedBy, order: order.number, replaced: former.hash, swap };
  }

  /** Without an order that is written down the former one runs on. */
  async #ordered({ hash }: RunningBundle, former: RunningBundle, { kind, by, why }: Wanted): Promise<BundleOrder> {
    let order: BundleOrder;
    try {
      order = await this.#options.store.order({ hash, kind, by, reason: why });
    } catch (error) {
      await this.#takeBack(former, error);
      throw error;
    }
    this.#order = order.number;
    this.#unmet = null;
    return order;
  }

  async #takeBack(former: RunningBundle, why: unknown): Promise<void> {
    try {
      await this.#options.swap(former);
      this.#running = former;
    } catch (error) {
      const message = `it runs on this engine alone: the order could not be written down (${saidBy(why)}), and it could not be taken back (${saidBy(error)}); restart the engine`;
      throw new DeployRefused('swap-failed', message);
    }
  }

  /** Between the look at the orders and ours another engine may have ordered something newer: that stands. */
  async #refuseOvertaking(order: BundleOrder, after: number, wanted: Wanted): Promise<void> {
    if (wanted.kind === 'rollback') return;
    const { store } = this.#options;
    const between = (await store.orders(20)).filter(({ number }) => number > after && number < order.number);
    const newest = between[0];
    if (newest === undefined || newest.serial <= order.serial) return;
    const reason = `order ${order.number} came after it with a lower serial`;
    const restored = await store.order({ hash: newest.hash, kind: 'rollback', by: wanted.by, reason });
    await this.#obey(restored);
    throw new DeployRefused(
      'conflict',
      `another engine deployed serial ${newest.serial} at the same time, which runs now: deploy again if this one shall follow it`,
    );
  }

  async #rollBack({ by, why, hash }: Who & { readonly hash: string | null }): Promise<DeployResult> {
    const { store, given, gate } = this.#options;
    const wanted: Wanted = { by, why, kind: 'rollback' };
    const before = await store.current();
    if (before !== null && before.number > this.#order) await this.#obey(before);
    const target = await rollbackTarget(store, given.hash, hash);
    if (target === given.hash) return this.#replace(given, wanted, before);
    const stored = await store.get(target);
    if (stored === null) throw new DeployRefused('unknown-bundle', `the bundle ${short(target)} is no longer kept`);
    const verdict = await gate.verify(stored.bytes, 'store', null);
    if (!verdict.passed) {
      await this.#note('rollback refused', target, wanted, { fault: verdict.fault, message: verdict.message });
      throw new DeployRefused(verdict.fault, verdict.message);
    }
    return this.#replace(this.#candidate(verdict, 'store'), wanted, before);
  }

  #followSoon(): void {
    // A second look would find what the one that waits will find.
    if (this.#following || this.#stopped) return;
    this.#following = true;
    const look = async (): Promise<DeployResult> => {
      this.#following = false;
      const order = await this.#options.store.current();
      if (order !== null && order.number > this.#order) await this.#obey(order);
      const { hash, serial } = this.#running;
      return { result: 'unchanged', hash, serial };
    };
    this.#inTurn(look).then(nothing, nothing);
  }

  /** What another engine has verified is verified here again. An order that can't be obeyed is not tried again. */
  async #obey(order: BundleOrder): Promise<void> {
    const { store, gate, given } = this.#options;
    const { number, hash, kind, by, reason } = order;
    const wanted: Wanted = { by, why: reason, kind };
    if (hash === this.#running.hash) {
      await this.#report(this.#running, number, 'active', 'it ran already');
    } else if (hash === given.hash) {
      const swap = await this.#swapped(given, order, wanted).catch(isRefused);
      if (swap === null) return;
      await this.#report(given, number, 'active', swapText(swap));
    } else {
      const stored = await store.get(hash);
      if (stored === null) return this.#leaveUnmet(order, 'refused', 'it is not in the ledger');
      const verdict = await gate.verify(stored.bytes, 'store', kind === 'rollback' ? null : this.#running.serial);
      if (!verdict.passed) return this.#leaveUnmet(order, 'refused', `${verdict.fault}: ${verdict.message}`);
      if (verdict.bundle.hash !== hash) return this.#leaveUnmet(order, 'refused', 'the ledger holds another bundle');
      const next = this.#candidate(verdict, 'store');
      const swap = await this.#swapped(next, order, wanted).catch(isRefused);
      if (swap === null) return;
      await this.#report(next, number, 'active', swapText(swap));
      this.#options.log.info({ bundle: hash, order: number, by, ...swap }, `bundle ${short(hash)} runs, as ordered`);
    }
    this.#order = number;
    this.#unmet = null;
  }

  async #leaveUnmet(order: BundleOrder, result: 'refused' | 'failed', message: string): Promise<void> {
    const { number, hash, serial } = order;
    this.#order = number;
    this.#unmet = { order: number, hash, message };
    this.#options.log.error(
      { bundle: hash, order: number, running: this.#running.hash },
      `order ${number} can't be obeyed, bundle ${short(this.#running.hash)} runs on: ${message}`,
    );
    await this.#tell({ order: number, hash, serial, result, detail: message });
  }

  /** `order`: what is obeyed, `null` for one that is still to be given. */
  async #swapped(next: RunningBundle, order: BundleOrder | null, wanted: Wanted): Promise<SwapReport> {
    try {
      const former = this.#running.evaluator.meta;
      const { pauseMs } = await this.#options.swap(next);
      this.#running = next;
      this.#since = this.#options.clock.now();
      const { policies } = matchPrograms(former, next.evaluator.meta);
      const carried = policies.filter((index) => index >= 0).length;
      return { carried, fresh: policies.length - carried, pauseMs };
    } catch (error) {
      const said = saidBy(error);
      const message = `the engine can't change to it and goes on with ${short(this.#running.hash)}: ${said}`;
      await this.#note(`${wanted.kind} failed`, next.hash, wanted, { message });
      if (order !== null) await this.#leaveUnmet(order, 'failed', message);
      else await this.#report(next, null, 'failed', message);
      throw new DeployRefused('swap-failed', message);
    }
  }

  async #fromFolder(folder: string, first: boolean): Promise<DeployResult> {
    const { gate, store } = this.#options;
    const why = `it was put into ${folder}`;
    const wanted: Wanted = { by: 'folder', why, kind: 'deploy' };
    if (first) {
      // What lies there since before the start may have been rolled back.
      const verdict = await gate.verify(folder, 'folder', null);
      const hash = verdict.passed ? verdict.bundle.hash : null;
      const known = (await store.orders(ordersLookedAt)).find((order) => order.hash === hash);
      if (known !== undefined) return { result: 'unchanged', hash: known.hash, serial: known.serial };
    }
    return this.#deploy(folder, 'folder', wanted);
  }

  /** So that every engine can have it. */
  async #keep({ hash, serial, signedBy, bytes }: RunningBundle, by: string): Promise<void> {
    const signature = signedBy === null ? 'unsigned' : 'signed';
    await this.#options.store.put({ hash, serial, signature, signedBy, uploadedBy: by, bytes });
  }

  async #note(
    what: string,
    subject: string,
    { by, why }: Who,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#options.audit({ by, what, subject, reason: why, detail });
  }

  async #report(
    { hash, serial }: RunningBundle,
    order: number | null,
    result: 'active' | 'failed',
    detail: string,
  ): Promise<void> {
    await this.#tell({ order, hash, serial, result, detail });
  }

  /** What has been done is not undone because its record can't be written. */
  async #tell(result: Parameters<BundleStore['report']>[0]): Promise<void> {
    try {
      await this.#options.store.report(result);
    } catch (error) {
      const said = saidBy(error);
      this.#options.log.error({ ...result, problem: said }, 'what became of an order could not be written down');
    }
  }
}

function nothing(): void {}

/** It has been told; anything else is thrown on. */
function isRefused(error: unknown): null {
  if (error instanceof DeployRefused) return null;
  throw error;
}
