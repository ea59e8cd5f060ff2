// Bundles, orders and their results in SQL. Who uploaded or ordered what is written down in the same statement.

import { z } from 'zod';
import type { Cancel } from '../ports/timers.ts';
import type { BundleFacts, BundleOrder, BundleStore, DeploymentResult, StoredBundle } from './bundle-store.ts';
import { LedgerRejected } from './problem.ts';
import { readRows, wholeMs } from './rows.ts';
import { epochMs, storable } from './statements.ts';
import { ChangeSignal, order, type StoreContext } from './store-context.ts';

const factsRow = z
  .object({
    hash: z.string(),
    serial: z.number(),
    signature: z.enum(['signed', 'unsigned']),
    signed_by: z.string().nullable(),
    uploaded_by: z.string(),
    uploaded_at: wholeMs,
    size: z.number(),
    bytes: z.instanceof(Uint8Array).optional(),
  })
  .transform(({ signed_by, uploaded_by, uploaded_at, bytes, ...row }) => ({
    facts: { ...row, signedBy: signed_by, uploadedBy: uploaded_by, uploadedAt: uploaded_at } satisfies BundleFacts,
    bytes,
  }));

const orderRow = z
  .object({
    number: z.number(),
    hash: z.string(),
    serial: z.number(),
    kind: z.enum(['deploy', 'rollback']),
    ordered_by: z.string(),
    reason: z.string(),
    at: wholeMs,
  })
  .transform(({ ordered_by, ...row }): BundleOrder => ({ ...row, by: ordered_by }));

const resultRow = z
  .object({
    order_number: z.number().nullable(),
    engine: z.string(),
    hash: z.string(),
    serial: z.number(),
    result: z.enum(['active', 'refused', 'failed']),
    detail: z.string(),
    at: wholeMs,
  })
  .transform(({ order_number, ...row }): DeploymentResult => ({ ...row, order: order_number }));

const facts = `bundle.hash, bundle.serial::float8 as serial, bundle.signature, bundle.signed_by, bundle.uploaded_by,
  ${epochMs('bundle.uploaded_at')} as uploaded_at, length(bundle.bytes)::float8 as size`;

const insertBundle = `
with made as (
  insert into bundle (hash, serial, signature, signed_by, bytes, uploaded_by, uploaded_at)
  values ($1, $2::bigint, $3, $4, $5::bytea, $6, ledger_time($7::float8))
  on conflict (hash) do nothing
  returning *
), noted as (
  insert into control_audit (at, changed_by, what, subject, reason, detail)
  select uploaded_at, uploaded_by, 'upload', hash, '', jsonb_build_object('serial', serial, 'signature', signature)
  from made
)
select hash from made`;

const insertOrder = `
with made as (
  insert into bundle_order (hash, kind, ordered_by, reason, at)
  select hash, $2, $3, $4, ledger_time($5::float8) from bundle where hash = $1
  returning *
), noted as (
  insert into control_audit (at, changed_by, what, subject, reason, detail)
  select at, ordered_by, kind, hash, reason, jsonb_build_object('order', number) from made
)
select made.number::float8 as number, made.hash, bundle.serial::float8 as serial, made.kind, made.ordered_by, made.reason,
  ${epochMs('made.at')} as at
from made join bundle on bundle.hash = made.hash`;

const selectOrders = `
select made.number::float8 as number, made.hash, bundle.serial::float8 as serial, made.kind, made.ordered_by, made.reason,
  ${epochMs('made.at')} as at
from bundle_order made join bundle on bundle.hash = made.hash order by made.number desc limit $1::int`;

const insertResult = `
insert into deployment_audit (order_number, engine, hash, serial, result, detail, at)
values ($1::bigint, $2, $3, $4::bigint, $5, $6, ledger_time($7::float8))`;

const selectResults = `
select order_number::float8 as order_number, engine, hash, serial::float8 as serial, result, detail,
  ${epochMs('at')} as at
from deployment_audit order by id desc limit $1::int`;

/** A bundle of 10,000 policies is about 15 MB. */
const bytesMax = 64_000_000;

export class SqlBundleStore implements BundleStore {
  readonly #context: StoreContext;
  readonly #signal: ChangeSignal;

  constructor(context: StoreContext) {
    this.#context = context;
    this.#signal = new ChangeSignal(context.database, 'ddl_bundle');
  }

  async put(bundle: Omit<StoredBundle, 'uploadedAt' | 'size'>): Promise<'stored' | 'known'> {
    const { hash, serial, signature, signedBy, bytes, uploadedBy } = bundle;
    if (bytes.length > bytesMax) {
      throw new LedgerRejected(`a bundle holds ${bytesMax / 1e6} MB at most, and this one ${bytes.length / 1e6} MB`);
    }
    const by = storable(uploadedBy);
    const values = [hash, serial, signature, signedBy, bytes, by, this.#context.now()];
    return (await order(this.#context, insertBundle, values)).length > 0 ? 'stored' : 'known';
  }

  async get(hash: string): Promise<StoredBundle | null> {
    const rows = await this.#context.database.query(`select ${facts}, bytes from bundle where hash = $1`, [hash]);
    const [found] = readRows(rows, factsRow, (row) => row).rows;
    return found?.bytes === undefined ? null : { ...found.facts, bytes: found.bytes };
  }

  async list(count: number): Promise<readonly BundleFacts[]> {
    const sql = `select ${facts} from bundle order by bundle.uploaded_at desc, bundle.hash limit $1::int`;
    return readRows(await this.#context.database.query(sql, [count]), factsRow, (row) => row.facts).rows;
  }

  async order({ hash, kind, by, reason }: Pick<BundleOrder, 'hash' | 'kind' | 'by' | 'reason'>): Promise<BundleOrder> {
    const values = [hash, kind, storable(by), storable(reason), this.#context.now()];
    const [made] = readRows(await order(this.#context, insertOrder, values), orderRow, (row) => row).rows;
    if (made === undefined) throw new LedgerRejected(`there is no bundle ${hash} in the ledger; upload it first`);
    this.#signal.changed();
    return made;
  }

  async current(): Promise<BundleOrder | null> {
    return (await this.orders(1))[0] ?? null;
  }

  async orders(count: number): Promise<readonly BundleOrder[]> {
    return readRows(await this.#context.database.query(selectOrders, [count]), orderRow, (row) => row).rows;
  }

  async report(given: Omit<DeploymentResult, 'at' | 'engine'>): Promise<void> {
    const { engineId, now } = this.#context;
    const { hash, serial, result, detail } = given;
    await order(this.#context, insertResult, [given.order, engineId, hash, serial, result, storable(detail), now()]);
  }

  async results(count: number): Promise<readonly DeploymentResult[]> {
    return readRows(await this.#context.database.query(selectResults, [count]), resultRow, (row) => row).rows;
  }

  onOrder(onOrder: () => void): Cancel {
    return this.#signal.on(onOrder);
  }
}
