// The outbox in SQL: notices are claimed with `skip locked`, so that engines share the work and none gets one twice
// while it is held.

import { z } from 'zod';
import type { ClaimedNotice, Notice, NoticeEnding, Outbox } from './outbox.ts';
import { jsonText, readRows, wholeMs } from './rows.ts';
import { epochMs, insertNotices } from './statements.ts';
import { order, type StoreContext } from './store-context.ts';

const claimedRow = z.object({
  key: z.string(),
  kind: z.string(),
  payload: jsonText.pipe(z.record(z.string(), z.unknown())),
  created_at: wholeMs,
  attempts: z.number().int(),
});

const claim = `
with due as (
  select key from notice_outbox, ledger_time($3::float8) now
  where delivered_at is null and given_up_at is null and due_at <= now
  order by due_at, key limit $1::int for update of notice_outbox skip locked
), claimed as (
  update notice_outbox notice
  set holder = $2, attempts = notice.attempts + 1, due_at = ledger_time($3::float8) + $4::float8 * interval '1 millisecond'
  from due where notice.key = due.key
  returning notice.*
)
select key, kind, payload::text as payload, ${epochMs('created_at')} as created_at, attempts from claimed
order by claimed.created_at, key`;

const settle = `
update notice_outbox
set problem = coalesce($3, problem),
  delivered_at = case $4 when 'delivered' then ledger_time($5::float8) end,
  given_up_at = case $4 when 'given-up' then ledger_time($5::float8) end,
  due_at = case $4 when 'failed' then ledger_time($5::float8) + $6::float8 * interval '1 millisecond' else due_at end
where key = $1 and holder = $2 and delivered_at is null and given_up_at is null
returning key`;

const counts = `
select count(*) filter (where delivered_at is null and given_up_at is null)::float8 as waiting,
  count(*) filter (where given_up_at is not null)::float8 as given_up
from notice_outbox where delivered_at is null`;

export class SqlOutbox implements Outbox {
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async add(notices: readonly Notice[]): Promise<void> {
    const { sql, values } = insertNotices(notices, this.#context.now());
    await order(this.#context, sql, values);
  }

  async claim(count: number, holdMs: number): Promise<readonly ClaimedNotice[]> {
    const { database, engineId, now } = this.#context;
    const rows = await database.query(claim, [count, engineId, now(), holdMs]);
    return readRows(rows, claimedRow, ({ key, kind, payload, created_at, attempts }) => ({
      key,
      kind,
      payload,
      createdAt: created_at,
      attempt: attempts,
    })).rows;
  }

  async settle(key: string, ending: NoticeEnding): Promise<boolean> {
    const { database, engineId, now } = this.#context;
    const problem = ending.outcome === 'delivered' ? null : ending.problem;
    const retryMs = ending.outcome === 'failed' ? ending.retryMs : 0;
    const rows = await database.query(settle, [key, engineId, problem, ending.outcome, now(), retryMs]);
    return rows.length > 0;
  }

  async counts(): Promise<{ readonly waiting: number; readonly givenUp: number }> {
    const [row] = await this.#context.database.query(counts);
    return { waiting: Number(row?.waiting ?? 0), givenUp: Number(row?.given_up ?? 0) };
  }
}
