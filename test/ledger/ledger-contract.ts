// What every ledger must do, whatever it writes to. An adapter's test calls this with a way to open one.

import { describe, expect, it } from 'vitest';
import { decisionId } from '../../runtime/decision.ts';
import { type IntentState, intentStates, intentTransitions } from '../../runtime/ledger/intent-state.ts';
import type { Ledger } from '../../runtime/ledger/ledger.ts';
import type { LedgerParts } from '../../runtime/ledger/parts.ts';
import { LedgerClosed, LedgerRejected } from '../../runtime/ledger/problem.ts';
import type { SqlDatabase } from '../../runtime/ledger/sql-database.ts';
import type { ManualClock } from '../../runtime/ports/clock.ts';
import { decision, start } from './fixtures.ts';

export interface LedgerUnderTest extends LedgerParts {
  /** The ledger's time; stands at `start`. */
  readonly clock: ManualClock;
  /** The same data, for a look past the ledger. */
  readonly database: SqlDatabase;
  /** Another engine on the same data, at the same time. */
  readonly another: (engineId: string) => Promise<LedgerParts>;
  /** Ends this one and opens another on the same data. */
  readonly reopen: () => Promise<Ledger>;
}

/** The shortest way from `admitted` to each state. */
const ways: Readonly<Record<IntentState, readonly IntentState[]>> = {
  admitted: [],
  executing: ['executing'],
  succeeded: ['executing', 'succeeded'],
  failed: ['executing', 'failed'],
  unknown: ['executing', 'unknown'],
  reconciled: ['executing', 'unknown', 'reconciled'],
  expired: ['expired'],
};

