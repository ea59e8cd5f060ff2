// Step 2: the audit in partitions, one per day of event time (UTC), so that old days are dropped and not deleted. What
// is of a day that has no partition of its own, such as a replay of last year's telemetry, is in `decision_audit_other`.

import type { Migration } from '../migration.ts';

/** Days with rows that get a partition of their own when an existing audit is moved; what is older goes to the other. */
const daysMovedMax = 400;

export const auditByDay: Migration = {
  number: 2,
  name: 'audit by day',
  sql: `
create function ledger_time(ms float8) returns timestamptz language sql volatile as $guard$
  select case when ms is null then clock_timestamp() else timestamptz 'epoch' + ms * interval '1 millisecond' end
$guard$;

create table ledger_identity (
  single boolean primary key default true check (single),
  incarnation text not null,
  made_at timestamptz not null
);
insert into ledger_identity (incarnation, made_at) values (gen_random_uuid()::text, clock_timestamp());

alter table decision_audit rename to decision_audit_before;
alter index decision_audit_pkey rename to decision_audit_before_pkey;
alter index decision_audit_by_time rename to decision_audit_before_by_time;

create table decision_audit (
  id text not null,
  policy text not null,
  policy_hash text not null,
  policy_id text,
  key text not null,
  event_time timestamptz not null,
  cause text not null check (cause in ('condition', 'repeat')),
  outcome text not null check (outcome in ('shadowed', 'admitted', 'refused', 'awaiting_approval')),
  gate text,
  reason text,
  mode text not null check (mode in ('shadow', 'approve', 'enforce')),
  actions jsonb not null,
  clause_values jsonb not null,
  remaining jsonb,
  source text not null,
  bundle_hash text not null,
  deadline timestamptz,
  writer text not null,
  recorded_at timestamptz not null,
  primary key (id, event_time),
  check ((outcome = 'refused') = (gate is not null))
) partition by range (event_time);
create index decision_audit_by_time on decision_audit (event_time);
create table decision_audit_other partition of decision_audit default;

create function decision_audit_add_day(day date) returns boolean language plpgsql as $guard$
declare
  name text := 'decision_audit_' || to_char(day, 'YYYYMMDD');
  first timestamptz := day::timestamp at time zone 'UTC';
  after timestamptz := (day + 1)::timestamp at time zone 'UTC';
begin
  if to_regclass(name) is not null then
    return false;
  end if;
  -- Another engine may be making it: it is asked for again behind the lock, in the catalogue itself.
  lock table decision_audit_other in access exclusive mode;
  if exists (select from decision_audit_days() days where days.day = decision_audit_add_day.day) then
    return false;
  end if;
  execute format('create table %I (like decision_audit including all)', name);
  execute format('with moved as (delete from decision_audit_other where event_time >= %L and event_time < %L returning *)
    insert into %I select * from moved', first, after, name);
  execute format('alter table decision_audit attach partition %I for values from (%L) to (%L)', name, first, after);
  return true;
end
$guard$;

create function decision_audit_days() returns table (name text, day date) language sql stable as $guard$
  select part.relname::text, to_date(right(part.relname, 8), 'YYYYMMDD')
  from pg_inherits join pg_class part on part.oid = pg_inherits.inhrelid
  where pg_inherits.inhparent = 'decision_audit'::regclass and part.relname ~ '^decision_audit_[0-9]{8}$'
$guard$;

create function decision_audit_drop_before(cutoff timestamptz) returns integer language plpgsql as $guard$
declare
  old record;
  dropped integer := 0;
begin
  for old in
    select days.name from decision_audit_days() days
    where (days.day + 1)::timestamp at time zone 'UTC' <= cutoff order by days.day
  loop
    execute format('alter table decision_audit detach partition %I', old.name);
    execute format('drop table %I', old.name);
    dropped := dropped + 1;
  end loop;
  -- A replay of what is long past is kept as long as anything else.
  delete from decision_audit_other where event_time < cutoff and recorded_at < cutoff;
  return dropped;
end
$guard$;

select decision_audit_add_day(day) from (
  select distinct (event_time at time zone 'UTC')::date as day from decision_audit_before
  where isfinite(event_time) order by day desc limit ${daysMovedMax}
) days;
insert into decision_audit (id, policy, policy_hash, key, event_time, cause, outcome, gate, reason, mode, actions,
    clause_values, source, bundle_hash, deadline, writer, recorded_at)
  select id, policy, policy_hash, key, event_time, cause, outcome, gate, reason, mode, actions,
    clause_values, source, bundle_hash, deadline, writer, recorded_at from decision_audit_before;
drop table decision_audit_before;
`,
};
