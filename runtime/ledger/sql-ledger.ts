// The ledger on anything that speaks PostgreSQL's SQL. Decisions, their intents and changes of intents share one
// queue and one transaction per batch.

import type { Decision } from '../decision.ts';
import type { Clock } from '../ports/clock.ts';
import type { Timers } from '../ports/timers.ts';
import { BatchWriter } from './batch-writer.ts';
import type { Intent, IntentChange, Ledger, LedgerHealth, RecordOutcome, RestartReport } from './ledger.ts';
import { migrate } from './migrations.ts';
import { LedgerRejected } from './problem.ts';
import { readDecisions, readIntents } from './rows.ts';
import { isDataFault, type SqlDatabase, type SqlSession } from './sql-database.ts';
import * as statements from './statements.ts';

export interface SqlLedgerOptions {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Tells this run from every other, earlier ones and other engines included. */
  readonly runId: string;
  /** Told when writing begins to fail (with the reason), and with `null` when it works again. */
  readonly onHealth?: (problem: string | null) => void;
}

type Entry =
  | ({ readonly kind: 'decision' } & statements.DecisionEntry)
  | ({ readonly kind: 'change' } & statements.ChangeEntry);

/** `mine`: this very entry's row is the one in the table. `missing`: there is no such row. */
type Written = 'mine' | 'others' | 'missing';

const interruptedDetail = 'the engine stopped while this was being carried out; whether it arrived can’t be read back';
const tooOldDetail = 'the engine stopped before this was begun, and it was too old at the next start';

export class SqlLedger implements Ledger {
  readonly #database: SqlDatabase;
  readonly #clock: Clock;
  readonly #runId: string;
  readonly #writer: BatchWriter<Entry, Written>;
  #entries = 0;

  constructor({ database, clock, timers, runId, onHealth }: SqlLedgerOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#runId = runId;
    this.#writer = new BatchWriter<Entry, Written>({
      timers,
      write: (entries) => this.#write(entries),
      isDataFault,
      identityOf,
      ...(onHealth === undefined ? {} : { onHealth }),
    });
  }

  async open(): Promise<void> {
    await migrate(this.#database, this.#clock.now());
  }

  record(decisions: readonly Decision[], bundleHash: string): Promise<readonly RecordOutcome[]> {
    return Promise.all(decisions.map((decision) => this.#recordOne(decision, bundleHash)));
  }

  async transition(change: IntentChange): Promise<boolean> {
    const written = await this.#writer.add({ kind: 'change', change, writer: this.#nextWriter() });
    if (written === 'missing') {
      throw new LedgerRejected(`there is no intent ${change.ordinal} of decision ${change.decisionId}`);
    }
    return written === 'mine';
  }

  async restart(now: number): Promise<RestartReport> {
    const [interrupted, tooOld] = await this.#database.transaction(async (session) => {
      const writer = this.#nextWriter();
      await session.query(statements.closeInterrupted.toUnknown, [interruptedDetail, writer, now]);
      const closed = await session.query(statements.closeInterrupted.toExpired, [interruptedDetail, writer, now]);
      const old = await session.query(statements.closeTooOld, [tooOldDetail, writer, now]);
      return [closed.length, old.length] as const;
    });
    const resume = readIntents(await this.#database.query(statements.selectAdmitted));
    const [summary] = await this.#database.query(statements.selectSummary);
    const newest = summary?.newest;
    return {
      resume: resume.rows,
      found: {
        decisions: Number(summary?.decisions ?? 0),
        newestAt: typeof newest === 'number' ? Math.round(newest) : null,
        interrupted,
        tooOld,
        unreadable: resume.unreadable,
      },
    };
  }

  async decisionsSince(at: number): Promise<readonly Decision[]> {
    return readDecisions(await this.#database.query(statements.selectDecisionsSince, [at])).rows;
  }

  async recentDecisions(count: number): Promise<readonly Decision[]> {
    return readDecisions(await this.#database.query(statements.selectRecentDecisions, [count])).rows;
  }

  async intentsOf(decisionId: string): Promise<readonly Intent[]> {
    return readIntents(await this.#database.query(statements.selectIntentsOf, [decisionId])).rows;
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
    await this.#database.close();
    return unwritten;
  }

  async #recordOne(decision: Decision, bundleHash: string): Promise<RecordOutcome> {
    const written = await this.#writer.add({ kind: 'decision', decision, bundleHash, writer: this.#nextWriter() });
    return written === 'mine' ? 'recorded' : 'known';
  }

  #nextWriter(): string {
    return `${this.#runId}:${this.#entries++}`;
  }

  /** One transaction for the whole batch. After an unclear failure the same entries find their own rows again. */
  #write(entries: readonly Entry[]): Promise<readonly Written[]> {
    const decisions = entries.filter((entry) => entry.kind === 'decision');
    const changes = entries.filter((entry) => entry.kind === 'change');
    const now = this.#clock.now();
    return this.#database.transaction(async (session) => {
      const mine = decisions.length === 0 ? new Set<string>() : await writeDecisions(session, decisions, now);
      const writers = changes.length === 0 ? new Map<string, string>() : await writeChanges(session, changes, now);
      return entries.map((entry) => {
        if (entry.kind === 'decision') return mine.has(entry.writer) ? 'mine' : 'others';
        const writer = writers.get(identityOf(entry));
        return writer === undefined ? 'missing' : writer === entry.writer ? 'mine' : 'others';
      });
    });
  }
}

async function writeDecisions(
  session: SqlSession,
  entries: readonly statements.DecisionEntry[],
  now: number,
): Promise<Set<string>> {
  const recorded = await run(session, statements.insertDecisions(entries, now));
  const mine = new Set(recorded.map((row) => String(row.writer)));
  const others = entries.filter((entry) => !mine.has(entry.writer));
  if (others.length === 0) return mine;
  // Known already; by this very entry when an earlier attempt was committed without our hearing of it.
  const rows = await run(session, statements.selectWriters(others));
  for (const row of rows) mine.add(String(row.writer));
  return mine;
}

async function writeChanges(
  session: SqlSession,
  entries: readonly statements.ChangeEntry[],
  now: number,
): Promise<Map<string, string>> {
  await run(session, statements.updateIntents(entries, now));
  const rows = await run(session, statements.selectIntentWriters(entries));
  return new Map(rows.map((row) => [intentIdentity(String(row.decision_id), Number(row.ordinal)), String(row.writer)]));
}

function run(session: SqlSession, { sql, values }: statements.Statement): ReturnType<SqlSession['query']> {
  return session.query(sql, values);
}

function identityOf(entry: Entry): string {
  if (entry.kind === 'decision') return `decision ${entry.decision.id}`;
  return intentIdentity(entry.change.decisionId, entry.change.ordinal);
}

function intentIdentity(decisionId: string, ordinal: number): string {
  return `intent ${decisionId} ${ordinal}`;
}
