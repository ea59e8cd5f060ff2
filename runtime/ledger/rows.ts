// Rows as they come back from the database, checked before anything believes them: someone may have written there.

import { z } from 'zod';
import type { Decision } from '../decision.ts';
import { intentStates } from './intent-state.ts';
import type { Intent } from './ledger.ts';
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
  }),
);

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
});

const wholeMs = z.number().transform((milliseconds) => Math.round(milliseconds));

const decisionRow = z.object({
  id: z.string(),
  policy: z.string(),
  policy_hash: z.string(),
  key: z.string(),
  at: wholeMs,
  cause: z.enum(['condition', 'repeat']),
  outcome: z.enum(['shadowed', 'admitted', 'refused', 'awaiting_approval']),
  gate: z.enum(['stale', 'unknown-target', 'cooldown', 'limit', 'budget']).nullable(),
  reason: z.string().nullable(),
  mode: z.enum(['shadow', 'approve', 'enforce']),
  actions: jsonText.pipe(plannedActions),
  clause_values: jsonText.pipe(z.record(z.string(), z.number().nullable())),
  source: z.string(),
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

export function readDecisions(rows: readonly SqlRow[]): ReadRows<Decision> {
  return read(rows, decisionRow, decisionOf);
}

export function readIntents(rows: readonly SqlRow[]): ReadRows<Intent> {
  return read(rows, intentRow, (row) => ({
    decision: decisionOf(row),
    ordinal: row.ordinal,
    state: row.state,
    attempts: row.attempts,
    detail: row.detail,
  }));
}

function read<Row, T>(rows: readonly SqlRow[], schema: z.ZodType<Row>, make: (row: Row) => T): ReadRows<T> {
  const good: T[] = [];
  for (const row of rows) {
    const parsed = schema.safeParse(row);
    if (parsed.success) good.push(make(parsed.data));
  }
  return { rows: good, unreadable: rows.length - good.length };
}

function decisionOf(row: z.infer<typeof decisionRow>): Decision {
  return {
    id: row.id,
    policy: row.policy,
    policyHash: row.policy_hash,
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
    ...(row.deadline === null ? {} : { deadline: row.deadline }),
  };
}
