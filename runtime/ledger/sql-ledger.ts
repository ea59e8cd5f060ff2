// The ledger on anything that speaks PostgreSQL's SQL. Decisions, their intents and changes of intents share one
// queue and one transaction per batch.

import type { Decision } from '../decision.ts';
import type { Clock } from '../ports/clock.ts';
import type { Timers } from '../ports/timers.ts';
import { BatchWriter } from './batch-writer.ts';
import type {
  FleetAct,
  Intent,
  IntentChange,
  Ledger,
  LedgerHealth,
  RecordOutcome,
  RestartReport,
  TakeOver,
  TransitionResult,
} from './ledger.ts';
import { migrate } from './migrate.ts';
import type { Notice } from './outbox.ts';
import { LedgerRejected } from './problem.ts';
import { readChanges, readDecisions, readFleetActs, readIntents, readTaken } from './rows.ts';
import { isCollision, isDataFault, type SqlDatabase, type SqlSession, type SqlValue } from './sql-database.ts';
import * as statements from './statements.ts';

export interface SqlLedgerOptions {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Tells this engine's run from every other, earlier ones and other engines included; it owns what it records. */
  readonly engineId: string;
  /** Whose time holds in the ledger: several engines go by their database's, one alone by its own. */
  readonly time?: 'own' | 'database';
  /** Told when writing begins to fail (with the reason), and with `null` when it works again. */
  readonly onHealth?: (problem: string | null) => void;
}

type Entry =
  | ({ readonly kind: 'decision' } & statements.DecisionEntry)
  | ({ readonly kind: 'change' } & statements.ChangeEntry);

type Written = RecordOutcome | TransitionResult | 'missing';

const interruptedDetail = 'the engine stopped while this was being carried out';
const tooOldDetail = 'the engine stopped before this was begun, and it was too old at the next start';
const unreadableDetail = 'the decision behind this can’t be read by the engine that took it over';
const overdueDetail = 'too old: its turn never came';
/** After its deadline nothing may begin; what is not ended by then has been forgotten. */
const overdueMs = 60_000;
const unheardMs = 60_000;
/** Intents taken over in one transaction. */
const takeMax = 500;
const collisionsMax = 5;

export class SqlLedger implements Ledger {
  readonly #options: SqlLedgerOptions;
  readonly #writer: BatchWriter<Entry, Written>;
  #entries = 0;
  /** Writers of take-overs of which no answer came, and since when (monotonic). */
  readonly #unheard = new Map<string, number>();

