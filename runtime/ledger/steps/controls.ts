// Step 4: what people have told all engines (kill switch, pauses, silences, maintenance windows), and the list of
// everything that people changed.

import type { Migration } from '../migration.ts';

export const controls: Migration = {
  number: 4,
  name: 'controls',
  sql: `
create table control (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('pause', 'silence', 'maintenance')),
  scope text not null check (scope in ('global', 'fleet', 'policy', 'direction')),
  subject text not null,
  ordered_by text not null check (ordered_by <> ''),
  reason text not null,
  created_at timestamptz not null,
  starts_at timestamptz not null,
  expires_at timestamptz,
  lifted_at timestamptz,
  lifted_by text,
  constraint control_ends check (kind = 'pause' or expires_at is not null),
  constraint control_order check (expires_at is null or expires_at > starts_at),
  constraint control_lifted check ((lifted_at is null) = (lifted_by is null)),
  constraint control_direction check (scope <> 'direction' or subject in ('up', 'down'))
);
create index control_open on control (id) where lifted_at is null;

create table control_audit (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  changed_by text not null,
  what text not null,
  subject text not null,
  reason text not null,
  detail jsonb not null
);

create function control_notify() returns trigger language plpgsql as $guard$
begin
  perform pg_notify('ddl_control', '');
  return null;
end
$guard$;
create trigger control_changed after insert or update or delete on control
  for each statement execute function control_notify();
`,
};
