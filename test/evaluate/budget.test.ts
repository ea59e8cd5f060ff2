// When an engine sheds policies: only under lasting overload, the least priority first, the highest never; and when it
// takes them back.

import { expect, test } from 'vitest';
import { EvaluationBudget } from '../../runtime/evaluate/budget.ts';
import { manualClock } from '../../runtime/ports/clock.ts';
import { policy } from '../admission/fixtures.ts';

function budgeted(priorities: readonly number[]) {
  const clock = manualClock(0);
  const told: (readonly number[])[] = [];
  const budget = new EvaluationBudget({
    clock,
    policies: priorities.map((priority) => policy({ priority })),
    onShed: (shed) => told.push(shed),
  });
  const slice = (ms: number): void => {
    const received = budget.begin();
    clock.advance(ms);
    budget.end(received);
  };
  return { clock, told, budget, slice };
}

test('two slow slices are an accident, the third within ten seconds is an overload', () => {
  const { told, slice, clock } = budgeted([0, 100, 0, 50]);
  slice(51);
  slice(500);
  expect(told).toEqual([]);
  clock.advance(10_000);
  slice(51);
  slice(51);
  expect(told).toEqual([]);
  slice(51);
  expect(told).toEqual([[0, 2]]);
});

test('the highest priority is never shed', () => {
  const { told, slice, budget } = budgeted([0, 100, 0, 50]);
  for (let count = 0; count < 50; count++) slice(60);
  expect(told).toEqual([
    [0, 2],
    [0, 2, 3],
  ]);
  expect(budget.shed).toEqual([0, 2, 3]);
  const single = budgeted([7, 7, 7]);
  for (let count = 0; count < 50; count++) single.slice(60);
  expect(single.told).toEqual([]);
});

test('after half a minute of calm the class shed last is judged again, then the one before', () => {
  const { told, slice, clock } = budgeted([0, 50, 100]);
  for (let count = 0; count < 6; count++) slice(60);
  expect(told.at(-1)).toEqual([0, 1]);
  clock.advance(29_000);
  slice(1);
  expect(told.at(-1)).toEqual([0, 1]);
  clock.advance(1_000);
  slice(30);
  clock.advance(29_999);
  slice(1);
  expect(told.at(-1)).toEqual([0]);
  clock.advance(30_000);
  slice(1);
  expect(told.at(-1)).toEqual([]);
});

test('what has taken exactly its budget is not over it', () => {
  const { budget, clock } = budgeted([0]);
  const received = budget.begin();
  clock.advance(50);
  expect(budget.isOver(received)).toBe(false);
  clock.advance(0.1);
  expect(budget.isOver(received)).toBe(true);
});
