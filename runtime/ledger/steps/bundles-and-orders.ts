// Step 7: bundles by their hash, what was ordered about them, and what became of each order on each engine.

import type { Migration } from '../migration.ts';

export const bundlesAndOrders: Migration = {
  number: 7,
  name: 'bundles and orders',
  sql: `
create table bundle (
  hash text primary key,
  serial bigint not null,
  signature text not null check (signature in ('signed', 'unsigned')),
  signed_by text,
  bytes bytea not null,
  uploaded_by text not null check (uploaded_by <> ''),
  uploaded_at timestamptz not null
);

create table bundle_order (
  number bigint generated always as identity primary key,
  hash text not null references bundle (hash),
  kind text not null check (kind in ('deploy', 'rollback')),
  ordered_by text not null check (ordered_by <> ''),
  reason text not null,
  at timestamptz not null
);

create table deployment_audit (
  id bigint generated always as identity primary key,
  order_number bigint,
  engine text not null,
  hash text not null,
  serial bigint not null,
  result text not null check (result in ('active', 'refused', 'failed')),
  detail text not null,
  at timestamptz not null
);

create function bundle_order_notify() returns trigger language plpgsql as $guard$
begin
  perform pg_notify('ddl_bundle', '');
  return null;
end
$guard$;
create trigger bundle_order_taken after insert on bundle_order
  for each statement execute function bundle_order_notify();
`,
};
