// What an open ledger needs from time to time: this engine's lease, by which others see that it is alive; partitions
// for the days to come; and the end of what is older than people want to keep.

import type { Cancel, Timers } from '../ports/timers.ts';
import { isCollision, type SqlDatabase, type SqlSession, sqlStateOf } from './sql-database.ts';
import type { StoreContext } from './store-context.ts';

export interface EngineIdentity {
  readonly host: string;
  readonly pid: number;
  readonly version: string;
}

export interface UpkeepOptions {
  readonly context: StoreContext;
  readonly timers: Timers;
  readonly engine: EngineIdentity;
  /** Decisions, their intents and what belongs to them are kept for so many days. */
  readonly retentionDays: number;
  /** An engine that has not shown itself for so long is gone; `null`: nobody else looks. */
  readonly leaseMs: number | null;
  /** Told when upkeep begins to fail (with the reason), and with `null` when it works again. */
  readonly onProblem: (problem: unknown) => void;
}

/** Beats in the time of a lease: two may be lost. */
const beatsPerLease = 3;
const everyMs = 60 * 60_000;
const firstForgetMs = 60_000;
/** Whoever reads for long must not be waited for with everybody else behind: it is tried again later. */
const lockMs = 2_000;
const deletedAtOnce = 5_000;
const dayMs = 86_400_000;

const register = `
insert into engine_lease (engine, host, pid, version, started_at, alive_since, heartbeat_at, expires_at)
select $1, $2, $3::int, $4, now, now, now, coalesce(now + $5::float8 * interval '1 millisecond', timestamptz 'infinity')
from ledger_time($6::float8) now
on conflict (engine) do update set heartbeat_at = excluded.heartbeat_at, expires_at = excluded.expires_at,
  ended_at = null, alive_since = case when engine_lease.expires_at < excluded.heartbeat_at
    then excluded.heartbeat_at else engine_lease.alive_since end`;

const release = `
update engine_lease set expires_at = least(expires_at, now), ended_at = now from ledger_time($2::float8) now
where engine = $1`;

const addDays = `
select decision_audit_add_day(today + ahead) from generate_series(-1, 2) ahead,
  (select (ledger_time($1::float8) at time zone 'UTC')::date as today) time`;

const forget = [
  `delete from action_intent where ctid = any (array(select ctid from action_intent where ended_at < $1::timestamptz limit ${deletedAtOnce})) returning 1`,
  `delete from notice_outbox where key = any (array(select key from notice_outbox where coalesce(delivered_at, given_up_at) < $1::timestamptz limit ${deletedAtOnce})) returning 1`,
  `delete from deployment_audit where id = any (array(select id from deployment_audit where at < $1::timestamptz limit ${deletedAtOnce})) returning 1`,
  `delete from partition_snapshot where taken_at < $1::timestamptz returning 1`,
  `delete from engine_lease lease where expires_at < $1::timestamptz and not exists (select from action_intent
    where owner = lease.engine and state in ('admitted', 'executing', 'unknown')) returning 1`,
] as const;

export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #cancels: Cancel[] = [];
  #failing = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** Registers the lease and makes the partitions, then goes on by itself. Rejects when the ledger can't be written. */
  async start(): Promise<void> {
    const { timers, leaseMs } = this.#options;
    await this.#beat();
    await this.addDays();
    if (leaseMs !== null) {
      this.#cancels.push(timers.every(leaseMs / beatsPerLease, () => void this.#try(() => this.#beat())));
    }
    this.#cancels.push(
      timers.after(firstForgetMs, () => void this.#try(() => this.forget())),
      timers.every(everyMs, () => void this.#try(() => this.addDays())),
      timers.every(everyMs, () => void this.#try(() => this.forget())),
    );
  }

  /** Ends the lease, so that what is left is taken up at once. Never rejects. */
  async stop(): Promise<void> {
    for (const cancel of this.#cancels.splice(0)) cancel();
    const { database, engineId, now } = this.#options.context;
    try {
      await database.query(release, [engineId, now()]);
    } catch {
      // It runs out by itself.
    }
  }

  /** Partitions for yesterday, today and the next two days. */
  async addDays(): Promise<void> {
    const { database, now } = this.#options.context;
    await database.transaction(async (session) => {
      await session.query(`set local lock_timeout = ${lockMs}`);
      await session.query(addDays, [now()]);
    });
  }

  /** Drops what is older than the retention; how many partitions. */
  async forget(): Promise<number> {
    const { context, retentionDays } = this.#options;
    const { database } = context;
    const [time] = await database.query(
      `select (ledger_time($1::float8) - $2::float8 * interval '1 millisecond')::text as cutoff`,
      [context.now(), retentionDays * dayMs],
    );
    const cutoff = String(time?.cutoff);
    const dropped = await dropDays(database, cutoff);
    for (const sql of forget) {
      while ((await database.query(sql, [cutoff])).length === deletedAtOnce);
    }
    return dropped;
  }

  async #beat(): Promise<void> {
    const { context, engine, leaseMs } = this.#options;
    const { host, pid, version } = engine;
    await context.database.query(register, [context.engineId, host, pid, version, leaseMs, context.now()]);
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      if (this.#failing) this.#options.onProblem(null);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#options.onProblem(error);
      this.#failing = true;
    }
  }
}

/** One engine at a time, and none while somebody holds on to a partition. */
async function dropDays(database: SqlDatabase, cutoff: string): Promise<number> {
  try {
    return await database.transaction(async (session: SqlSession) => {
      await session.query(`set local lock_timeout = ${lockMs}`);
      const [free] = await session.query('select pg_try_advisory_xact_lock(7216903) as mine');
      if (free?.mine !== true) return 0;
      const [done] = await session.query('select decision_audit_drop_before($1::timestamptz) as dropped', [cutoff]);
      return Number(done?.dropped ?? 0);
    });
  } catch (error) {
    if (sqlStateOf(error) === '55P03' || isCollision(error)) return 0;
    throw error;
  }
}
