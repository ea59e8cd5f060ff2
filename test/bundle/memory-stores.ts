// The ledger's stores of bundles and controls in memory, shared by several engines of a test; they can be made to fail.

import type {
  BundleFacts,
  BundleOrder,
  BundleStore,
  DeploymentResult,
  StoredBundle,
} from '../../runtime/ledger/bundle-store.ts';
import type { Control, ControlAudit, ControlOrder, ControlStore } from '../../runtime/ledger/control-store.ts';
import { LedgerRejected } from '../../runtime/ledger/problem.ts';
import type { Clock } from '../../runtime/ports/clock.ts';

export class MemoryBundleStore implements BundleStore {
  readonly bundles = new Map<string, StoredBundle>();
  readonly ordered: BundleOrder[] = [];
  readonly reported: DeploymentResult[] = [];
  /** What is thrown by whatever writes, or by everything. */
  failing: 'nothing' | 'orders' | 'everything' = 'nothing';
  /** Called before an order is taken: another engine may come first. */
  beforeOrder: (() => void) | null = null;
  readonly #clock: Clock;
  readonly #controls: MemoryControlStore;
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock, controls: MemoryControlStore) {
    this.#clock = clock;
    this.#controls = controls;
  }

  async put(bundle: Omit<StoredBundle, 'uploadedAt' | 'size'>): Promise<'stored' | 'known'> {
    this.#work(false);
    if (this.bundles.has(bundle.hash)) return 'known';
    const { byteLength: size } = bundle.bytes;
    this.bundles.set(bundle.hash, { ...bundle, uploadedAt: this.#clock.now(), size });
    return 'stored';
  }

  async get(hash: string): Promise<StoredBundle | null> {
    this.#work(false);
    return this.bundles.get(hash) ?? null;
  }

  async list(count: number): Promise<readonly BundleFacts[]> {
    this.#work(false);
    return [...this.bundles.values()].reverse().slice(0, count);
  }

  async order(order: Pick<BundleOrder, 'hash' | 'kind' | 'by' | 'reason'>): Promise<BundleOrder> {
    this.#work(true);
    this.beforeOrder?.();
    const stored = this.bundles.get(order.hash);
    if (stored === undefined) throw new LedgerRejected('no such bundle');
    const taken = { ...order, number: this.ordered.length + 1, serial: stored.serial, at: this.#clock.now() };
    this.ordered.push(taken);
    await this.#controls.audit({
      by: order.by,
      what: order.kind,
      subject: order.hash,
      reason: order.reason,
      detail: {},
    });
    for (const listener of this.#listeners) queueMicrotask(listener);
    return taken;
  }

  async current(): Promise<BundleOrder | null> {
    this.#work(false);
    return this.ordered.at(-1) ?? null;
  }

  async orders(count: number): Promise<readonly BundleOrder[]> {
    this.#work(false);
    return this.ordered.toReversed().slice(0, count);
  }

  async report(result: Omit<DeploymentResult, 'at' | 'engine'>): Promise<void> {
    this.#work(false);
    this.reported.push({ ...result, engine: 'test', at: this.#clock.now() });
  }

  async results(count: number): Promise<readonly DeploymentResult[]> {
    this.#work(false);
    return this.reported.toReversed().slice(0, count);
  }

  onOrder(onOrder: () => void): () => void {
    this.#listeners.add(onOrder);
    return () => this.#listeners.delete(onOrder);
  }

  #work(isOrder: boolean): void {
    if (this.failing === 'everything' || (isOrder && this.failing === 'orders')) throw new Error('the disk is full');
  }
}

export class MemoryControlStore implements ControlStore {
  readonly kept: Control[] = [];
  readonly audited: ControlAudit[] = [];
  failing = false;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async controls(): ReturnType<ControlStore['controls']> {
    this.#work();
    const readAt = this.#clock.now();
    return { controls: this.kept.filter(({ expiresAt }) => expiresAt === null || expiresAt > readAt), readAt };
  }

  async set(order: ControlOrder): Promise<Control> {
    this.#work();
    const now = this.#clock.now();
    if (order.kind !== 'pause' && order.expiresAt === null) throw new LedgerRejected('a silence needs an end');
    if (order.expiresAt !== null && order.expiresAt <= now) throw new LedgerRejected('its end is past');
    const control = { ...order, id: this.kept.length + 1, startsAt: order.startsAt ?? now, createdAt: now };
    this.kept.push(control);
    await this.audit({ by: order.by, what: order.kind, subject: order.scope.kind, reason: order.reason, detail: {} });
    return control;
  }

  async lift(id: number, by: string, reason: string): Promise<boolean> {
    this.#work();
    const at = this.kept.findIndex((control) => control.id === id);
    if (at < 0) return false;
    this.kept.splice(at, 1);
    await this.audit({ by, what: 'lift', subject: String(id), reason, detail: {} });
    return true;
  }

  onChange(): () => void {
    return () => {};
  }

  async audit(entry: Omit<ControlAudit, 'at'>): Promise<void> {
    this.#work();
    this.audited.push({ ...entry, at: this.#clock.now() });
  }

  async audits(count: number): Promise<readonly ControlAudit[]> {
    this.#work();
    return this.audited.toReversed().slice(0, count);
  }

  #work(): void {
    if (this.failing) throw new Error('the disk is full');
  }
}
