// What counts as found, missed and false.

import { expect, test } from 'vitest';
import { type FiredEpisode, type Recording, score } from './score.ts';

const minuteMs = 60_000;

const recording: Recording = {
  incidents: [
    { id: 'one', scope: 'a', start: 10 * minuteMs, end: 13 * minuteMs },
    { id: 'two', scope: 'b', start: 20 * minuteMs, end: 23 * minuteMs },
  ],
  events: Array.from({ length: 60 }, (_, minute) =>
    ['a', 'b'].map((key) => ({ key, at: minute * minuteMs, scope: key })),
  ).flat(),
  everyMs: minuteMs,
  graceMs: 2 * minuteMs,
};

function fired(key: string, minute: number): FiredEpisode {
  return { policy: 'p', key, firedAt: minute * minuteMs };
}

test('an episode inside the window finds the incident, one in the grace too', () => {
  const result = score([fired('a', 12), fired('b', 25)], recording);
  expect(result).toMatchObject({ found: 2, missed: 0, falseEpisodes: 0, medianDetectionMs: 3.5 * minuteMs });
});

test('before the start and after the grace it is false', () => {
  const result = score([fired('a', 9), fired('b', 26)], recording);
  expect(result).toMatchObject({ found: 0, missed: 2, missedIds: ['one', 'two'], falseEpisodes: 2 });
  expect(result).toMatchObject({ falseDuringOther: 0, medianDetectionMs: null });
});

test('on another scope it is false, and counted as elsewhere', () => {
  expect(score([fired('b', 12)], recording)).toMatchObject({ found: 0, falseEpisodes: 1, falseDuringOther: 1 });
});

test('the first of several episodes is the detection, and none of them is false', () => {
  const result = score([fired('a', 13), fired('a', 11)], recording);
  expect(result).toMatchObject({ found: 1, falseEpisodes: 0, medianDetectionMs: minuteMs });
});

test('days are counted while anything reports', () => {
  const result = score([fired('a', 9)], recording);
  expect(result.recordedDays).toBeCloseTo(1 / 24);
  expect(result.falsePerDay).toBeCloseTo(24);
});
