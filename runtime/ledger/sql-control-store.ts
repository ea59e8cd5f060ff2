// Controls in SQL. An order and the line that says who gave it and why are one statement: neither is without the other.

import { z } from 'zod';
import type { Cancel } from '../ports/timers.ts';
import type {
  Control,
  ControlAudit,
  ControlKind,
  ControlOrder,
  ControlScope,
  ControlSnapshot,
  ControlStore,
} from './control-store.ts';
import { LedgerRejected } from './problem.ts';
import { jsonText, readRows, wholeMs } from './rows.ts';
import { epochMs, storable, storableJson } from './statements.ts';
import { ChangeSignal, order, type StoreContext } from './store-context.ts';

const scope = z
  .object({ scope: z.enum(['global', 'fleet', 'policy', 'direction']), subject: z.string() })
  .transform(({ scope, subject }): ControlScope => {
    if (scope === 'fleet') return { kind: scope, fleet: subject };
    if (scope === 'policy') return { kind: scope, policy: subject };
    if (scope === 'direction') return { kind: scope, direction: subject === 'up' ? 'up' : 'down' };
    return { kind: scope };
  });

const controlRow = z
  .object({
    id: z.number(),
    kind: z.enum(['pause', 'silence', 'maintenance']),
    ordered_by: z.string(),
    reason: z.string(),
    created_at: wholeMs,
    starts_at: wholeMs,
    expires_at: wholeMs.nullable(),
  })
  .and(scope.transform((value) => ({ of: value })))
  .transform(
    (row): Control => ({
      id: row.id,
      kind: row.kind,
      scope: row.of,
      startsAt: row.starts_at,
      expiresAt: row.expires_at,
      by: row.ordered_by,
      reason: row.reason,
      createdAt: row.created_at,
    }),
  );

const auditRow = z.object({
  at: wholeMs,
  changed_by: z.string(),
  what: z.string(),
  subject: z.string(),
  reason: z.string(),
  detail: jsonText.pipe(z.record(z.string(), z.unknown())),
});

/** Of a silence and of a maintenance window; what should hold longer is a change to a policy, and a reviewed one. */
const longestDays = 30;

const columns = `id::float8 as id, kind, scope, subject, ordered_by, reason, ${epochMs('created_at')} as created_at,
  ${epochMs('starts_at')} as starts_at, ${epochMs('expires_at')} as expires_at`;

// The moment of reading comes with the rows, also when there is none.
const selectControls = `
select ${epochMs('now')} as read_at, ${columns} from ledger_time($1::float8) now
left join control on lifted_at is null and (expires_at is null or expires_at > now)
order by control.created_at, control.id`;

const insertControl = `
with given as (
  select now, coalesce(timestamptz 'epoch' + $6::float8 * interval '1 millisecond', now) as starts,
    timestamptz 'epoch' + $7::float8 * interval '1 millisecond' as ends
  from ledger_time($8::float8) now
), made as (
  insert into control (kind, scope, subject, ordered_by, reason, created_at, starts_at, expires_at)
  select $1, $2, $3, $4, $5, now, starts, ends from given
  where ends is null or (ends > now and ($1 = 'pause' or ends - starts <= interval '${longestDays} days'))
  returning *
), noted as (
  insert into control_audit (at, changed_by, what, subject, reason, detail)
  select created_at, ordered_by, kind, trim(scope || ' ' || subject), reason,
    jsonb_build_object('id', id, 'startsAt', starts_at, 'expiresAt', expires_at)
  from made
)
select ends <= now as past, ${columns} from given left join made on true`;

const liftControl = `
with lifted as (
  update control set lifted_at = now, lifted_by = $2 from ledger_time($4::float8) now
  where id = $1::bigint and lifted_at is null and (expires_at is null or expires_at > now)
  returning control.*
), noted as (
  insert into control_audit (at, changed_by, what, subject, reason, detail)
  select lifted_at, lifted_by, 'lift', trim(kind || ' ' || scope || ' ' || subject), $3, jsonb_build_object('id', id)
  from lifted
)
select id from lifted`;

