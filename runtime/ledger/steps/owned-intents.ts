// Step 3: an intent says whose it is, in what order it stands among those of its fleet, what exactly it changes, and
// when; engines show that they are alive.

import type { Migration } from '../migration.ts';

export const ownedIntents: Migration = {
  number: 3,
  name: 'owned intents',
  sql: `
create table engine_lease (
  engine text primary key,
  host text not null,
  pid integer not null,
  version text not null,
  started_at timestamptz not null,
  alive_since timestamptz not null,
  heartbeat_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);

create table fleet_fence (
  fleet text primary key,
  fence bigint not null,
  decision_id text not null,
  updated_at timestamptz not null
);

alter table action_intent
  add column owner text not null default '',
  add column taken_from text,
  add column fence bigint not null default 0,
  add column policy text not null default '',
  add column event_time timestamptz,
  add column direction text not null default 'none' check (direction in ('up', 'down', 'none')),
  add column change_from integer,
  add column change_to integer,
  add column members integer not null default 0,
  add column budget_share float8,
  add column budget_per_ms float8,
  add column deadline timestamptz,
  add column recorded_at timestamptz,
  add column started_at timestamptz,
  add column ended_at timestamptz,
  add column refused_by text,
  add column done boolean not null default true;

update action_intent intent
set policy = audit.policy, event_time = audit.event_time, deadline = audit.deadline, recorded_at = audit.recorded_at
from decision_audit audit where audit.id = intent.decision_id;
update action_intent set
  event_time = coalesce(event_time, updated_at),
  recorded_at = coalesce(recorded_at, updated_at),
  started_at = case when state in ('admitted', 'expired') then null else updated_at end,
  ended_at = case when state in ('succeeded', 'failed', 'reconciled', 'expired') then updated_at end,
  direction = case when action = 'scale_up' then 'up' when action in ('scale_down', 'restart') then 'down' else 'none' end,
  done = state <> 'failed';
alter table action_intent
  alter column event_time set not null,
  alter column recorded_at set not null;

create index action_intent_by_fleet on action_intent (target, (coalesce(ended_at, timestamptz 'infinity')));
create index action_intent_by_end on action_intent (ended_at);
create index action_intent_open_by_owner on action_intent (owner) where state in ('admitted', 'executing', 'unknown');
drop index action_intent_open;
`,
};
