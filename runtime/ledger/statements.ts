// The ledger's statements. Rows travel as arrays through `unnest`, so that a batch is one statement whatever its size,
// and times as epoch milliseconds, so that no driver's idea of a date comes in between.

import type { Decision } from '../decision.ts';
import type { IntentChange } from './ledger.ts';
import type { Notice } from './outbox.ts';
import type { SqlValue } from './sql-database.ts';

/** One decision on its way; `writer` is different for every call, so that a retry knows its own row again. */
export interface DecisionEntry {
  readonly decision: Decision;
  readonly bundleHash: string;
  readonly writer: string;
  readonly notices: readonly Notice[];
}

/** One change of an intent on its way; `writer` as for decisions. */
export interface ChangeEntry {
  readonly change: IntentChange;
  readonly writer: string;
}

/** Whose statements these are, and when: epoch ms, or `null` for the database's own clock. */
export interface Stamp {
  readonly owner: string;
  readonly now: number | null;
}

export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

const time = (milliseconds: string): string => `timestamptz 'epoch' + ${milliseconds} * interval '1 millisecond'`;
export const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

/**
 * Fleets that a batch will number or ask about, locked in one order: batches of several engines wait for each other
 * instead of getting in each other's way.
 */
export function lockFleets(fleets: readonly string[], begins: readonly IntentChange[]): Statement {
  return {
    sql: `
select from fleet_fence where fleet = any ($1::text[]) or fleet in (
  select intent.target from unnest($2::text[], $3::int[]) as row (decision_id, ordinal)
  join action_intent intent on intent.decision_id = row.decision_id and intent.ordinal = row.ordinal)
order by fleet for update`,
    values: [fleets.map(storable), begins.map((change) => change.decisionId), begins.map((change) => change.ordinal)],
  };
}

/**
 * Decisions with their intents, in one statement; a row for each decision that was not there before: `writer`. One
 * that was there has its intents already: they were committed with it. The intents of a decision on one fleet share a
 * fence, and later decisions on that fleet have a higher one.
 */
export function insertDecisions(entries: readonly DecisionEntry[], { owner, now }: Stamp): Statement {
  const decisions = entries.map((entry) => entry.decision);
  return {
    sql: `
with given as (
  select *, ledger_time($17::float8) as now
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::float8[], $16::text[],
    $19::text[], $20::text[]) with ordinality as row (id, policy, policy_hash, key, event_ms, cause, outcome, gate,
      reason, mode, actions, clause_values, source, bundle_hash, deadline_ms, writer, policy_id, remaining, position)
), recorded as (
  insert into decision_audit (id, policy, policy_hash, key, event_time, cause, outcome, gate, reason, mode, actions,
    clause_values, source, bundle_hash, deadline, writer, recorded_at, policy_id, remaining)
  select id, policy, policy_hash, key, ${time('event_ms')}, cause, outcome, gate, reason, mode, actions::jsonb,
    clause_values::jsonb, source, bundle_hash, ${time('deadline_ms')}, writer, now, policy_id, remaining::jsonb
  from given order by id
  on conflict do nothing
  returning id, policy, event_time, outcome, actions, deadline, writer, recorded_at
), planned as (
  select recorded.*, given.position, action.number - 1 as ordinal, action.plan ->> 'name' as action,
    action.plan ->> 'target' as fleet, action.plan -> 'args' as args,
    coalesce(action.plan #>> '{change,from}', action.plan #>> '{budget,of}')::int as change_from, (action.plan #>> '{change,to}')::int as change_to,
    (action.plan #>> '{budget,share}')::float8 as share, (action.plan #>> '{budget,perMs}')::float8 as per_ms,
    (action.plan #>> '{budget,members}')::int as members
  from recorded join given on given.id = recorded.id
  cross join lateral jsonb_array_elements(recorded.actions) with ordinality as action (plan, number)
  where recorded.outcome = 'admitted'
), numbered as (
  select *, dense_rank() over (partition by fleet order by position) as place from planned
), fences as (
  insert into fleet_fence (fleet, fence, decision_id, updated_at)
  select fleet, max(place), (array_agg(id order by position desc))[1], max(recorded_at)
  from numbered where fleet is not null group by fleet order by fleet
  on conflict (fleet) do update set fence = fleet_fence.fence + excluded.fence, decision_id = excluded.decision_id,
    updated_at = excluded.updated_at
  returning fleet, fence
), intents as (
  insert into action_intent (decision_id, ordinal, action, target, args, state, writer, updated_at, owner, fence, policy,
    event_time, direction, change_from, change_to, members, budget_share, budget_per_ms, deadline, recorded_at)
  select id, ordinal, action, numbered.fleet, args, 'admitted', writer, recorded_at, $18,
    coalesce(fences.fence - max(place) over (partition by numbered.fleet) + place, 0), policy, event_time,
    case when change_to > change_from or action = 'scale_up' then 'up'
      when change_to < change_from or action in ('scale_down', 'restart') then 'down' else 'none' end,
    change_from, change_to, coalesce(members, abs(change_to - change_from), 0), share, per_ms, deadline, recorded_at
  from numbered left join fences on fences.fleet = numbered.fleet
)
select writer from recorded`,
    values: [
      decisions.map((decision) => storable(decision.id)),
      decisions.map((decision) => storable(decision.policy)),
      decisions.map((decision) => storable(decision.policyHash)),
      decisions.map((decision) => storable(decision.key)),
      decisions.map((decision) => decision.at),
      decisions.map((decision) => decision.cause),
      decisions.map((decision) => decision.outcome),
      decisions.map((decision) => decision.gate),
      decisions.map((decision) => (decision.reason === null ? null : storable(decision.reason))),
      decisions.map((decision) => decision.mode),
      decisions.map((decision) => storableJson(decision.actions)),
      decisions.map((decision) => storableJson(decision.values)),
      decisions.map((decision) => storable(decision.source)),
      entries.map((entry) => storable(entry.bundleHash)),
      decisions.map((decision) => decision.deadline ?? null),
      entries.map((entry) => storable(entry.writer)),
      now,
      owner,
      decisions.map(({ policyId }) => (policyId === undefined ? null : storable(policyId))),
      decisions.map(({ remaining }) => (remaining === undefined ? null : storableJson(remaining))),
    ],
  };
}

