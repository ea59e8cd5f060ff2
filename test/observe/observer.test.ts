// What goes wrong with every event is counted each time and said seldom: at once, then with how often since.

import { expect, test } from 'vitest';
import { Observer } from '../../runtime/observe/observer.ts';

function observed() {
  let nowMs = 0;
  const said: string[] = [];
  const say = (_: object, message: string): void => void said.push(message);
  const log = { info: say, warn: say, error: say };
  const observer = new Observer(log, { now: () => nowMs, monotonicMs: () => nowMs });
  return { observer, said, pass: (ms: number) => (nowMs += ms) };
}

test('a policy that lacks a metric: one line with the name that comes instead, then one in half a minute', () => {
  const { observer, said, pass } = observed();
  observer.carries(['http_requests_count', 'threads']);
  for (let event = 0; event < 1000; event++) observer.skipped('busy', `shop-${event}`, ['http_requests_total']);
  expect(said).toEqual([
    'policy `busy` was not judged for `shop-0`: its event has no `http_requests_total`; the events carry `http_requests_count`: is that it? then add `from "http_requests_count"`; if that is usual, declare the metric `optional`',
  ]);
  pass(29_999);
  observer.skipped('busy', 'shop', ['http_requests_total']);
  expect(said).toHaveLength(1);
  pass(1);
  observer.skipped('busy', 'shop', ['http_requests_total']);
  expect(said).toHaveLength(2);
  expect(said[1]).toContain('(1000 more since this was last said)');
  expect(observer.counts.skipped).toBe(1002);
});

test('another policy, or another metric, is another thing to say', () => {
  const { observer, said } = observed();
  observer.skipped('busy', 'shop', ['a', 'b']);
  observer.skipped('slow', 'shop', ['a']);
  expect(said).toHaveLength(3);
});

test('what grows without end is not told without end', () => {
  const { observer, said } = observed();
  for (let policy = 0; policy < 5000; policy++) observer.skipped(`p${policy}`, 'shop', ['a']);
  expect(said.length).toBeLessThanOrEqual(1000);
  expect(observer.counts.skipped).toBe(5000);
});
