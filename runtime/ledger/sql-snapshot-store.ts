// Snapshots of partitions in SQL: one row per partition and bundle, which only a later offset replaces.

import { z } from 'zod';
import { LedgerRejected } from './problem.ts';
import { readRows, wholeMs } from './rows.ts';
import type { PartitionSnapshot, SnapshotKey, SnapshotStore } from './snapshot-store.ts';
import { epochMs } from './statements.ts';
import { order, type StoreContext } from './store-context.ts';

const snapshotRow = z
  .object({
    consumer_group: z.string(),
    topic: z.string(),
    partition: z.number().int(),
    bundle_hash: z.string(),
    next_offset: z.number(),
    at: wholeMs,
    bytes: z.instanceof(Uint8Array).optional(),
  })
  .transform(({ consumer_group, topic, partition, bundle_hash, next_offset, at, bytes }) => ({
    facts: { group: consumer_group, topic, partition, bundleHash: bundle_hash, offset: next_offset, at },
    bytes,
  }));

const columns = `consumer_group, topic, partition, bundle_hash, next_offset::float8 as next_offset,
  ${epochMs('taken_at')} as at`;

const put = `
insert into partition_snapshot (consumer_group, topic, partition, bundle_hash, next_offset, bytes, taken_at)
values ($1, $2, $3::int, $4, $5::bigint, $6::bytea, ledger_time($7::float8))
on conflict (consumer_group, topic, partition, bundle_hash) do update
set next_offset = excluded.next_offset, bytes = excluded.bytes, taken_at = excluded.taken_at
where partition_snapshot.next_offset <= excluded.next_offset
returning next_offset`;

const bytesMaxDefault = 64_000_000;

export class SqlSnapshotStore implements SnapshotStore {
  readonly #context: StoreContext;
  readonly #bytesMax: number;

  constructor(context: StoreContext, bytesMax = bytesMaxDefault) {
    this.#context = context;
    this.#bytesMax = bytesMax;
  }

  async put(snapshot: Omit<PartitionSnapshot, 'at'>): Promise<'stored' | 'older'> {
    const { group, topic, partition, bundleHash, offset, bytes } = snapshot;
    if (bytes.length > this.#bytesMax) {
      throw new LedgerRejected(
        `the snapshot of ${topic}/${partition} holds ${bytes.length} bytes, and ${this.#bytesMax} is the most; without it the partition is read from further back`,
      );
    }
    const values = [group, topic, partition, bundleHash, offset, bytes, this.#context.now()];
    return (await order(this.#context, put, values)).length > 0 ? 'stored' : 'older';
  }

  async newest({ group, topic, partition, bundleHash }: SnapshotKey): Promise<PartitionSnapshot | null> {
    const rows = await this.#context.database.query(
      `select ${columns}, bytes from partition_snapshot
where consumer_group = $1 and topic = $2 and partition = $3::int and bundle_hash = $4`,
      [group, topic, partition, bundleHash],
    );
    const [found] = readRows(rows, snapshotRow, (row) => row).rows;
    return found?.bytes === undefined ? null : { ...found.facts, bytes: found.bytes };
  }

  async list(key: Omit<SnapshotKey, 'bundleHash'>): Promise<readonly Omit<PartitionSnapshot, 'bytes'>[]> {
    const rows = await this.#context.database.query(
      `select ${columns} from partition_snapshot
where consumer_group = $1 and topic = $2 and partition = $3::int order by taken_at desc, bundle_hash`,
      [key.group, key.topic, key.partition],
    );
    return readRows(rows, snapshotRow, (row) => row.facts).rows;
  }

  async drop(group: string, at: number): Promise<number> {
    const rows = await this.#context.database.query(
      `delete from partition_snapshot where consumer_group = $1
  and taken_at < timestamptz 'epoch' + $2::float8 * interval '1 millisecond' returning partition`,
      [group, at],
    );
    return rows.length;
  }
}
