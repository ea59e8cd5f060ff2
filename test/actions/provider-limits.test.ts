// Calls to one provider: never more side by side than allowed, none while it fails, one that tries.

import { describe, expect, it } from 'vitest';
import { type CallOutcome, type Entry, ProviderLimits } from '../../runtime/actions/provider-limits.ts';
import { manualClock } from '../../runtime/ports/clock.ts';

const never = new AbortController().signal;

function limits(concurrency = 2) {
  const clock = manualClock(0);
  // Half way: the spread is none.
  const random = { next: () => 0.5 };
  const all = new ProviderLimits({ clock, random, concurrency, failuresMax: 3, openMs: 1_000, openMsMax: 3_000 });
  const call = async (outcome: CallOutcome | null, provider = 'a'): Promise<Entry> => {
    const entry = await all.enter(provider, never);
    if (entry.admitted) entry.leave(outcome);
    return entry;
  };
  return { all, clock, call };
}

const admitted = (entry: Entry) => entry.admitted;

describe('side by side', () => {
  it('as many as allowed, the others in the order in which they came', async () => {
    const { all } = limits();
    const order: number[] = [];
    const entries: Entry[] = [];
    const enter = async (number: number): Promise<void> => {
      const entry = await all.enter('a', never);
      order.push(number);
      entries.push(entry);
    };
    const entering = [1, 2, 3, 4].map(enter);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([1, 2]);
    expect(all.states()).toEqual([{ provider: 'a', circuit: 'closed', running: 2, waiting: 2, failures: 0 }]);
    for (const number of [0, 1, 2, 3]) {
      const entry = entries[number];
      if (entry?.admitted === true) entry.leave('answered');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(entering);
    expect(order).toEqual([1, 2, 3, 4]);
    expect(all.states()).toEqual([]);
  });

  it('providers do not wait for one another, and nobody waits for none', async () => {
    const { all } = limits(1);
    await all.enter('a', never);
    expect(admitted(await all.enter('b', never))).toBe(true);
    for (let count = 0; count < 9; count++) expect(admitted(await all.enter(null, never))).toBe(true);
  });

  it('who waits can be called off', async () => {
    const { all } = limits(1);
    await all.enter('a', never);
    const stop = new AbortController();
    const waiting = all.enter('a', stop.signal);
    stop.abort();
    expect(admitted(await waiting)).toBe(false);
    expect(all.states()[0]?.waiting).toBe(0);
  });
});

describe('a provider that fails', () => {
  it('is left alone after some failures in a row, for a while that doubles, and tried by one call', async () => {
    const { all, clock, call } = limits();
    await call('failed');
    await call('failed');
    await call('answered');
    for (let count = 0; count < 3; count++) expect(admitted(await call('failed'))).toBe(true);
    expect(await call('failed')).toEqual({
      admitted: false,
      reason: 'a was not called: it failed 3 times in a row and is tried again in 1000 ms',
      retryAfterMs: 1_000,
    });
    expect(all.states()[0]?.circuit).toBe('open');
    clock.advance(999);
    expect(admitted(await call('answered'))).toBe(false);
    clock.advance(1);
    expect(all.states()[0]?.circuit).toBe('half-open');
    const probe = await all.enter('a', never);
    expect(await call('answered')).toMatchObject({ admitted: false, retryAfterMs: 1_000 });
    if (probe.admitted) probe.leave('failed');
    expect(await call('answered')).toMatchObject({ admitted: false, retryAfterMs: 2_000 });
    clock.advance(2_000);
    await call('failed');
    expect(await call('answered')).toMatchObject({ admitted: false, retryAfterMs: 3_000 });
    clock.advance(3_000);
    expect(admitted(await call('answered'))).toBe(true);
    expect(all.states()).toEqual([]);
    expect(admitted(await call('failed', 'b'))).toBe(true);
  });

  it('is tried by another one when the one that was to try called nobody', async () => {
    const { clock, call } = limits();
    for (let count = 0; count < 3; count++) await call('failed');
    clock.advance(1_000);
    await call(null);
    expect(admitted(await call('answered'))).toBe(true);
  });

  it('stays open, no longer than it was, when calls from before fail too', async () => {
    const { all, clock, call } = limits(9);
    const before = await all.enter('a', never);
    for (let count = 0; count < 3; count++) await call('failed');
    clock.advance(500);
    if (before.admitted) before.leave('failed');
    expect(await call('answered')).toMatchObject({ admitted: false, retryAfterMs: 500 });
  });

  it('wakes those who wait, and tells them', async () => {
    const { all, call } = limits(3);
    const running = await Promise.all([1, 2, 3].map(() => all.enter('a', never)));
    const waiting = call('answered');
    for (const entry of running) if (entry.admitted) entry.leave('failed');
    expect(admitted(await waiting)).toBe(false);
    const open = limits(1);
    const first = await open.all.enter('a', never);
    const others = [open.call('failed'), open.call('failed'), open.call('failed')];
    if (first.admitted) first.leave('failed');
    expect((await Promise.all(others)).map(admitted)).toEqual([true, true, false]);
  });
});
