// The clocks and timers that tests move by hand.

import { expect, test } from 'vitest';
import { manualClock, systemClock } from '../../runtime/ports/clock.ts';
import { manualTimers, systemTimers } from '../../runtime/ports/timers.ts';

test('manual timers run what is due, in order of time, and move the clock with them', () => {
  const clock = manualClock(1000);
  const timers = manualTimers((ms) => clock.advance(ms));
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
  timers.after(30, note('c'));
  timers.after(10, note('a'));
  timers.after(10, () => {
    note('b')();
    timers.after(5, note('nested'));
  });
  const stop = timers.every(20, note('tick'));
  timers.after(1, note('never'))();
  timers.advance(45);
  expect(ran).toEqual(['a@1010', 'b@1010', 'nested@1015', 'tick@1020', 'c@1030', 'tick@1040']);
  expect(clock.now()).toBe(1045);
  expect(clock.monotonicMs()).toBe(45);
  stop();
  stop();
  timers.advance(100);
  expect(ran).toHaveLength(6);
  expect(timers.pending).toBe(0);
  clock.set(5);
  expect([clock.now(), clock.monotonicMs()]).toEqual([5, 145]);
});

test('the system clock and its timers', async () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
  const start = systemClock.monotonicMs();
  await new Promise<void>((resolve) => void systemTimers.after(5, resolve));
  expect(systemClock.monotonicMs() - start).toBeGreaterThan(3);
  systemTimers.after(1, () => expect.unreachable())();
  let ticks = 0;
  await new Promise<void>((resolve) => {
    const cancel = systemTimers.every(1, () => {
      if (++ticks < 3) return;
      cancel();
      resolve();
    });
  });
  expect(ticks).toBe(3);
});
