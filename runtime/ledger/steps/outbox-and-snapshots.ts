// Step 6: what people are still to be told, and the state of partitions as of an offset.

import type { Migration } from '../migration.ts';

export const outboxAndSnapshots: Migration = {
  number: 6,
  name: 'outbox and snapshots',
  sql: `
create table notice_outbox (
  key text primary key,
  kind text not null,
  payload jsonb not null,
  created_at timestamptz not null,
  due_at timestamptz not null,
  holder text,
  attempts integer not null default 0,
  problem text,
  delivered_at timestamptz,
  given_up_at timestamptz,
  check (delivered_at is null or given_up_at is null)
);
create index notice_outbox_due on notice_outbox (due_at) where delivered_at is null and given_up_at is null;

create table partition_snapshot (
  consumer_group text not null,
  topic text not null,
  partition integer not null,
  bundle_hash text not null,
  next_offset bigint not null check (next_offset >= 0),
  bytes bytea not null,
  taken_at timestamptz not null,
  primary key (consumer_group, topic, partition, bundle_hash)
);
`,
};