/** The `writer` of each of these decisions that is in the table. One look-up by key each, however large the table. */
export function selectWriters(entries: readonly DecisionEntry[]): Statement {
  return {
    sql: `
select found.writer from unnest($1::text[], $2::float8[]) as row (id, event_ms)
cross join lateral (
  select audit.writer from decision_audit audit
  where audit.id = row.id and audit.event_time = ${time('row.event_ms')} limit 1
) found`,
    values: [entries.map((entry) => entry.decision.id), entries.map((entry) => entry.decision.at)],
  };
}

/**
 * Moves intents that are the owner's, in order of their identity. A row for each: its `outcome` (`missing` when there is
 * no such intent), whose it is, and why it was refused.
 */
export function changeIntents(entries: readonly ChangeEntry[], { owner, now }: Stamp): Statement {
  const changes = entries.map((entry) => entry.change);
  return {
    sql: `
select row.writer, changed.* from (
  select * from unnest($1::text[], $2::int[], $3::text[], $4::int[], $5::text[], $6::text[], $9::boolean[])
    as given (decision_id, ordinal, state, attempts, detail, writer, done)
  order by decision_id, ordinal offset 0
) row cross join lateral action_intent_change(row.decision_id, row.ordinal, row.state, row.attempts, row.detail,
  row.done, row.writer, $7, ledger_time($8::float8)) changed`,
    values: [
      changes.map((change) => change.decisionId),
      changes.map((change) => change.ordinal),
      changes.map((change) => change.to),
      changes.map((change) => change.attempts),
      changes.map((change) => (change.detail === null ? null : storable(change.detail))),
      entries.map((entry) => entry.writer),
      owner,
      now,
      changes.map((change) => change.done ?? true),
    ],
  };
}

/** Notices whose key is not there yet. */
export function insertNotices(notices: readonly Notice[], now: number | null): Statement {
  return {
    sql: `
insert into notice_outbox (key, kind, payload, created_at, due_at)
select key, kind, payload::jsonb, now, now
from (select *, ledger_time($4::float8) as now from unnest($1::text[], $2::text[], $3::text[]) as row (key, kind, payload)
  order by key) given
on conflict (key) do nothing`,
    values: [
      notices.map((notice) => storable(notice.key)),
      notices.map((notice) => storable(notice.kind)),
      notices.map((notice) => storableJson(notice.payload)),
      now,
    ],
  };
}

const decisionColumns = `
audit.id, audit.policy, audit.policy_hash, audit.policy_id, audit.key, ${epochMs('audit.event_time')} as at, audit.cause, audit.outcome,
audit.gate, audit.reason, audit.mode, audit.actions::text as actions, audit.clause_values::text as clause_values,
audit.source, audit.remaining::text as remaining, ${epochMs('audit.deadline')} as deadline`;

const intentColumns = `intent.ordinal, intent.state, intent.attempts, intent.detail`;

export const selectDecisionsSince = `
select ${decisionColumns} from decision_audit audit where audit.event_time >= ${time('$1::float8')}
order by audit.event_time, audit.id`;

export const selectRecentDecisions = `
select ${decisionColumns} from decision_audit audit order by audit.event_time desc, audit.id limit $1::int`;

export const selectIntentsOf = `
select ${decisionColumns}, ${intentColumns} from action_intent intent
join decision_audit audit on audit.id = intent.decision_id and audit.event_time = intent.event_time
where intent.decision_id = $1 order by intent.ordinal`;

