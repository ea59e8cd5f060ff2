// Step 5: what must hold at the moment in which an action begins, asked by the database itself: deadline, controls,
// newest fence, nothing else under way on the fleet, the fleet's rolling budget. What may not begin ends as `expired`.

import type { Migration } from '../migration.ts';

export const guardedIntents: Migration = {
  number: 5,
  name: 'guarded intents',
  sql: `
create function ledger_time_text(at timestamptz) returns text language sql stable as $guard$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
$guard$;

create function action_intent_refusal(intent action_intent, at timestamptz, out guard text, out reason text)
language plpgsql as $guard$
declare
  held control;
  other action_intent;
  newest fleet_fence;
  used bigint;
  base integer;
  allowed bigint;
begin
  if intent.deadline < at then
    guard := 'deadline';
    reason := format('too old: it had to begin by %s, and it is %s', ledger_time_text(intent.deadline), ledger_time_text(at));
    return;
  end if;
  -- People are told also while everything else is paused.
  if intent.action not in ('notify', 'open_incident') then
    select * into held from control
    where lifted_at is null and starts_at <= at and (expires_at is null or expires_at > at) and (
      scope = 'global' or (scope = 'fleet' and subject = intent.target)
      or (scope = 'policy' and subject = intent.policy) or (scope = 'direction' and subject = intent.direction))
    order by (kind <> 'pause'), id limit 1;
    if found then
      guard := case held.kind when 'pause' then 'paused' else 'silenced' end;
      reason := format('%s (%s) by %s since %s: %s', held.kind, trim(held.scope || ' ' || held.subject), held.ordered_by,
        ledger_time_text(held.starts_at), held.reason);
      return;
    end if;
  end if;
  if intent.target is null then
    return;
  end if;
  -- Whoever else wants to begin something on this fleet waits here.
  select * into newest from fleet_fence where fleet = intent.target for update;
  if newest.fence > intent.fence then
    guard := 'fence';
    reason := format('decision %s on fleet %s is newer (fence %s, this one has %s)', newest.decision_id, intent.target,
      newest.fence, intent.fence);
    return;
  end if;
  select * into other from action_intent
  where target = intent.target and coalesce(ended_at, timestamptz 'infinity') = timestamptz 'infinity'
    and state in ('executing', 'unknown')
    and (decision_id <> intent.decision_id or ordinal <> intent.ordinal) limit 1;
  if found then
    guard := 'in-flight';
    reason := format('%s of decision %s on fleet %s is still %s, begun at %s', other.action, other.decision_id,
      intent.target, other.state, ledger_time_text(other.started_at));
    return;
  end if;
  if intent.members = 0 or intent.budget_share is null or intent.budget_per_ms is null then
    return;
  end if;
  select sum(entry.members) filter (where entry.direction = intent.direction),
    (array_agg(entry.change_from order by entry.started_at) filter (where entry.change_from is not null))[1]
  into used, base
  from action_intent entry
  where entry.target = intent.target and entry.started_at is not null and entry.done and entry.members > 0
    and coalesce(entry.ended_at, timestamptz 'infinity') > at - intent.budget_per_ms * interval '1 millisecond';
  base := coalesce(base, intent.change_from);
  allowed := floor(intent.budget_share::numeric * base);
  if coalesce(used, 0) + intent.members > allowed then
    guard := 'budget';
    reason := format('fleet %s: %s of %s members changed in this direction (%s) within %s s, and this changes %s more; %s are allowed',
      intent.target, coalesce(used, 0), base, intent.direction, round((intent.budget_per_ms / 1000)::numeric),
      intent.members, allowed);
  end if;
end
$guard$;

create function action_intent_step() returns trigger language plpgsql as $guard$
declare
  refusal record;
begin
  if new.state = 'executing' and old.state = 'admitted' then
    select * into refusal from action_intent_refusal(new, new.updated_at);
    if refusal.guard is not null then
      new.state := 'expired';
      new.refused_by := refusal.guard;
      new.detail := 'not begun: ' || refusal.reason;
    else
      new.started_at := new.updated_at;
    end if;
  end if;
  if new.state in ('succeeded', 'failed', 'reconciled', 'expired') then
    new.ended_at := new.updated_at;
    new.done := new.done and new.state <> 'failed' and new.started_at is not null;
  end if;
  return new;
end
$guard$;
-- Triggers fire in the order of their names: this one before action_intent_move, which judges what came of it.
create trigger action_intent_ask before update on action_intent
  for each row when (new.state <> old.state) execute function action_intent_step();

create function action_intent_change(p_decision text, p_ordinal integer, p_state text, p_attempts integer,
  p_detail text, p_done boolean, p_writer text, p_owner text, p_at timestamptz,
  out outcome text, out refused_by text, out detail text, out holder text)
language plpgsql as $guard$
declare
  intent action_intent;
begin
  select * into intent from action_intent where decision_id = p_decision and ordinal = p_ordinal for update;
  if not found then
    outcome := 'missing';
    return;
  end if;
  if intent.writer <> p_writer and intent.state <> p_state and intent.owner = p_owner then
    update action_intent set state = p_state, attempts = p_attempts, detail = p_detail, done = p_done, writer = p_writer,
      updated_at = p_at
    where decision_id = p_decision and ordinal = p_ordinal
    returning * into intent;
  end if;
  -- The writer is this very call's also when an earlier attempt of it was committed without anybody hearing of it.
  holder := intent.owner;
  if intent.writer <> p_writer then
    outcome := 'others';
  elsif intent.state <> p_state then
    outcome := 'refused';
    refused_by := intent.refused_by;
    detail := intent.detail;
  else
    outcome := 'moved';
  end if;
end
$guard$;
`,
};