export const insertAudit = `
insert into control_audit (at, changed_by, what, subject, reason, detail)
values (ledger_time($6::float8), $1, $2, $3, $4, $5::jsonb)`;

const selectAudits = `
select ${epochMs('at')} as at, changed_by, what, subject, reason, detail::text as detail from control_audit
order by id desc limit $1::int`;

export class SqlControlStore implements ControlStore {
  readonly #context: StoreContext;
  readonly #signal: ChangeSignal;

  constructor(context: StoreContext) {
    this.#context = context;
    this.#signal = new ChangeSignal(context.database, 'ddl_control');
  }

  async controls(): Promise<ControlSnapshot> {
    const rows = await this.#context.database.query(selectControls, [this.#context.now()]);
    const read = readRows(
      rows.filter((row) => row.id !== null),
      controlRow,
      (control) => control,
    );
    // One that can't be read may be the kill switch.
    if (read.unreadable > 0) throw new Error(`${read.unreadable} rows of the table control can't be read`);
    return { controls: read.rows, readAt: wholeMs.parse(rows[0]?.read_at) };
  }

  async set(given: ControlOrder): Promise<Control> {
    refuseIncomplete(given);
    const { kind, startsAt, expiresAt, by, reason } = given;
    const rows = await order(this.#context, insertControl, [
      kind,
      given.scope.kind,
      storable(subjectOf(given.scope)),
      storable(by),
      storable(reason),
      startsAt ?? null,
      expiresAt,
      this.#context.now(),
    ]);
    if (rows[0]?.id === null) {
      throw new LedgerRejected(
        rows[0].past === true
          ? `this ${kind} would end in the past; give it a later end`
          : `${named[kind]} may hold for ${longestDays} days at most; what should hold longer belongs in the policy`,
      );
    }
    const [control] = readRows(rows, controlRow, (row) => row).rows;
    if (control === undefined) throw new Error('the control was written and can’t be read');
    this.#signal.changed();
    return control;
  }

  async lift(id: number, by: string, reason: string): Promise<boolean> {
    if (by === '') throw new LedgerRejected('a control is lifted by someone; say who');
    const values = [id, storable(by), storable(reason), this.#context.now()];
    const rows = await order(this.#context, liftControl, values);
    if (rows.length > 0) this.#signal.changed();
    return rows.length > 0;
  }

  onChange(onChange: () => void): Cancel {
    return this.#signal.on(onChange);
  }

  async audit({ by, what, subject, reason, detail }: Omit<ControlAudit, 'at'>): Promise<void> {
    const words = [by, what, subject, reason].map(storable);
    await order(this.#context, insertAudit, [...words, storableJson(detail), this.#context.now()]);
  }

  async audits(count: number): Promise<readonly ControlAudit[]> {
    const rows = await this.#context.database.query(selectAudits, [count]);
    return readRows(rows, auditRow, ({ changed_by, ...row }) => ({ ...row, by: changed_by })).rows;
  }
}

function refuseIncomplete({ kind, startsAt, expiresAt, by, reason }: ControlOrder): void {
  const a = named[kind];
  if (by === '' || reason.trim() === '') throw new LedgerRejected(`${a} needs who ordered it, and why`);
  if (expiresAt === null) {
    if (kind !== 'pause') throw new LedgerRejected(`${a} must end by itself; give it an end`);
    return;
  }
  if (startsAt !== undefined && expiresAt <= startsAt) throw new LedgerRejected(`${a} must end after it begins`);
}

const named: Readonly<Record<ControlKind, string>> = {
  pause: 'a pause',
  silence: 'a silence',
  maintenance: 'a maintenance window',
};

function subjectOf(scope: ControlScope): string {
  if (scope.kind === 'fleet') return scope.fleet;
  if (scope.kind === 'policy') return scope.policy;
  return scope.kind === 'direction' ? scope.direction : '';
}
