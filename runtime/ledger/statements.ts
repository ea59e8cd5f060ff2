// The ledger's statements. Rows travel as arrays through `unnest`, so that a batch is one statement whatever its size,
// and times as epoch milliseconds, so that no driver's idea of a date comes in between.

import type { Decision } from '../decision.ts';
import type { IntentChange } from './ledger.ts';
import type { SqlValue } from './sql-database.ts';

/** One decision on its way; `writer` is different for every call, so that a retry knows its own row again. */
export interface DecisionEntry {
  readonly decision: Decision;
  readonly bundleHash: string;
  readonly writer: string;
}

/** One change of an intent on its way; `writer` as for decisions. */
export interface ChangeEntry {
  readonly change: IntentChange;
  readonly writer: string;
}

export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

const time = (milliseconds: string): string => `timestamptz 'epoch' + ${milliseconds} * interval '1 millisecond'`;
const epochMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

/**
 * Decisions with their intents, in one statement; a row for each decision that was not there before: `writer`. One
 * that was there has its intents already: they were committed with it.
 */
export function insertDecisions(entries: readonly DecisionEntry[], now: number): Statement {
  const decisions = entries.map((entry) => entry.decision);
  return {
    sql: `
with recorded as (
  insert into decision_audit (id, policy, policy_hash, key, event_time, cause, outcome, gate, reason, mode, actions,
    clause_values, source, bundle_hash, deadline, writer, recorded_at)
  select id, policy, policy_hash, key, ${time('event_ms')}, cause, outcome, gate, reason, mode, actions::jsonb,
    clause_values::jsonb, source, bundle_hash, ${time('deadline_ms')}, writer, ${time('$17::float8')}
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::float8[], $16::text[])
    as row (id, policy, policy_hash, key, event_ms, cause, outcome, gate, reason, mode, actions,
      clause_values, source, bundle_hash, deadline_ms, writer)
  on conflict do nothing
  returning id, outcome, actions, writer
), intents as (
  insert into action_intent (decision_id, ordinal, action, target, args, state, writer, updated_at)
  select recorded.id, action.number - 1, action.plan ->> 'name', action.plan ->> 'target', action.plan -> 'args',
    'admitted', recorded.writer, ${time('$17::float8')}
  from recorded cross join lateral jsonb_array_elements(recorded.actions) with ordinality as action (plan, number)
  where recorded.outcome = 'admitted'
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

/** Moves intents; one that is already where it should be is left as it is, with the writer that put it there. */
export function updateIntents(entries: readonly ChangeEntry[], now: number): Statement {
  const changes = entries.map((entry) => entry.change);
  return {
    sql: `
update action_intent intent
set state = row.state, attempts = row.attempts, detail = row.detail, writer = row.writer,
  updated_at = ${time('$7::float8')}
from unnest($1::text[], $2::int[], $3::text[], $4::int[], $5::text[], $6::text[])
  as row (decision_id, ordinal, state, attempts, detail, writer)
where intent.decision_id = row.decision_id and intent.ordinal = row.ordinal and intent.state <> row.state`,
    values: [
      changes.map((change) => change.decisionId),
      changes.map((change) => change.ordinal),
      changes.map((change) => change.to),
      changes.map((change) => change.attempts),
      changes.map((change) => (change.detail === null ? null : storable(change.detail))),
      entries.map((entry) => entry.writer),
      now,
    ],
  };
}

/** The last writer of each intent that the changes name. */
export function selectIntentWriters(entries: readonly ChangeEntry[]): Statement {
  return {
    sql: `
select row.decision_id, row.ordinal, found.writer from unnest($1::text[], $2::int[]) as row (decision_id, ordinal)
cross join lateral (
  select intent.writer from action_intent intent
  where intent.decision_id = row.decision_id and intent.ordinal = row.ordinal limit 1
) found`,
    values: [entries.map((entry) => entry.change.decisionId), entries.map((entry) => entry.change.ordinal)],
  };
}

/** Closes what was cut off: first `executing` becomes `unknown`, then `unknown` becomes `expired`. */
export const closeInterrupted = {
  toUnknown: `update action_intent set state = 'unknown', detail = $1, writer = $2, updated_at = ${time('$3::float8')} where state = 'executing'`,
  toExpired: `update action_intent set state = 'expired', detail = $1, writer = $2, updated_at = ${time('$3::float8')} where state = 'unknown' returning ordinal`,
} as const;

/** Closes what was never begun and is too old; an intent whose decision carries no deadline counts as too old. */
export const closeTooOld = `
update action_intent intent set state = 'expired', detail = $1, writer = $2, updated_at = ${time('$3::float8')}
where intent.state = 'admitted' and not exists (
  select from decision_audit audit where audit.id = intent.decision_id and audit.deadline >= ${time('$3::float8')})
returning intent.ordinal`;

const decisionColumns = `
audit.id, audit.policy, audit.policy_hash, audit.key, ${epochMs('audit.event_time')} as at, audit.cause, audit.outcome,
audit.gate, audit.reason, audit.mode, audit.actions::text as actions, audit.clause_values::text as clause_values,
audit.source, ${epochMs('audit.deadline')} as deadline`;

const intentColumns = `intent.ordinal, intent.state, intent.attempts, intent.detail`;

export const selectDecisionsSince = `
select ${decisionColumns} from decision_audit audit where audit.event_time >= ${time('$1::float8')}
order by audit.event_time, audit.id`;

export const selectRecentDecisions = `
select ${decisionColumns} from decision_audit audit order by audit.event_time desc, audit.id limit $1::int`;

export const selectIntentsOf = `
select ${decisionColumns}, ${intentColumns} from action_intent intent
join decision_audit audit on audit.id = intent.decision_id
where intent.decision_id = $1 order by intent.ordinal`;

export const selectAdmitted = `
select ${decisionColumns}, ${intentColumns} from action_intent intent
join decision_audit audit on audit.id = intent.decision_id
where intent.state = 'admitted' order by audit.event_time, audit.id, intent.ordinal`;

export const selectSummary = `
select count(*)::float8 as decisions, ${epochMs('max(event_time)')} as newest from decision_audit`;

/** PostgreSQL's text holds no NUL and no half of a surrogate pair; telemetry can carry both. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

function storableJson(value: unknown): string {
  // Names are values here too: clause texts and arguments.
  return JSON.stringify(value, (_name, entry: unknown) => (typeof entry === 'string' ? storable(entry) : entry));
}
