// What every ledger must hold of fleets, engines and time, whatever it writes to: the guards at the moment of acting,
// fences, take-over, partitions and retention.

import { describe, expect, it } from 'vitest';
import type { PlannedAction } from '../../runtime/decision.ts';
import type { Ledger, TransitionResult } from '../../runtime/ledger/ledger.ts';
import { SqlLedger } from '../../runtime/ledger/sql-ledger.ts';
import { Upkeep } from '../../runtime/ledger/upkeep.ts';
import { decision, leftOpen, partsOptions, start } from './fixtures.ts';
import type { LedgerUnderTest } from './ledger-contract.ts';

const minuteMs = 60_000;

function scale(from: number, to: number, changes: Partial<PlannedAction> = {}): PlannedAction {
  return {
    name: 'scale_to',
    target: 'payment',
    args: { size: to },
    timeoutMs: 5_000,
    retry: 0,
    endpoint: null,
    change: { from, to },
    budget: { share: 0.2, perMs: 5 * minuteMs, members: Math.abs(to - from) },
    ...changes,
  };
}

async function begin(ledger: Ledger, decisionId: string, ordinal = 0): Promise<TransitionResult> {
  return ledger.transition({ decisionId, ordinal, to: 'executing', attempts: 0, detail: null });
}

async function end(
  ledger: Ledger,
  decisionId: string,
  ordinal = 0,
  to: 'succeeded' | 'failed' | 'unknown' = 'succeeded',
) {
  return ledger.transition({ decisionId, ordinal, to, attempts: 1, detail: null });
}

/** `moved`, or the guard that refused. */
const word = (result: TransitionResult): string => (result.outcome === 'refused' ? result.guard : result.outcome);