export function ledgerContract(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`${name}: ledger`, () => {
    it('gives back a decision as it was recorded', async () => {
      const { ledger, reopen } = await open();
      const fleets = [{ fleet: 'payment', up: 2, down: null, settleMs: 0 }];
      const recorded = decision({
        cause: 'repeat',
        policyId: 'P-7',
        remaining: { cooldownMs: 0, limit: null, fleets },
        key: 'a "key" with ünïcödé \\ and \n',
      });
      expect(await ledger.record([recorded], 'bundle')).toEqual(['recorded']);
      expect(await ledger.recentDecisions(10)).toEqual([recorded]);
      const again = await reopen();
      expect(await again.decisionsSince(0)).toEqual([recorded]);
      await again.close(1_000);
    });

    it('keeps the first of two decisions with one id, in one batch and in two', async () => {
      const { ledger } = await open();
      expect(await ledger.record([decision(), decision({ reason: 'the second' })], 'bundle')).toEqual([
        'recorded',
        'known',
      ]);
      expect(await ledger.record([decision({ reason: 'the third' })], 'bundle')).toEqual(['known']);
      expect(await ledger.recentDecisions(10)).toEqual([decision()]);
      expect(await ledger.intentsOf(decision().id)).toHaveLength(2);
      await ledger.close(1_000);
    });

    it('makes an intent for each action of an admitted decision, and none for any other', async () => {
      const { ledger } = await open();
      const refused = decision({
        number: 1,
        outcome: 'refused',
        gate: 'cooldown',
        reason: 'cooldown: acted at 12:00:00',
      });
      const shadowed = decision({ number: 2, outcome: 'shadowed', mode: 'shadow' });
      const waiting = decision({ number: 3, outcome: 'awaiting_approval', mode: 'approve' });
      await ledger.record([decision(), refused, shadowed, waiting], 'bundle');
      const intents = await ledger.intentsOf(decision().id);
      expect(intents.map(({ ordinal, state, attempts }) => [ordinal, state, attempts])).toEqual([
        [0, 'admitted', 0],
        [1, 'admitted', 0],
      ]);
      expect(intents[1]?.decision).toEqual(decision());
      for (const other of [refused, shadowed, waiting]) expect(await ledger.intentsOf(other.id)).toEqual([]);
      expect(await ledger.recentDecisions(2)).toEqual([waiting, shadowed]);
      expect(await ledger.decisionsSince(start + 2_000)).toEqual([shadowed, waiting]);
      await ledger.close(1_000);
    });

    it('writes a thousand decisions given at once, in more than one batch', async () => {
      const { ledger } = await open();
      const many = Array.from({ length: 1_000 }, (_, number) => decision({ number }));
      const calls = await Promise.all(many.map((one) => ledger.record([one], 'bundle')));
      expect(calls.flat().every((outcome) => outcome === 'recorded')).toBe(true);
      expect(await ledger.decisionsSince(0)).toEqual(many);
      await ledger.close(1_000);
    });

    it('takes what an attacker can put into a key, and refuses alone what it can’t take', async () => {
      const { ledger } = await open();
      const odd = decision({ number: 1, key: 'nul \0 half \ud800', values: JSON.parse('{"__proto__": 1, "a": null}') });
      const impossible = decision({ number: 2, at: 1e30 });
      const results = await Promise.allSettled([
        ledger.record([decision()], 'bundle'),
        ledger.record([odd], 'bundle'),
        ledger.record([impossible], 'bundle'),
        ledger.record([decision({ number: 3 })], 'bundle'),
      ]);
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
      expect(results[2]).toMatchObject({ reason: expect.any(LedgerRejected) });
      expect((await ledger.decisionsSince(0)).map((one) => one.key)).toEqual([
        'payment-service',
        'nul \ufffd half \ufffd',
        'payment-service',
      ]);
      expect(ledger.accepting()).toBe(true);
      await ledger.close(1_000);
    });

    it('lets an intent go only where its life may go', async () => {
      const { ledger } = await open();
      const pairs = intentStates.flatMap((from) => intentStates.map((to) => ({ from, to })));
      const went = pairs.map(async ({ from, to }, number) => {
        const one = decision({ number, fleet: `fleet-${number}` });
        await ledger.record([one], 'bundle');
        const base = { decisionId: one.id, ordinal: 0, attempts: 1, detail: null };
        for (const step of ways[from]) await ledger.transition({ ...base, to: step });
        const moved = await ledger.transition({ ...base, to }).catch((error: Error) => error);
        const outcome = moved instanceof LedgerRejected ? 'rejected' : 'outcome' in moved ? moved.outcome : moved;
        const right = intentTransitions[from].includes(to) ? 'moved' : from === to ? 'others' : 'rejected';
        return outcome === right ? null : `${from} → ${to}: ${String(outcome)}`;
      });
      expect((await Promise.all(went)).filter((wrong) => wrong !== null)).toEqual([]);
      await ledger.close(1_000);
    });

    it('lets only one of two claim an intent', async () => {
      const { ledger } = await open();
      await ledger.record([decision()], 'bundle');
      const claim = { decisionId: decision().id, ordinal: 0, to: 'executing', attempts: 1, detail: null } as const;
      const claims = await Promise.all([ledger.transition(claim), ledger.transition(claim)]);
      expect(claims).toMatchObject([{ outcome: 'moved' }, { outcome: 'others' }]);
      const nobody = ledger.transition({ ...claim, decisionId: decisionId('none', '', 0, 0) });
      await expect(nobody).rejects.toThrow(/no intent/);
      await ledger.close(1_000);
    });

    it('after a restart ends what was cut off and gives back what was never begun', async () => {
      const { ledger, reopen } = await open();
      const young = decision({ number: 100, fleet: 'young' });
      const old = decision({ number: 1 });
      const cut = decision({ number: 101, fleet: 'cut' });
      const withoutDeadline = decision({ number: 102, deadline: undefined });
      await ledger.record([young, old, cut, withoutDeadline], 'bundle');
      const base = { decisionId: cut.id, ordinal: 0, attempts: 1, detail: null };
      await ledger.transition({ ...base, ordinal: 1, to: 'executing' });
      await ledger.transition({ ...base, ordinal: 1, to: 'succeeded' });
      await ledger.transition({ ...base, to: 'executing' });

      const again = await reopen();
      const report = await again.restart(start + 110_000);
      expect(report.resume.map((intent) => [intent.decision.id, intent.ordinal])).toEqual([
        [young.id, 0],
        [young.id, 1],
      ]);
      expect(report.found).toEqual({
        decisions: 4,
        newestAt: withoutDeadline.at,
        interrupted: 1,
        tooOld: 4,
        unreadable: 0,
      });
      const ended = await again.intentsOf(cut.id);
      expect(ended.map((intent) => intent.state)).toEqual(['expired', 'succeeded']);
      expect(ended[0]?.detail).toMatch(
        /stopped while this was being carried out; whether it arrived can’t be read back/,
      );
      expect((await again.intentsOf(old.id))[0]?.detail).toMatch(/too old/);
      expect((await again.restart(start + 110_000)).found.interrupted).toBe(0);
      await again.close(1_000);
    });

    it('after a restart keeps what was cut off for who can read it back', async () => {
      const { ledger, reopen } = await open();
      await ledger.record([decision()], 'bundle');
      const change = { decisionId: decision().id, ordinal: 0, attempts: 1, detail: null };
      await ledger.transition({ ...change, to: 'executing' });
      const again = await reopen();
      const report = await again.restart(start, 'keep');
      expect(report.unknown).toMatchObject([{ ordinal: 0, state: 'unknown', decision: { id: change.decisionId } }]);
      expect(report.resume).toMatchObject([{ ordinal: 1, state: 'admitted' }]);
      expect(report.found.interrupted).toBe(1);
      expect(await again.transition({ ...change, to: 'reconciled', detail: 'it was done' })).toEqual({
        outcome: 'moved',
      });
      await again.close(1_000);
    });

    it('writes what waits when it is closed, and takes nothing afterwards', async () => {
      const { ledger, reopen } = await open();
      const pending = ledger.record([decision()], 'bundle');
      const again = await reopen();
      expect(await pending).toEqual(['recorded']);
      await expect(ledger.record([decision({ number: 1 })], 'bundle')).rejects.toThrow(LedgerClosed);
      expect(await again.recentDecisions(10)).toEqual([decision()]);
      expect(await again.close(1_000)).toBe(0);
    });
  });
}
