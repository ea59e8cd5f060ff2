// How the series of a test become events, and what a test that fails says: when it was, what was not so, which gate.

import { expect, test } from 'vitest';
import { createEvaluator } from '../../cli/program.ts';
import { runTests } from '../../cli/test-runner.ts';
import { explainMissed } from '../../cli/why/explain-test.ts';
import { analyse } from '../../compiler/analyse.ts';
import { schemaText } from '../support/scratch.ts';

const policies = `policy slow {
  on service
  when latency >= 500ms
  do notify("slow")
  cooldown 3s
  limit 2 per 1h
}
policy lasting {
  on service
  when latency > 500ms for 5s
  do notify("lasting")
}
`;

/** What the one test of the program says; `undefined` when it passes. */
function messageOf(rows: readonly string[], expected: readonly string[]): string | undefined {
  const given = `  given service(service_id: "a") every 1s {\n${rows.map((row) => `    ${row}\n`).join('')}  }\n`;
  const text = `${schemaText}${policies}test "t" {\n${given}${expected.map((each) => `  expect ${each}\n`).join('')}}\n`;
  const analysis = analyse([{ file: 'input.ddl', text }]);
  if (analysis.ir === null) throw new Error(analysis.diagnostics.map(({ message }) => message).join('\n'));
  const results = runTests(analysis, createEvaluator(analysis.ir, 'generated'), explainMissed(analysis.ir));
  return results[0]?.message;
}

test.each([
  ['a ramp, in equal steps', ['0s .. 10s: latency 0ms to 1000ms'], ['slow at 5s', 'slow at 8s']],
  ['a ramp that falls', ['0s .. 10s: latency 1000ms to 0ms'], ['slow at 0s', 'slow at 3s']],
  ['its last event has its last value', ['0s .. 10s: latency 0ms to 500ms'], ['slow at 10s']],
  ['a ramp over an uneven stretch ends at its last event', ['0s .. 3500ms: latency 0ms to 500ms'], ['slow at 3s']],
  ['a cycle, over and over', ['0s .. 8s: latency [100ms, 100ms, 100ms, 900ms]'], ['slow at 3s', 'slow at 7s']],
  ['NaN in a cycle ends nothing', ['0s .. 8s: latency [900ms, NaN]'], ['slow at 0s', 'slow at 4s', 'lasting at 6s']],
  ['an event that lacks the metric is not judged', ['0s .. 3s: latency [absent, 900ms]'], ['slow at 1s']],
])('%s', (_, rows, expected) => {
  expect(messageOf(rows, [...expected, 'nothing else'])).toBeUndefined();
});

test('`absent` is as if the metric had not been written', () => {
  const rows = ['0s .. 2s: latency 900ms', '3s .. 12s: latency absent', '13s: latency 900ms'];
  const bare = ['0s .. 2s: latency 900ms', '3s .. 12s:', '13s: latency 900ms'];
  const decided = (given: readonly string[]) => messageOf(given, ['nothing']);
  expect(decided(rows)).toBe(decided(bare));
  expect(decided(rows)).toContain('`slow` for "a" would do notify at 13s');
});

test('a missed expectation says what was nearest, what was not so, and with which value', () => {
  const rows = ['0s .. 2s: latency 900ms', '3s: latency 200ms', '4s .. 20s: latency 900ms'];
  expect(messageOf(rows, ['lasting at 5s'])?.split('\n')).toEqual([
    'expect lasting at 5s, but `lasting` for "a" would do notify at 9s',
    '  at 5s for "a": the policy is about to fire: all that is missing is time',
    '    true: latency > 500ms (latency is 900ms)',
    '    false: latency > 500ms for 5s (for 1s of 5s, since 4s)',
    '    would have been true for 5s at 5s had `latency > 500ms` stayed true: it held from 0ms to 2s, and at 3s latency was 200ms',
    '    fires at the first event from 9s on if `latency > 500ms` stays true',
  ]);
});

test('… or which gate refused', () => {
  const rows = ['0s .. 20s: latency 900ms'];
  const message = messageOf(rows, ['slow at 6s', 'slow at 10s']);
  expect(message).toContain('expect slow at 6s, but `slow` for "a" was blocked by limit at 6s');
  expect(message).toContain('the policy, active since 0ms, fired again at 6s, and the gate limit refused it');
  expect(message).toMatch(/refused by limit: acted 2 times in the last 1h \(at most 2\)/);
  expect(message).toContain('fires again at the first event from 12s on while the condition is true');
});

test('… or that the events lacked what the policy needs', () => {
  const message = messageOf(['0s: latency 900ms', '1s .. 5s: latency absent'], ['slow at 4s']);
  expect(message).toContain('the policy was not judged: the event lacks `latency`');
});

test('of every key that could be meant', () => {
  const given = ['a', 'b'].map((key) => `  given service(service_id: "${key}") {\n    0s .. 9s: latency 100ms\n  }\n`);
  const text = `${schemaText}${policies}test "t" {\n${given.join('')}  expect slow at 5s\n}\n`;
  const analysis = analyse([{ file: 'input.ddl', text }]);
  if (analysis.ir === null) throw new Error('it does not compile');
  const [result] = runTests(analysis, createEvaluator(analysis.ir, 'generated'), explainMissed(analysis.ir));
  expect(result.message).toContain('at 5s for "a": the policy is armed and its condition is not true');
  expect(result.message).toContain('at 5s for "b": the policy is armed and its condition is not true');
});

test('what nobody expected is explained as well', () => {
  const message = messageOf(['0s: latency 900ms'], ['nothing']);
  expect(message?.split('\n')).toEqual([
    'expected nothing, but `slow` for "a" would do notify at 0ms',
    '  at 0ms for "a": the policy fired at 0ms',
    '    true: latency >= 500ms (latency is 900ms)',
  ]);
});

test('a policy that is ready again can be expected, at its time', () => {
  const rows = ['0s .. 2s: latency 900ms', '3s .. 5s: latency 100ms'];
  expect(messageOf(rows, ['slow at 0s', 'slow rearmed at 3s', 'nothing else'])).toBeUndefined();
  expect(messageOf(rows, ['slow for "b" rearmed at 3s'])).toContain('but `slow` re-armed for "a" at 3s');
  expect(messageOf(rows, ['lasting rearmed at 3s'])).toContain('but `lasting` never re-armed');
  const late = messageOf(rows, ['slow rearmed at 1s']);
  expect(late).toContain('expect slow rearmed at 1s, but `slow` re-armed for "a" at 3s');
  expect(late).toContain('to re-arm, `latency >= 500ms` has to be false; it is true: latency is 900ms');
});