/** Actions on fleets that are open, or have ended since `$1`; of the fleet `$2` unless it is null. */
export const selectFleetActs = `
select intent.decision_id, intent.ordinal, intent.policy, audit.key, ${epochMs('intent.event_time')} as at,
  intent.target as fleet, intent.action, intent.direction, intent.change_from, intent.change_to, intent.members,
  intent.state, intent.done, intent.fence::float8 as fence, ${epochMs('intent.deadline')} as deadline,
  ${epochMs('intent.recorded_at')} as recorded_at, ${epochMs('intent.started_at')} as started_at,
  ${epochMs('intent.ended_at')} as ended_at
from action_intent intent
join decision_audit audit on audit.id = intent.decision_id and audit.event_time = intent.event_time
where intent.target is not null and ($2::text is null or intent.target = $2)
  and (intent.ended_at is null or intent.ended_at >= ${time('$1::float8')})
order by intent.target, intent.fence, intent.ordinal`;

const selectChanged = `
select ${decisionColumns}, ${intentColumns}, intent.taken_from from changed intent
left join decision_audit audit on audit.id = intent.decision_id and audit.event_time = intent.event_time
order by intent.recorded_at, intent.decision_id, intent.ordinal`;

/** Open intents of these owners, or of everybody (`null`) but this engine, that nobody else is taking right now. */
export const takeIntents = `
with taken as (
  select decision_id, ordinal from action_intent
  where state in ('admitted', 'executing', 'unknown') and owner <> $1 and ($2::text[] is null or owner = any ($2))
  order by recorded_at, decision_id, ordinal limit $3 for update skip locked
), changed as (
  update action_intent intent
  set owner = $1, taken_from = intent.owner, writer = $4, updated_at = now,
    state = case when intent.state = 'executing' then 'unknown'
      when intent.state = 'admitted' and coalesce(intent.deadline < now, true) then 'expired' else intent.state end,
    detail = case when intent.state = 'executing' then $5
      when intent.state = 'admitted' and coalesce(intent.deadline < now, true) then $6 else intent.detail end
  from taken, ledger_time($7::float8) now
  where intent.decision_id = taken.decision_id and intent.ordinal = taken.ordinal
  returning intent.*
)
${selectChanged}`;

/** What is this engine's own and was never begun, `$5` ms after it had to. */
export const expireOverdue = `
update action_intent set state = 'expired', detail = $2, writer = $3, updated_at = now
from ledger_time($4::float8) now
where owner = $1 and state = 'admitted' and deadline < now - $5::float8 * interval '1 millisecond'
returning ordinal`;

/** What this engine took, as the writers `$3`, without having heard so. */
export const retakeIntents = `
with changed as (
  update action_intent intent set writer = $2, updated_at = ledger_time($4::float8)
  where owner = $1 and writer = any ($3::text[]) and state in ('admitted', 'unknown')
  returning intent.*
)
${selectChanged}`;

/** Of what was taken by the writer `$2`, everything that is still open but for these: nobody could carry it out. */
export const expireUnreadable = `
update action_intent set state = 'expired', detail = $3, writer = $4, updated_at = ledger_time($5::float8)
where owner = $1 and writer = $2 and state in ('admitted', 'unknown')
  and (decision_id, ordinal) not in (select * from unnest($6::text[], $7::int[]))`;

/** What this engine holds as unknown and nobody can read back. */
export const expireUnknown = `
update action_intent set state = 'expired', writer = $2, updated_at = ledger_time($3::float8),
  detail = concat_ws('; ', detail, 'whether it arrived can’t be read back')
where state = 'unknown' and owner = $1 returning ordinal`;

/**
 * Owners of open intents who are neither this engine nor alive. Of a lease that ran out its engine is gone only if this
 * one has been heard for as long without a break: else it may be the database that could not be written.
 */
export const selectGone = `
select distinct intent.owner from ledger_time($2::float8) now
join action_intent intent on intent.state in ('admitted', 'executing', 'unknown') and intent.owner <> $1
left join engine_lease lease on lease.engine = intent.owner
where lease.engine is null or lease.ended_at is not null or (lease.expires_at <= now and exists (
  select from engine_lease mine
  where mine.engine = $1 and mine.expires_at > now and mine.alive_since + (mine.expires_at - mine.heartbeat_at) <= now))`;

export const selectSummary = `
select count(*)::float8 as decisions, ${epochMs('max(event_time)')} as newest from decision_audit`;

/** PostgreSQL's text holds no NUL and no half of a surrogate pair; telemetry can carry both. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

export function storableJson(value: unknown): string {
  // Names are values here too: clause texts and arguments.
  return JSON.stringify(value, (_name, entry: unknown) => (typeof entry === 'string' ? storable(entry) : entry));
}
