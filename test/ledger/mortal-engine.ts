// An engine that can die before and after each statement, begin, commit and call between a decision and its end: the
// points are counted as they are reached, so that all of them can be tried.

import type { Decision } from '../../runtime/decision.ts';
import type { Ledger } from '../../runtime/ledger/ledger.ts';
import type { Notice } from '../../runtime/ledger/outbox.ts';
import type { SqlDatabase } from '../../runtime/ledger/sql-database.ts';
import { SqlLedger } from '../../runtime/ledger/sql-ledger.ts';
import type { Clock } from '../../runtime/ports/clock.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';

/** Told of each point when it is reached; may end the process, or throw as if it had. */
export type Reach = (point: string) => void;

export interface World {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly time: 'own' | 'database';
  readonly engineId: string;
  /** The call to the outside, with its idempotency key. */
  readonly call: (key: string) => void;
  readonly reach: Reach;
}

/** The whole life of a decision with one action: recorded, begun, carried out, ended. */
export async function live(world: World, one: Decision): Promise<void> {
  const ledger = mortalLedger(world);
  const [outcome] = await ledger.record([one], 'bundle', new Map([[one.id, [noticeOf(one, 'decision')]]]));
  if (outcome === 'recorded') await carryOut(ledger, one, world);
}

/** What whoever has it does with an admitted intent. */
export async function carryOut(ledger: Ledger, one: Decision, { call, reach }: Pick<World, 'call' | 'reach'>) {
  const intent = { decisionId: one.id, ordinal: 0, attempts: 0, detail: null };
  const begun = await ledger.transition({ ...intent, to: 'executing' });
  if (begun.outcome !== 'moved') return;
  reach('before the call');
  call(`${one.id}-0`);
  reach('after the call');
  await ledger.transition({ ...intent, to: 'succeeded', attempts: 1, notices: [noticeOf(one, 'ending')] });
}

export function noticeOf({ id }: Decision, kind: string): Notice {
  return { key: `${id}-${kind}`, kind, payload: { id } };
}

function mortalLedger({ database, clock, time, engineId, reach }: World): Ledger {
  const statement = async <T>(sql: string, ask: () => Promise<T>): Promise<T> => {
    const name = sql.trim().replace(/\s+/g, ' ').slice(0, 40);
    reach(`before ${name}`);
    const result = await ask();
    reach(`after ${name}`);
    return result;
  };
  return new SqlLedger({
    database: {
      query: (sql, values) => statement(sql, () => database.query(sql, values)),
      execute: (sql) => statement(sql, () => database.execute(sql)),
      async transaction(work) {
        reach('before begin');
        const result = await database.transaction(async (session) => {
          reach('after begin');
          const done = await work({ query: (sql, values) => statement(sql, () => session.query(sql, values)) });
          reach('before commit');
          return done;
        });
        reach('after commit');
        return result;
      },
      close: async () => {},
    },
    clock,
    timers: systemTimers,
    time,
    engineId,
  });
}
