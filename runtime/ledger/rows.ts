// Rows as they come back from the database, checked before anything believes them: someone may have written there.

import { z } from 'zod';
import type { Decision, Gate } from '../decision.ts';
import { intentStates } from './intent-state.ts';
import type { FleetAct, Intent, TransitionResult } from './ledger.ts';
import type { SqlRow } from './sql-database.ts';

const argument = z.union([z.string(), z.number(), z.boolean()]);

const plannedActions = z.array(
  z.object({
    name: z.string(),
    target: z.string().nullable(),
    args: z.record(z.string(), argument),
    timeoutMs: z.number(),
    retry: z.number().int(),
    // Rows of before these were written down.
    endpoint: z.string().nullable().default(null),
    change: z.object({ from: z.number().int(), to: z.number().int() }).nullable().default(null),
    budget: z
      .object({ share: z.number(), perMs: z.number(), members: z.number(), of: z.number().optional() })
      .optional(),
  }),
);

/** Any word: a gate that another version knows must not make its decisions unreadable. */
const gate = z.custom<Gate>((value) => typeof value === 'string');

export const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
});

export const wholeMs = z.number().transform((milliseconds) => Math.round(milliseconds));

const members = z.number().nullable();
const remaining = z.object({
  cooldownMs: z.number(),
  limit: z.number().nullable(),
  fleets: z.array(z.object({ fleet: z.string(), up: members, down: members, settleMs: z.number() })),
});

const decisionRow = z.object({
  id: z.string(),
  policy: z.string(),
  policy_hash: z.string(),
  policy_id: z.string().nullable(),
  key: z.string(),
  at: wholeMs,
  cause: z.enum(['condition', 'repeat']),
  outcome: z.enum(['shadowed', 'admitted', 'refused', 'awaiting_approval']),
  gate: gate.nullable(),
  reason: z.string().nullable(),
  mode: z.enum(['shadow', 'approve', 'enforce']),
  actions: jsonText.pipe(plannedActions),
  clause_values: jsonText.pipe(z.record(z.string(), z.number().nullable())),
  source: z.string(),
  // For people alone: a decision that lost it is still one.
  remaining: jsonText.pipe(remaining).nullable().catch(null),
  deadline: wholeMs.nullable(),
});

const intentRow = decisionRow.extend({
  ordinal: z.number().int(),
  state: z.enum(intentStates),
  attempts: z.number().int(),
  detail: z.string().nullable(),
});

/** The rows that can be read, and how many can't. */
export interface ReadRows<T> {
  readonly rows: readonly T[];
  readonly unreadable: number;
}

const takenRow = intentRow.extend({ taken_from: z.string() });

const fleetActRow = z
  .object({
    decision_id: z.string(),
    ordinal: z.number().int(),
    policy: z.string(),
    key: z.string(),
    at: wholeMs,
    fleet: z.string(),
    action: z.string(),
    direction: z.enum(['up', 'down', 'none']),
    change_from: z.number().nullable(),
    change_to: z.number().nullable(),
    members: z.number(),
    state: z.enum(intentStates),
    done: z.boolean(),
    fence: z.number(),
    deadline: wholeMs.nullable(),
    recorded_at: wholeMs,
    started_at: wholeMs.nullable(),
    ended_at: wholeMs.nullable(),
  })
  .transform(
    ({ decision_id, change_from, change_to, recorded_at, started_at, ended_at, ...row }): FleetAct => ({
      ...row,
      decisionId: decision_id,
      change: change_from === null || change_to === null ? null : { from: change_from, to: change_to },
      recordedAt: recorded_at,
      startedAt: started_at,
      endedAt: ended_at,
    }),
  );

const changeRow = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('moved'), writer: z.string() }),
  z.object({ outcome: z.literal('missing'), writer: z.string() }),
  z.object({ outcome: z.literal('others'), writer: z.string(), holder: z.string().nullable() }),
  z.object({
    outcome: z.literal('refused'),
    writer: z.string(),
    refused_by: z.enum(['deadline', 'paused', 'silenced', 'fence', 'in-flight', 'budget']),
    detail: z.string(),
  }),
]);

/** What became of each change, by its writer; one that names no intent is left out. These rows are a function's own. */
export function readChanges(rows: readonly SqlRow[]): ReadonlyMap<string, TransitionResult> {
  const results = new Map<string, TransitionResult>();
  for (const row of rows) {
    const change = changeRow.parse(row);
    if (change.outcome === 'moved') results.set(change.writer, { outcome: 'moved' });
    if (change.outcome === 'others') results.set(change.writer, { outcome: 'others', holder: change.holder || null });
    if (change.outcome === 'refused')
      results.set(change.writer, { outcome: 'refused', guard: change.refused_by, reason: change.detail });
  }
  return results;
}

export function readFleetActs(rows: readonly SqlRow[]): ReadRows<FleetAct> {
  return readRows(rows, fleetActRow, (act) => act);
}

/** Intents that were taken over, with the engine they were taken from. */
export function readTaken(rows: readonly SqlRow[]): ReadRows<{ readonly intent: Intent; readonly takenFrom: string }> {
  return readRows(rows, takenRow, (row) => ({ intent: intentOf(row), takenFrom: row.taken_from }));
}

export function readDecisions(rows: readonly SqlRow[]): ReadRows<Decision> {
  return readRows(rows, decisionRow, decisionOf);
}

export function readIntents(rows: readonly SqlRow[]): ReadRows<Intent> {
  return readRows(rows, intentRow, intentOf);
}

export function readRows<Row, T>(rows: readonly SqlRow[], schema: z.ZodType<Row>, make: (row: Row) => T): ReadRows<T> {
  const good: T[] = [];
  for (const row of rows) {
    const parsed = schema.safeParse(row);
    if (parsed.success) good.push(make(parsed.data));
  }
  return { rows: good, unreadable: rows.length - good.length };
}

function intentOf(row: z.infer<typeof intentRow>): Intent {
  return {
    decision: decisionOf(row),
    ordinal: row.ordinal,
    state: row.state,
    attempts: row.attempts,
    detail: row.detail,
  };
}

function decisionOf(row: z.infer<typeof decisionRow>): Decision {
  return {
    id: row.id,
    policy: row.policy,
    policyHash: row.policy_hash,
    ...(row.policy_id === null ? {} : { policyId: row.policy_id }),
    key: row.key,
    at: row.at,
    cause: row.cause,
    outcome: row.outcome,
    gate: row.gate,
    reason: row.reason,
    mode: row.mode,
    actions: row.actions,
    values: row.clause_values,
    source: row.source,
    ...(row.remaining === null ? {} : { remaining: row.remaining }),
    ...(row.deadline === null ? {} : { deadline: row.deadline }),
  };
}
