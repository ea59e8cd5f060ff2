// A change is resolved within the declared size, never goes the other way, and says why there is none.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planChange } from '../../runtime/inventory/plan-change.ts';

const fleet = { name: 'payment', size: { min: 2, max: 10 } };
const unbounded = { name: 'payment', size: null };
const up = (by: number) => ({ name: 'scale_up', args: { by } });
const down = (by: number) => ({ name: 'scale_down', args: { by } });
const to = (size: number) => ({ name: 'scale_to', args: { size } });
const members = (count: number) => ({ members: count });

describe('a change', () => {
  it.each([
    [up(2), 4, fleet, { from: 4, to: 6 }],
    [up(9), 4, fleet, { from: 4, to: 10 }],
    [up(2), 1, fleet, { from: 1, to: 3 }],
    [up(2), 40, unbounded, { from: 40, to: 42 }],
    [down(2), 6, fleet, { from: 6, to: 4 }],
    [down(9), 6, fleet, { from: 6, to: 2 }],
    [down(1), 40, fleet, { from: 40, to: 39 }],
    [down(9), 3, unbounded, { from: 3, to: 1 }],
    [to(7), 4, fleet, { from: 4, to: 7 }],
    [to(3), 4, fleet, { from: 4, to: 3 }],
    [to(99), 4, fleet, { from: 4, to: 10 }],
    [to(1), 4, fleet, { from: 4, to: 2 }],
  ])('%j of %d members', (action, count, of, change) => {
    expect(planChange(action, members(count), of)).toEqual({ change, reason: null });
  });

  it.each([
    [up(2), 10, fleet, 'payment has 10 members, and may have 10'],
    [up(2), 12, fleet, 'payment has 12 members, and may have 10'],
    [down(2), 2, fleet, 'payment has 2 members, and keeps 2'],
    [down(2), 1, fleet, 'payment has 1 member, and keeps 2'],
    [down(1), 1, unbounded, 'payment has 1 member, and keeps 1'],
    [to(4), 4, fleet, 'payment has 4 members already'],
    [to(40), 10, fleet, 'payment has 10 members already'],
    [up(1), 0, fleet, 'payment has no members: what is seen of it is not its load'],
    [to(4), 0, unbounded, 'payment has no members: what is seen of it is not its load'],
    [up(1), 1.5, fleet, 'payment reports 1.5 members, which is no number of members'],
    [up(1), -1, fleet, 'payment reports -1 members, which is no number of members'],
    [up(0.5), 4, fleet, 'payment is asked to change by no number of members'],
    [{ name: 'scale_up', args: {} }, 4, fleet, 'payment is asked to change by no number of members'],
  ])('there is none for %j of %d members', (action, count, of, reason) => {
    expect(planChange(action, members(count), of)).toEqual({ change: null, reason });
  });

  it('there is none where the size is not known', () => {
    expect(planChange(up(1), null, fleet)).toEqual({
      change: null,
      reason: 'payment has a size that nobody can tell',
    });
  });

  it('is nothing that other actions have, whatever the size', () => {
    for (const name of ['restart', 'rollback', 'circuit_break', 'notify', 'drain'])
      expect(planChange({ name, args: {} }, null, fleet)).toEqual({ change: null, reason: null });
  });

  it('goes where the action says and ends within the declared size, or is none', () => {
    const count = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(fc.constantFrom(up, down, to), count, count, count, count, (make, amount, from, min, extra) => {
        const size = { min, max: min + extra };
        const action = make(amount);
        const { change } = planChange(action, members(from), { name: 'payment', size });
        if (change === null) return;
        expect(change.from).toBe(from);
        if (action.name === 'scale_up') expect(change.to).toBeGreaterThan(from);
        if (action.name === 'scale_down') expect(change.to).toBeLessThan(from);
        if (action.name !== 'scale_down') expect(change.to).toBeLessThanOrEqual(size.max);
        if (action.name !== 'scale_up') expect(change.to).toBeGreaterThanOrEqual(size.min);
        if (action.name !== 'scale_to') expect(Math.abs(change.to - from)).toBeLessThanOrEqual(amount);
      }),
    );
  });
});