export function fleetsContract(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`${name}: the moment of acting`, () => {
    it('is refused after the deadline, and the intent ends with the reason', async () => {
      const { ledger, clock } = await open();
      const one = decision({ actions: [scale(10, 11), scale(11, 12)] });
      await ledger.record([one], 'bundle');
      clock.advance(minuteMs);
      expect(await begin(ledger, one.id)).toEqual({ outcome: 'moved' });
      clock.advance(1);
      const late = await begin(ledger, one.id, 1);
      expect(late).toMatchObject({ outcome: 'refused', guard: 'deadline' });
      expect(late).toMatchObject({ reason: expect.stringMatching(/too old: it had to begin by 2026-03-01 12:01:00/) });
      const [, ended] = await ledger.intentsOf(one.id);
      expect(ended).toMatchObject({ state: 'expired', detail: expect.stringMatching(/^not begun: too old/) });
      await ledger.close(1_000);
    });

    it('belongs to the newest decision on a fleet; a decision’s own actions go one after the other', async () => {
      const { ledger } = await open();
      const [older, newer, elsewhere] = [
        decision({ number: 1 }),
        decision({ number: 2 }),
        decision({ number: 3, fleet: 'checkout' }),
      ];
      await ledger.record([older, newer, elsewhere], 'bundle');
      const refused = await begin(ledger, older.id);
      expect(refused).toMatchObject({ outcome: 'refused', guard: 'fence' });
      expect(refused).toMatchObject({
        reason: expect.stringContaining(`decision ${newer.id} on fleet payment is newer`),
      });
      expect(word(await begin(ledger, newer.id))).toBe('moved');
      expect(word(await begin(ledger, elsewhere.id))).toBe('moved');
      await end(ledger, newer.id);
      expect(word(await begin(ledger, newer.id, 1))).toBe('moved');
      const acts = await ledger.fleetActsSince(0, 'payment');
      expect(acts.map(({ fence, state, endedAt, done }) => [fence, state, endedAt, done])).toEqual([
        [1, 'expired', start, false],
        [1, 'admitted', null, true],
        [2, 'succeeded', start, true],
        [2, 'executing', null, true],
      ]);
      expect(await ledger.fleetActsSince(start + 1)).toHaveLength(4);
      await ledger.close(1_000);
    });

    it('waits for nothing that is under way or unknown on the fleet: it is refused', async () => {
      const { ledger } = await open();
      const older = decision({ number: 1, actions: [scale(10, 11, { budget: undefined })] });
      await ledger.record([older], 'bundle');
      await begin(ledger, older.id);
      const tries: string[] = [];
      for (const state of ['executing', 'unknown'] as const) {
        if (state === 'unknown') await end(ledger, older.id, 0, 'unknown');
        const next = decision({ number: 10 + tries.length, actions: [scale(10, 11)] });
        await ledger.record([next], 'bundle');
        const refused = await begin(ledger, next.id);
        tries.push(word(refused));
        expect(refused).toMatchObject({ reason: expect.stringContaining(`of decision ${older.id}`) });
      }
      expect(tries).toEqual(['in-flight', 'in-flight']);
      await ledger.transition({ decisionId: older.id, ordinal: 0, to: 'expired', attempts: 1, detail: null });
      const last = decision({ number: 20, actions: [scale(10, 11)] });
      await ledger.record([last], 'bundle');
      expect(word(await begin(ledger, last.id))).toBe('moved');
      await ledger.close(1_000);
    });

    it('holds the fleet’s rolling budget by the ledger’s own rows, until its window after the end has passed', async () => {
      const { ledger, clock } = await open();
      let number = 0;
      const act = async (
        action: PlannedAction,
        to: 'succeeded' | 'failed' | 'expired' = 'succeeded',
      ): Promise<TransitionResult> => {
        const at = clock.now();
        const one = decision({ key: `key-${number++}`, at, actions: [action] });
        await ledger.record([one], 'bundle');
        const begun = await begin(ledger, one.id);
        clock.advance(1_000);
        if (begun.outcome === 'moved') await end(ledger, one.id, 0, to === 'expired' ? 'unknown' : to);
        if (to === 'expired') {
          // Read back: the provider says that it was never done.
          await ledger.transition({ decisionId: one.id, ordinal: 0, to, attempts: 1, detail: null, done: false });
        }
        return begun;
      };
      expect(word(await act(scale(10, 11)))).toBe('moved');
      expect(word(await act(scale(11, 12)))).toBe('moved');
      const refused = await act(scale(12, 13));
      expect(refused).toMatchObject({ outcome: 'refused', guard: 'budget' });
      expect(refused).toMatchObject({
        reason: expect.stringMatching(
          /fleet payment: 2 of 10 members changed in this direction \(up\) within 300 s.* 1 more; 2 are/,
        ),
      });
      // The other direction has a budget of its own; what certainly was not done counts for nothing.
      expect(word(await act(scale(12, 10), 'failed'))).toBe('moved');
      expect(word(await act(scale(12, 10), 'expired'))).toBe('moved');
      expect(word(await act(scale(12, 10)))).toBe('moved');
      expect(word(await act(scale(10, 9)))).toBe('budget');
      // Five minutes after the first has ended, not after it began.
      clock.set(start + 5 * minuteMs + 999);
      expect(word(await act(scale(10, 11)))).toBe('budget');
      clock.set(start + 5 * minuteMs + 1_000);
      expect(word(await act(scale(10, 11)))).toBe('moved');
      await ledger.close(1_000);
    });

    it('counts what a restart touches, and asks nothing of what has no fleet', async () => {
      const { ledger } = await open();
      const budget = { share: 0.2, perMs: 5 * minuteMs, members: 2, of: 10 };
      const restart = { ...scale(0, 0), name: 'restart', change: null, budget };
      const first = decision({ number: 1, actions: [restart, restart] });
      const call = { ...scale(0, 0), name: 'webhook', target: null, change: null, budget: undefined };
      const free = decision({ number: 2, actions: [call, call] });
      await ledger.record([first, free], 'bundle');
      expect(word(await begin(ledger, first.id))).toBe('moved');
      await end(ledger, first.id);
      expect(word(await begin(ledger, first.id, 1))).toBe('budget');
      expect([word(await begin(ledger, free.id)), word(await begin(ledger, free.id, 1))]).toEqual(['moved', 'moved']);
      await ledger.close(1_000);
    });

    it('lets one of many go when they all ask at once', async () => {
      const { ledger, another } = await open();
      const engines = [ledger, (await another('b')).ledger, (await another('c')).ledger];
      const decisions = Array.from({ length: 9 }, (_, number) => decision({ number, actions: [scale(10, 11)] }));
      await Promise.all(decisions.map((one, index) => engines[index % 3]?.record([one], 'bundle')));
      const begun = await Promise.all(decisions.map((one, index) => begin(engines[index % 3] ?? ledger, one.id)));
      expect(begun.map(word).sort()).toEqual([...Array.from({ length: 8 }, () => 'fence'), 'moved']);
      await ledger.close(1_000);
    });
  });

  describe(`${name}: several engines`, () => {
    it('leave each other’s intents alone while both live, and take them over when one is gone', async () => {
      const { ledger, engineId, clock, another } = await open();
      const [young, cut, old] = [
        decision({ number: 100, fleet: 'young' }),
        decision({ number: 101, fleet: 'cut' }),
        decision({ number: 1, fleet: 'old' }),
      ];
      await ledger.record([young, cut, old], 'bundle');
      await begin(ledger, cut.id);
      clock.advance(14_999);
      const second = await another('second');
      expect(await begin(second.ledger, young.id)).toEqual({ outcome: 'others', holder: engineId });
      const nothing = { resume: [], unknown: [], tooOld: 0, from: [], unreadable: 0, more: false };
      expect(await second.ledger.takeOver()).toEqual(nothing);
      clock.set(start + 47_000);
      const third = await another('third');
      // Whoever has not been heard for as long itself can't tell a dead engine from a database that was away.
      clock.advance(14_999);
      await another('third');
      expect(await third.ledger.takeOver()).toEqual(nothing);
      clock.advance(1);
      const taken = await third.ledger.takeOver();
      expect(taken.resume.map(({ decision: { id }, ordinal }) => [id, ordinal])).toEqual([
        [young.id, 0],
        [young.id, 1],
        [cut.id, 1],
      ]);
      expect(taken.unknown.map(({ decision: { id }, ordinal, state }) => [id, ordinal, state])).toEqual([
        [cut.id, 0, 'unknown'],
      ]);
      expect(taken).toMatchObject({ tooOld: 2, from: [engineId], more: false });
      expect(await third.ledger.takeOver()).toEqual(nothing);
      // The one that was thought dead comes back: what was taken is not its own any more.
      expect(await begin(ledger, young.id)).toEqual({ outcome: 'others', holder: 'third' });
      expect(await end(ledger, cut.id)).toEqual({ outcome: 'others', holder: 'third' });
      expect(word(await begin(third.ledger, young.id))).toBe('moved');
      const found = { decisionId: cut.id, ordinal: 0, to: 'reconciled', attempts: 1, detail: 'it was done' } as const;
      expect(word(await third.ledger.transition(found))).toBe('moved');
      expect((await third.ledger.intentsOf(old.id)).map(({ state }) => state)).toEqual(['expired', 'expired']);
      await ledger.close(1_000);
    });

    it('find again what they took when no answer said so', async () => {
      const { ledger, another, database, clock } = await open();
      const leaving = await another('leaving');
      await leaving.ledger.record([decision()], 'bundle');
      await leaving.ledger.close(1_000);
      // For its lease.
      await another('deaf');
      let deaf = true;
      const shared = leftOpen(database);
      const taker = new SqlLedger({
        ...partsOptions,
        clock,
        engineId: 'deaf',
        database: {
          ...shared,
          async query(sql, values) {
            const rows = await shared.query(sql, values);
            if (deaf && sql.includes('skip locked')) throw new Error('the connection broke after the commit');
            return rows;
          },
        },
      });
      await expect(taker.takeOver()).rejects.toThrow('broke after the commit');
      deaf = false;
      expect(await ledger.takeOver()).toMatchObject({ resume: [] });
      const found = await taker.takeOver();
      expect(found).toMatchObject({ resume: [{ ordinal: 0 }, { ordinal: 1 }], from: ['leaving'], more: true });
      expect(await taker.takeOver()).toMatchObject({ resume: [], more: false });
      expect(word(await begin(taker, decision().id))).toBe('moved');
      await ledger.close(1_000);
    });

    it('end what is their own and was forgotten, once it may not begin any more', async () => {
      const { ledger, clock } = await open();
      await ledger.record([decision()], 'bundle');
      clock.advance(2 * minuteMs);
      expect(await ledger.takeOver()).toMatchObject({ tooOld: 0 });
      clock.advance(1);
      expect(await ledger.takeOver()).toMatchObject({ resume: [], tooOld: 2 });
      expect((await ledger.intentsOf(decision().id)).map(({ state }) => state)).toEqual(['expired', 'expired']);
      await ledger.close(1_000);
    });

    it('end what they take and can’t read: nothing stays open, and no fleet is held up', async () => {
      const { ledger, another, database } = await open();
      const leaving = await another('leaving');
      const [broken, sound] = [decision({ number: 1 }), decision({ number: 2, fleet: 'checkout' })];
      await leaving.ledger.record([broken, sound], 'bundle');
      await begin(leaving.ledger, broken.id);
      await leaving.ledger.close(1_000);
      await database.query(`update decision_audit set clause_values = '[1]' where id = $1`, [broken.id]);
      const taken = await ledger.takeOver();
      expect(taken).toMatchObject({ resume: [{ ordinal: 0 }, { ordinal: 1 }], unknown: [], unreadable: 2 });
      const left = await database.query('select state, detail from action_intent where decision_id = $1', [broken.id]);
      const detail = expect.stringContaining('can’t be read');
      expect(left).toEqual([
        { state: 'expired', detail },
        { state: 'expired', detail },
      ]);
      expect(word(await begin(ledger, sound.id))).toBe('moved');
      await ledger.close(1_000);
    });

    it('hand over at once when one ends in order', async () => {
      const { ledger, another } = await open();
      const leaving = await another('leaving');
      await leaving.ledger.record([decision()], 'bundle');
      expect((await ledger.takeOver()).resume).toEqual([]);
      await leaving.ledger.close(1_000);
      expect(await ledger.takeOver()).toMatchObject({ resume: [{ ordinal: 0 }, { ordinal: 1 }], from: ['leaving'] });
      await ledger.close(1_000);
    });

    it('each take something else when they take at once', async () => {
      const { ledger, another, clock } = await open();
      const many = Array.from({ length: 700 }, (_, number) =>
        decision({ key: `key-${number}`, fleet: `fleet-${number}`, deadline: start + 10 * minuteMs }),
      );
      await ledger.record(many, 'bundle');
      const alive = () => Promise.all(['b', 'c', 'd'].map((engineId) => another(engineId)));
      const others = await alive();
      clock.advance(10_000);
      await alive();
      clock.advance(5_000);
      const taken = await Promise.all(
        others.map(async (engine) => {
          const mine: string[] = [];
          for (let more = true; more; ) {
            const part = await engine.ledger.takeOver();
            mine.push(...part.resume.map(({ decision: { id }, ordinal }) => `${id}-${ordinal}`));
            more = part.more;
          }
          return mine;
        }),
      );
      expect(taken.flat()).toHaveLength(1_400);
      expect(new Set(taken.flat()).size).toBe(1_400);
      await ledger.close(1_000);
    });
  });

  describe(`${name}: days`, () => {
    const partitions = async ({ database }: LedgerUnderTest): Promise<readonly string[]> => {
      const rows = await database.query('select name from decision_audit_days() order by name');
      return rows.map((row) => String(row.name).slice(-8));
    };

    it('have partitions ahead of time, and what has none is moved once it gets one', async () => {
      const under = await open();
      const { ledger, database } = under;
      expect(await partitions(under)).toEqual(['20260228', '20260301', '20260302', '20260303']);
      const later = decision({ at: start + 5 * 86_400_000 });
      await ledger.record([decision(), later, decision({ at: 0 })], 'bundle');
      const other = async () =>
        (await database.query('select id from decision_audit_other order by event_time')).length;
      expect(await other()).toBe(2);
      const [made] = await database.query(`select decision_audit_add_day(date '2026-03-06') as made`);
      expect(made).toEqual({ made: true });
      expect(await other()).toBe(1);
      expect(await ledger.decisionsSince(start)).toHaveLength(2);
      expect(await ledger.record([later], 'bundle')).toEqual(['known']);
      await ledger.close(1_000);
    });

    it('are dropped after the retention, with what belongs to them', async () => {
      const under = await open();
      const { ledger, database, clock, engineId } = under;
      const replayed = decision({ at: start - 400 * 86_400_000, outcome: 'shadowed' });
      const done = decision({ number: 1 });
      await ledger.record([done, replayed], 'bundle');
      for (const ordinal of [0, 1]) {
        await begin(ledger, done.id, ordinal);
        await end(ledger, done.id, ordinal);
      }
      const problems: unknown[] = [];
      const upkeep = new Upkeep({
        ...partsOptions,
        context: { database, engineId, now: clock.now },
        onProblem: (problem) => problems.push(problem),
      });
      expect(await upkeep.forget()).toBe(0);
      expect(await ledger.recentDecisions(10)).toHaveLength(2);
      clock.set(Date.UTC(2026, 2, 31, 11, 59));
      await upkeep.addDays();
      expect(await upkeep.forget()).toBe(1);
      expect(await ledger.recentDecisions(10)).toHaveLength(2);
      clock.set(Date.UTC(2026, 3, 1, 12, 0, 1));
      expect(await upkeep.forget()).toBe(1);
      expect(await ledger.recentDecisions(10)).toEqual([]);
      expect(await ledger.intentsOf(done.id)).toEqual([]);
      expect(await database.query('select from action_intent')).toEqual([]);
      expect(await partitions(under)).toEqual(['20260302', '20260303', '20260330', '20260331', '20260401', '20260402']);
      expect(problems).toEqual([]);
      await ledger.close(1_000);
    });
  });
}
