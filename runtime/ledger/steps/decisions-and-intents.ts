// Step 1: decisions, and an intent per action of the admitted ones. Released; never changed.

import type { Migration } from '../migration.ts';

// The event's time is part of the audit's key because a later step may partition the table by it; the id is derived
// from that time, so one id still is one row.
export const decisionsAndIntents: Migration = {
  number: 1,
  name: 'decisions and intents',
  sql: `
create table decision_audit (
  id text not null,
  policy text not null,
  policy_hash text not null,
  key text not null,
  event_time timestamptz not null,
  cause text not null check (cause in ('condition', 'repeat')),
  outcome text not null check (outcome in ('shadowed', 'admitted', 'refused', 'awaiting_approval')),
  gate text,
  reason text,
  mode text not null check (mode in ('shadow', 'approve', 'enforce')),
  actions jsonb not null,
  clause_values jsonb not null,
  source text not null,
  bundle_hash text not null,
  deadline timestamptz,
  writer text not null,
  recorded_at timestamptz not null,
  primary key (id, event_time),
  check ((outcome = 'refused') = (gate is not null))
);
create index decision_audit_by_time on decision_audit (event_time);

create table action_intent (
  decision_id text not null,
  ordinal integer not null,
  action text not null,
  target text,
  args jsonb not null,
  state text not null,
  attempts integer not null default 0,
  detail text,
  writer text not null,
  updated_at timestamptz not null,
  primary key (decision_id, ordinal)
);
create index action_intent_open on action_intent (state) where state in ('admitted', 'executing', 'unknown');

create function action_intent_guard() returns trigger language plpgsql as $guard$
begin
  if tg_op = 'INSERT' then
    raise exception 'an intent begins as admitted, not as %', new.state;
  elsif (old.state || ' ' || new.state) not in (
    'admitted executing', 'admitted expired',
    'executing succeeded', 'executing failed', 'executing unknown',
    'unknown reconciled', 'unknown expired'
  ) then
    raise exception 'intent % of decision % can''t go from % to %', old.ordinal, old.decision_id, old.state, new.state;
  end if;
  return new;
end
$guard$;
create trigger action_intent_begin before insert on action_intent
  for each row when (new.state <> 'admitted') execute function action_intent_guard();
create trigger action_intent_move before update on action_intent
  for each row when (new.state <> old.state) execute function action_intent_guard();
`,
};
