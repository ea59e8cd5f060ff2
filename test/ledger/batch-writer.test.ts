// Batching, order, and above all: nothing is dropped while writing fails.

import { describe, expect, it } from 'vitest';
import { BatchWriter } from '../../runtime/ledger/batch-writer.ts';
import { LedgerClosed, LedgerRejected } from '../../runtime/ledger/problem.ts';
import { manualTimers } from '../../runtime/ports/timers.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Writes numbers and answers each with its double; fails as `fault` says. */
function bench(fault: (batch: readonly number[], call: number) => Error | null = () => null) {
  const timers = manualTimers();
  const batches: (readonly number[])[] = [];
  const health: (string | null)[] = [];
  let call = 0;
  const writer = new BatchWriter<number, number>({
    timers,
    async write(items) {
      await turn();
      const error = fault(items, call++);
      if (error !== null) throw error;
      batches.push(items);
      return items.map((item) => item * 2);
    },
    isDataFault: (error) => error instanceof RangeError,
    identityOf: (item) => String(Math.abs(item)),
    onHealth: (problem) => health.push(problem),
    waitingMax: 500,
  });
  const pass = async (ms: number): Promise<void> => {
    for (let step = 0; step < ms; step += 10) {
      timers.advance(10);
      await turn();
      await turn();
    }
  };
  return { writer, batches, health, timers, pass };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('batches', () => {
  it('waits a moment for others, and never for a full batch', async () => {
    const { writer, batches, timers, pass } = bench();
    const first = Promise.all([writer.add(1), writer.add(2)]);
    timers.advance(4);
    await turn();
    expect(batches).toEqual([]);
    await pass(10);
    expect(await first).toEqual([2, 4]);
    const many = Promise.all(numbers(450).map((number) => writer.add(number)));
    await turn();
    await turn();
    await pass(20);
    expect(await many).toEqual(numbers(450).map((number) => number * 2));
    expect(batches.map((batch) => batch.length)).toEqual([2, 200, 200, 50]);
  });

  it('never holds one identity twice', async () => {
    const { writer, batches, pass } = bench();
    const all = Promise.all([1, 2, -1, 3].map((number) => writer.add(number)));
    await pass(30);
    expect(await all).toEqual([2, 4, -2, 6]);
    expect(batches).toEqual([
      [1, 2],
      [-1, 3],
    ]);
  });
});

describe('failures', () => {
  it('keeps the batch, says so, tries again with longer pauses, and goes on in order', async () => {
    const full = new Error('no space left on device');
    const { writer, batches, health, pass } = bench((_, call) => (call < 4 ? full : null));
    const all = Promise.all(numbers(3).map((number) => writer.add(number)));
    await pass(20);
    const later = writer.add(4);
    expect([writer.problem, writer.accepting, writer.waiting]).toEqual(['no space left on device', false, 4]);
    let opened = false;
    void writer.waitAccepting().then(() => {
      opened = true;
    });
    // Pauses of 100, 200, 400 and 800 ms.
    await pass(700);
    expect([batches.length, opened]).toEqual([0, false]);
    await pass(900);
    expect([await all, await later, opened]).toEqual([[2, 4, 6], 8, true]);
    expect(batches).toEqual([[1, 2, 3], [4]]);
    expect(health).toEqual(['no space left on device', null]);
  });

  it('refuses alone what can never be written, and is healthy then', async () => {
    const { writer, health, pass } = bench((batch, call) => {
      if (call === 0) return new Error('down');
      return batch.includes(13) ? new RangeError('out of range') : null;
    });
    const all = Promise.allSettled(numbers(100).map((number) => writer.add(number)));
    await pass(500);
    const rejected = (await all).filter((result) => result.status === 'rejected');
    expect(rejected).toHaveLength(1);
    expect(rejected[0]?.reason).toBeInstanceOf(LedgerRejected);
    expect(rejected[0]?.reason.message).toBe('the ledger does not take this: out of range');
    expect([writer.accepting, health]).toEqual([true, ['down', null]]);
  });

  it('stops accepting when too much waits', async () => {
    const { writer, pass } = bench();
    const all = numbers(600).map((number) => writer.add(number));
    expect(writer.accepting).toBe(false);
    await pass(50);
    await Promise.all(all);
    expect(writer.accepting).toBe(true);
  });
});

describe('closing', () => {
  it('writes what waits', async () => {
    const { writer, batches, timers, pass } = bench();
    const one = writer.add(1);
    const closed = writer.close(1_000);
    await pass(20);
    expect([await closed, await one, batches]).toEqual([0, 2, [[1]]]);
    await expect(writer.add(2)).rejects.toThrow(LedgerClosed);
    expect(timers.pending).toBe(0);
  });

  it('gives up at the deadline and says how much was not written', async () => {
    const { writer, timers, pass } = bench(() => new Error('down'));
    const all = Promise.allSettled(numbers(3).map((number) => writer.add(number)));
    await pass(50);
    const accepting = writer.waitAccepting();
    const closed = writer.close(300);
    await pass(400);
    expect(await closed).toBe(3);
    expect((await all).map((result) => result.status === 'rejected' && result.reason instanceof LedgerClosed)).toEqual([
      true,
      true,
      true,
    ]);
    await accepting;
    await pass(1_000);
    expect(timers.pending).toBe(0);
  });
});