  constructor(options: SqlLedgerOptions) {
    this.#options = options;
    const { timers, onHealth } = options;
    this.#writer = new BatchWriter<Entry, Written>({
      timers,
      // A server is written to while others write; what runs in this process is better asked seldom.
      waitMs: options.time === 'database' ? 0 : 5,
      write: (entries) => this.#write(entries),
      isDataFault,
      identityOf,
      ...(onHealth === undefined ? {} : { onHealth }),
    });
  }

  async open(): Promise<void> {
    await migrate(this.#options.database, this.#options.clock.now());
  }

  record(
    decisions: readonly Decision[],
    bundleHash: string,
    notices: ReadonlyMap<string, readonly Notice[]> = new Map(),
  ): Promise<readonly RecordOutcome[]> {
    return Promise.all(
      decisions.map(async (decision) => {
        const entry = { decision, bundleHash, notices: notices.get(decision.id) ?? [], writer: this.#nextWriter() };
        const written = await this.#writer.add({ kind: 'decision', ...entry });
        return written === 'recorded' ? 'recorded' : 'known';
      }),
    );
  }

  async transition(change: IntentChange): Promise<TransitionResult> {
    const written = await this.#writer.add({ kind: 'change', change, writer: this.#nextWriter() });
    if (typeof written === 'object') return written;
    throw new LedgerRejected(`there is no intent ${change.ordinal} of decision ${change.decisionId}`);
  }

  async takeOver(): Promise<TakeOver> {
    const { database, engineId } = this.#options;
    if (this.#unheard.size > 0) {
      const again = await this.#takeUnheard();
      if (again.resume.length + again.unknown.length + again.unreadable > 0) return { ...again, more: true };
    }
    const overdue = [engineId, overdueDetail, this.#nextWriter(), this.#now, overdueMs];
    const tooOld = (await database.query(statements.expireOverdue, overdue)).length;
    const rows = await database.query(statements.selectGone, [engineId, this.#now]);
    const from = rows.map((row) => String(row.owner));
    if (from.length === 0) return { resume: [], unknown: [], tooOld, from, unreadable: 0, more: false };
    const taken = await this.#take(from, this.#now);
    return { ...taken, tooOld: taken.tooOld + tooOld };
  }

  async restart(now: number, cutOff: 'expire' | 'keep' = 'expire'): Promise<RestartReport> {
    const { database, engineId, time } = this.#options;
    if (time === 'database') throw new Error('other engines may be alive on this ledger: take over instead');
    const resume: Intent[] = [];
    const unknown: Intent[] = [];
    let tooOld = 0;
    let unreadable = 0;
    for (let more = true; more; ) {
      const taken = await this.#take(null, now);
      resume.push(...taken.resume);
      unknown.push(...taken.unknown);
      tooOld += taken.tooOld;
      unreadable += taken.unreadable;
      more = taken.more;
    }
    const interrupted = unknown.length;
    if (cutOff === 'expire') {
      await database.query(statements.expireUnknown, [engineId, this.#nextWriter(), now]);
      unknown.length = 0;
    }
    const [summary] = await database.query(statements.selectSummary);
    const newest = summary?.newest;
    return {
      resume,
      unknown,
      found: {
        decisions: Number(summary?.decisions ?? 0),
        newestAt: typeof newest === 'number' ? Math.round(newest) : null,
        interrupted,
        tooOld,
        unreadable,
      },
    };
  }

  async decisionsSince(at: number): Promise<readonly Decision[]> {
    return readDecisions(await this.#options.database.query(statements.selectDecisionsSince, [at])).rows;
  }

  async fleetActsSince(at: number, fleet?: string): Promise<readonly FleetAct[]> {
    return readFleetActs(await this.#options.database.query(statements.selectFleetActs, [at, fleet ?? null])).rows;
  }

  async recentDecisions(count: number): Promise<readonly Decision[]> {
    return readDecisions(await this.#options.database.query(statements.selectRecentDecisions, [count])).rows;
  }

  async intentsOf(decisionId: string): Promise<readonly Intent[]> {
    return readIntents(await this.#options.database.query(statements.selectIntentsOf, [decisionId])).rows;
  }

  health(): LedgerHealth {
    const { problem, waiting } = this.#writer;
    return { healthy: problem === null, waiting, problem };
  }

  accepting(): boolean {
    return this.#writer.accepting;
  }

  waitHealthy(): Promise<void> {
    return this.#writer.waitAccepting();
  }

  async close(deadlineMs: number): Promise<number> {
    const unwritten = await this.#writer.close(deadlineMs);
    await this.#options.database.close();
    return unwritten;
  }

  get #now(): number | null {
    return this.#options.time === 'database' ? null : this.#options.clock.now();
  }

  #nextWriter(): string {
    return `${this.#options.engineId}:${this.#entries++}`;
  }

  /** Takes open intents of these owners, or of everybody else (`null`). */
  #take(from: readonly string[] | null, now: number | null): Promise<TakeOver> {
    const { engineId } = this.#options;
    const writer = this.#nextWriter();
    const values = [engineId, from, takeMax, writer, interruptedDetail, tooOldDetail, now];
    return this.#hear(writer, statements.takeIntents, values, now);
  }

  /** What was taken without an answer that said so: it is this engine's, and nobody else will do anything about it. */
  async #takeUnheard(): Promise<TakeOver> {
    const { clock, engineId } = this.#options;
    const earlier = [...this.#unheard.keys()];
    const writer = this.#nextWriter();
    const taken = await this.#hear(writer, statements.retakeIntents, [engineId, writer, earlier, this.#now], this.#now);
    // A statement that was given up may still be under way for a while.
    for (const [unheard, sinceMs] of this.#unheard) {
      if (clock.monotonicMs() - sinceMs > unheardMs) this.#unheard.delete(unheard);
    }
    return taken;
  }

  async #hear(writer: string, sql: string, values: readonly SqlValue[], now: number | null): Promise<TakeOver> {
    const { database, clock, engineId } = this.#options;
    this.#unheard.set(writer, clock.monotonicMs());
    const { rows, unreadable } = readTaken(await database.query(sql, values));
    const intents = rows.map((row) => row.intent);
    if (unreadable > 0) {
      const [ids, ordinals] = [intents.map(({ decision }) => decision.id), intents.map(({ ordinal }) => ordinal)];
      const ending = [unreadableDetail, this.#nextWriter(), now, ids, ordinals];
      await database.query(statements.expireUnreadable, [engineId, writer, ...ending]);
    }
    this.#unheard.delete(writer);
    return {
      resume: intents.filter(({ state }) => state === 'admitted'),
      unknown: intents.filter(({ state }) => state === 'unknown'),
      tooOld: intents.filter(({ state }) => state === 'expired').length,
      from: [...new Set(rows.map((row) => row.takenFrom))],
      unreadable,
      more: rows.length + unreadable === takeMax,
    };
  }

  /**
   * One transaction for the whole batch. After an unclear failure the same entries find their own rows again. Two
   * batches that were in each other's way are no problem of the ledger's.
   */
  async #write(entries: readonly Entry[]): Promise<readonly Written[]> {
    for (let collisions = 0; ; collisions++) {
      try {
        return await this.#options.database.transaction((session) => this.#writeOnce(session, entries));
      } catch (error) {
        if (!isCollision(error) || collisions === collisionsMax) throw error;
      }
    }
  }

  async #writeOnce(session: SqlSession, entries: readonly Entry[]): Promise<readonly Written[]> {
    const stamp = { owner: this.#options.engineId, now: this.#now };
    const decisions = entries.filter((entry) => entry.kind === 'decision');
    const changes = entries.filter((entry) => entry.kind === 'change');
    const fleets = decisions.flatMap(({ decision }) => fleetsOf(decision));
    const begins = changes.map(({ change }) => change).filter(({ to }) => to === 'executing');
    if (fleets.length > 0 || begins.length > 0) await run(session, statements.lockFleets(fleets, begins));
    const mine = decisions.length === 0 ? new Set<string>() : await writeDecisions(session, decisions, stamp);
    const changed =
      changes.length === 0 ? new Map() : readChanges(await run(session, statements.changeIntents(changes, stamp)));
    const written = entries.map((entry): Written => {
      if (entry.kind === 'change') return changed.get(entry.writer) ?? 'missing';
      return mine.has(entry.writer) ? 'recorded' : 'known';
    });
    const notices = entries.flatMap((entry, index) => noticesOf(entry, written[index]));
    if (notices.length > 0) await run(session, statements.insertNotices(notices, stamp.now));
    return written;
  }
}

async function writeDecisions(
  session: SqlSession,
  entries: readonly statements.DecisionEntry[],
  stamp: statements.Stamp,
): Promise<Set<string>> {
  const recorded = await run(session, statements.insertDecisions(entries, stamp));
  const mine = new Set(recorded.map((row) => String(row.writer)));
  const others = entries.filter((entry) => !mine.has(entry.writer));
  if (others.length === 0) return mine;
  // Known already; by this very entry when an earlier attempt was committed without our hearing of it.
  const rows = await run(session, statements.selectWriters(others));
  for (const row of rows) mine.add(String(row.writer));
  return mine;
}

/** Only of what this very entry did: whoever did it instead has written theirs. */
function noticesOf(entry: Entry, written: Written | undefined): readonly Notice[] {
  if (entry.kind === 'decision') return written === 'recorded' ? entry.notices : [];
  return typeof written === 'object' && written.outcome === 'moved' ? (entry.change.notices ?? []) : [];
}

function fleetsOf({ outcome, actions }: Decision): readonly string[] {
  return outcome === 'admitted' ? actions.flatMap(({ target }) => (target === null ? [] : [target])) : [];
}

function run(session: SqlSession, { sql, values }: statements.Statement): ReturnType<SqlSession['query']> {
  return session.query(sql, values);
}

function identityOf(entry: Entry): string {
  if (entry.kind === 'decision') return `decision ${entry.decision.id}`;
  return `intent ${entry.change.decisionId} ${entry.change.ordinal}`;
}
