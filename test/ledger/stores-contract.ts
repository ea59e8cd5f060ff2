// What the stores beside the ledger must do, whatever they write to.

import { describe, expect, it } from 'vitest';
import type { ControlOrder } from '../../runtime/ledger/control-store.ts';
import { LedgerRejected } from '../../runtime/ledger/problem.ts';
import { decision, start } from './fixtures.ts';
import type { LedgerUnderTest } from './ledger-contract.ts';

const notice = (key: string) => ({ key, kind: 'decision', payload: { text: `about ${key}`, odd: 'nul \0' } });

export function storesContract(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`${name}: outbox`, () => {
    it('holds notices of what was recorded, once, and none of what was not', async () => {
      const { ledger, outbox } = await open();
      const notices = new Map([[decision().id, [notice('one'), notice('two')]]]);
      await ledger.record([decision()], 'bundle', notices);
      await ledger.record([decision()], 'bundle', new Map([[decision().id, [notice('of another engine')]]]));
      const begin = { decisionId: decision().id, ordinal: 0, attempts: 0, detail: null, to: 'executing' } as const;
      await ledger.transition({ ...begin, notices: [notice('begun')] });
      await ledger.transition({ ...begin, notices: [notice('begun by another')] });
      const impossible = { ...begin, to: 'reconciled', notices: [notice('never')] } as const;
      await expect(ledger.transition(impossible)).rejects.toThrow(LedgerRejected);
      await outbox.add([notice('two'), notice('three')]);
      const claimed = await outbox.claim(10, 1_000);
      expect(claimed.map(({ key, attempt }) => [key, attempt])).toEqual([
        ['begun', 1],
        ['one', 1],
        ['three', 1],
        ['two', 1],
      ]);
      expect(claimed[1]).toMatchObject({ kind: 'decision', payload: { text: 'about one', odd: 'nul \ufffd' } });
      await ledger.close(1_000);
    });

    it('gives a notice to nobody else while it is held, again when it was not settled, and never after that', async () => {
      const { ledger, outbox, clock } = await open();
      await outbox.add([notice('a'), notice('b'), notice('c')]);
      expect(await outbox.claim(2, 1_000)).toHaveLength(2);
      expect((await outbox.claim(10, 1_000)).map(({ key }) => key)).toEqual(['c']);
      expect(await outbox.settle('a', { outcome: 'delivered' })).toBe(true);
      expect(await outbox.settle('a', { outcome: 'delivered' })).toBe(false);
      expect(await outbox.settle('b', { outcome: 'failed', problem: 'HTTP 503', retryMs: 5_000 })).toBe(true);
      expect(await outbox.settle('c', { outcome: 'given-up', problem: 'HTTP 410' })).toBe(true);
      clock.advance(4_999);
      expect(await outbox.claim(10, 1_000)).toEqual([]);
      expect(await outbox.counts()).toEqual({ waiting: 1, givenUp: 1 });
      clock.advance(1);
      expect((await outbox.claim(10, 1_000)).map(({ key, attempt }) => [key, attempt])).toEqual([['b', 2]]);
      clock.advance(1_001);
      expect((await outbox.claim(10, 1_000)).map(({ attempt }) => attempt)).toEqual([3]);
      await ledger.close(1_000);
    });
  });

  describe(`${name}: controls`, () => {
    const pause: ControlOrder = {
      kind: 'pause',
      scope: { kind: 'fleet', fleet: 'payment' },
      expiresAt: null,
      by: 'ada',
      reason: 'a migration',
    };

    it('hold until they are lifted or run out, and each change is written down with who and why', async () => {
      const { ledger, controls, clock } = await open();
      const told: number[] = [];
      const cancel = controls.onChange(() => told.push(1));
      const first = await controls.set(pause);
      expect(first).toMatchObject({ ...pause, startsAt: start, createdAt: start });
      const silence = await controls.set({
        kind: 'silence',
        scope: { kind: 'global' },
        startsAt: start + 1_000,
        expiresAt: start + 5_000,
        by: 'bob',
        reason: 'drill',
      });
      expect(await controls.controls()).toEqual({ controls: [first, silence], readAt: start });
      clock.advance(5_000);
      expect((await controls.controls()).controls).toEqual([first]);
      expect(await controls.lift(silence.id, 'bob', 'over')).toBe(false);
      expect(await controls.lift(first.id, 'eve', 'done')).toBe(true);
      expect(await controls.lift(first.id, 'eve', 'done')).toBe(false);
      expect(await controls.controls()).toEqual({ controls: [], readAt: start + 5_000 });
      await controls.audit({
        by: 'eve',
        what: 'approve',
        subject: 'plan 1',
        reason: 'looks right',
        detail: { plan: 1 },
      });
      expect((await controls.audits(10)).map(({ by, what, subject, reason }) => [by, what, subject, reason])).toEqual([
        ['eve', 'approve', 'plan 1', 'looks right'],
        ['eve', 'lift', 'pause fleet payment', 'done'],
        ['bob', 'silence', 'global', 'drill'],
        ['ada', 'pause', 'fleet payment', 'a migration'],
      ]);
      await expect.poll(() => told.length).toBeGreaterThan(0);
      const before = told.length;
      await controls.set(pause);
      await expect.poll(() => told.length).toBeGreaterThan(before);
      cancel();
      await ledger.close(1_000);
    });

    it('are refused without an end where one is needed, without a name, or in the past', async () => {
      const { ledger, controls, clock } = await open();
      const refused: readonly [ControlOrder, RegExp][] = [
        [{ ...pause, kind: 'silence' }, /a silence must end by itself/],
        [{ ...pause, kind: 'maintenance' }, /a maintenance window must end by itself/],
        [{ ...pause, by: '' }, /needs who ordered it, and why/],
        [{ ...pause, reason: ' ' }, /needs who ordered it, and why/],
        [{ ...pause, startsAt: start + 2_000, expiresAt: start + 1_000 }, /must end after it begins/],
        [{ ...pause, kind: 'silence', startsAt: start, expiresAt: start + 31 * 86_400_000 }, /for 30 days at most/],
        [{ ...pause, kind: 'silence', expiresAt: start + 31 * 86_400_000 }, /for 30 days at most/],
        [{ ...pause, startsAt: start - 10_000, expiresAt: start - 5_000 }, /would end in the past/],
      ];
      clock.advance(1_000);
      for (const [order, why] of refused) await expect(controls.set(order)).rejects.toThrow(why);
      expect(await controls.audits(10)).toEqual([]);
      await ledger.close(1_000);
    });

    it('are obeyed at the moment of acting: nothing begins, people are still told', async () => {
      const { ledger, controls } = await open();
      const scopes: readonly ControlOrder['scope'][] = [
        { kind: 'global' },
        { kind: 'fleet', fleet: 'payment' },
        { kind: 'policy', policy: 'high_error_rate' },
        { kind: 'direction', direction: 'up' },
      ];
      const [, scaleUp] = decision().actions;
      if (scaleUp === undefined) throw new Error('the fixture has two actions');
      const tell = { ...scaleUp, name: 'notify', target: null, change: null };
      let number = 0;
      const begin = async (): Promise<readonly unknown[]> => {
        const one = decision({ number: number++, actions: [scaleUp, tell] });
        await ledger.record([one], 'bundle');
        const results = [];
        for (const ordinal of [0, 1]) {
          const change = { decisionId: one.id, ordinal, attempts: 0, detail: null };
          const begun = await ledger.transition({ ...change, to: 'executing' });
          if (begun.outcome === 'moved') await ledger.transition({ ...change, to: 'succeeded' });
          results.push(begun.outcome === 'refused' ? begun.guard : begun.outcome);
        }
        return results;
      };
      for (const scope of scopes) {
        const { id } = await controls.set({ ...pause, scope });
        expect(await begin(), scope.kind).toEqual(['paused', 'moved']);
        await controls.lift(id, 'ada', 'over');
      }
      const others: readonly ControlOrder['scope'][] = [
        { kind: 'fleet', fleet: 'checkout' },
        { kind: 'policy', policy: 'other' },
        { kind: 'direction', direction: 'down' },
      ];
      for (const scope of others) await controls.set({ ...pause, scope });
      expect(await begin()).toEqual(['moved', 'moved']);
      await controls.set({ ...pause, kind: 'silence', expiresAt: start + 60_000 });
      expect(await begin()).toEqual(['silenced', 'moved']);
      await ledger.close(1_000);
    });
  });

  describe(`${name}: bundles`, () => {
    const bundle = {
      hash: 'hash-1',
      serial: 7,
      signature: 'signed',
      signedBy: 'key-1',
      bytes: Uint8Array.from({ length: 70_000 }, (_, index) => index % 256),
      uploadedBy: 'ada',
    } as const;

    it('keeps bytes by their hash, and the order that holds', async () => {
      const { ledger, bundles, controls, clock } = await open();
      const told: number[] = [];
      bundles.onOrder(() => told.push(1));
      expect(await bundles.put(bundle)).toBe('stored');
      expect(await bundles.put({ ...bundle, uploadedBy: 'bob' })).toBe('known');
      clock.advance(1_000);
      await bundles.put({ ...bundle, hash: 'hash-2', serial: 8, signature: 'unsigned', signedBy: null });
      const kept = await bundles.get('hash-1');
      expect({ ...kept, bytes: Buffer.from(kept?.bytes ?? []).equals(Buffer.from(bundle.bytes)) }).toEqual({
        ...bundle,
        bytes: true,
        uploadedAt: start,
        size: 70_000,
      });
      expect(await bundles.get('none')).toBe(null);
      expect((await bundles.list(10)).map(({ hash, size }) => [hash, size])).toEqual([
        ['hash-2', 70_000],
        ['hash-1', 70_000],
      ]);
      expect(await bundles.current()).toBe(null);
      const deploy = { kind: 'deploy', by: 'ada', reason: 'quieter at night' } as const;
      await expect(bundles.order({ ...deploy, hash: 'none' })).rejects.toThrow(/no bundle none/);
      await bundles.order({ ...deploy, hash: 'hash-2' });
      const back = await bundles.order({ kind: 'rollback', hash: 'hash-1', by: 'bob', reason: 'too quiet' });
      expect(back).toMatchObject({ hash: 'hash-1', serial: 7, kind: 'rollback', by: 'bob', at: start + 1_000 });
      expect(await bundles.current()).toEqual(back);
      expect((await bundles.orders(10)).map(({ hash }) => hash)).toEqual(['hash-1', 'hash-2']);
      await bundles.report({ order: back.number, hash: 'hash-1', serial: 7, result: 'active', detail: '12 policies' });
      expect(await bundles.results(10)).toEqual([
        {
          order: back.number,
          engine: 'first',
          hash: 'hash-1',
          serial: 7,
          result: 'active',
          detail: '12 policies',
          at: start + 1_000,
        },
      ]);
      expect((await controls.audits(10)).map(({ what, subject, by }) => [what, subject, by])).toEqual([
        ['rollback', 'hash-1', 'bob'],
        ['deploy', 'hash-2', 'ada'],
        ['upload', 'hash-2', 'ada'],
        ['upload', 'hash-1', 'ada'],
      ]);
      await expect.poll(() => told.length).toBeGreaterThan(0);
      await ledger.close(1_000);
    });
  });

  describe(`${name}: snapshots`, () => {
    const key = { group: 'ddl', topic: 'metrics', partition: 3, bundleHash: 'hash-1' };

    it('keeps the newest of each partition and bundle', async () => {
      const { ledger, snapshots, clock } = await open();
      expect(await snapshots.newest(key)).toBe(null);
      expect(await snapshots.put({ ...key, offset: 100, bytes: Uint8Array.of(1, 2) })).toBe('stored');
      expect(await snapshots.put({ ...key, offset: 99, bytes: Uint8Array.of(9) })).toBe('older');
      clock.advance(1_000);
      expect(await snapshots.put({ ...key, offset: 2 ** 52, bytes: Uint8Array.of(3) })).toBe('stored');
      await snapshots.put({ ...key, bundleHash: 'hash-2', offset: 7, bytes: new Uint8Array() });
      await snapshots.put({ ...key, partition: 4, offset: 8, bytes: Uint8Array.of(4) });
      const newest = await snapshots.newest(key);
      expect({ ...newest, bytes: [...(newest?.bytes ?? [])] }).toEqual({
        ...key,
        offset: 2 ** 52,
        bytes: [3],
        at: start + 1_000,
      });
      expect((await snapshots.list(key)).map(({ bundleHash, offset }) => [bundleHash, offset])).toEqual([
        ['hash-1', 2 ** 52],
        ['hash-2', 7],
      ]);
      const large = { ...key, offset: 2 ** 52 + 1, bytes: new Uint8Array(64_000_001) };
      await expect(snapshots.put(large)).rejects.toThrow(/64000000 is the most/);
      clock.advance(1);
      await snapshots.put({ ...key, partition: 5, offset: 8, bytes: Uint8Array.of(4) });
      expect(await snapshots.drop('ddl', start + 1_001)).toBe(3);
      expect(await snapshots.newest({ ...key, partition: 5 })).not.toBe(null);
      await ledger.close(1_000);
    });
  });
}
