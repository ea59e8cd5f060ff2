// What looks back: which calls fit, which units they have, what is shared, how far they reach, what a decision shows.

import { describe, expect, test } from 'vitest';
import { generate } from '../../cli/program.ts';
import { describeBoolean } from '../../compiler/4-lower/describe.ts';
import { policyWhen, policyWith } from '../../compiler/diagnostics/entry.ts';
import { findingsWhen, policyOfWhen, programOf, withExample } from './support.ts';

describe('units', () => {
  test.each([
    'stddev(latency over 5m) > 500ms',
    'delta(memory over 5m) > 2GiB',
    'slope(memory over 10m) > 10MB/s',
    'slope(queue over 10m) > 5/s',
    'slope(latency over 10m) > 5%',
    'slope(latency over 10m) > 5',
    'forecast(memory, 4h over 1h) > 2GiB',
    'forecast(memory over 1h, 4h) > 2GiB',
    'quantile(error_rate over 5m, 99.9%) > 5%',
    'quantile(error_rate, 0.999 over 5m) > 5%',
    'changes(ready over 15m) > 5',
    'changes(requests over 15m) > 5',
    'changes(queue > 5 over 15m) > 5',
    'ewma(latency over 5m) > 500ms',
    'latency > 2 * latency ago 1h',
    'avg(latency over 10m) > 2 * avg(latency over 10m ago 1h)',
    'avg(latency over 10m) > 2 * avg(latency over 10m) ago 1h',
    'ready and not ready ago 5m',
    'count(latency over 5m where region == "eu-west-1") > 5',
    'avg(latency over 5m) > 500ms for 3 of 5',
    '(queue > 5 for 80% of 5m) for 1m',
  ])('%s', (condition) => {
    expect(findingsWhen(condition)).toEqual([]);
  });

  test.each([
    ['stddev(latency over 5m) > 5%', 'unit-mismatch'],
    ['slope(queue over 10m) > 5', 'unit-mismatch'],
    ['slope(memory over 10m) > 2GiB', 'unit-mismatch'],
    ['forecast(memory, 5% over 1h) > 2GiB', 'unfit-argument'],
    ['forecast(memory, latency over 1h) > 2GiB', 'unfit-argument'],
    ['forecast(memory, 0s over 1h) > 2GiB', 'unfit-argument'],
    ['quantile(latency over 5m, 1.5) > 1s', 'unfit-argument'],
    ['quantile(latency over 5m, 5s) > 1s', 'unfit-argument'],
    ['quantile(latency over 5m, error_rate) > 1s', 'unfit-argument'],
    ['delta(requests over 5m) > 5', 'raw-counter'],
    ['slope(requests over 5m) > 5/s', 'raw-counter'],
    ['requests ago 1h > 5', 'raw-counter'],
    ['avg(latency ago 1h over 5m) > 1s', 'nested-window'],
    ['(queue > 5 for 1m) ago 1h', 'nested-window'],
    ['max((queue > 5 for 3 of 5) over 5m) > 5', 'nested-window'],
    ['avg(latency over 5m over 5m) > 1s', 'duplicate-item'],
    ['avg(latency ago 5m) > 1s', 'missing-over'],
    ['abs(queue over 5m ago 1h) > 5', 'unexpected-over'],
    ['avg(latency over 5m where queue > 5) > 1s', 'unfit-where'],
    ['avg(latency over 5m ago 25d) > 1s', 'window-too-wide'],
    ['queue > 5 for 80% of 7d', 'window-too-wide'],
    ['queue > 5 for 3 of 5m', 'unfit-part'],
    ['queue > 5 for 80% of 5', 'unfit-part'],
    ['queue > 5 for 150% of 5m', 'unfit-part'],
    ['queue > 5 for 0 of 5', 'unfit-part'],
    ['queue > 5 for 3 of 5000', 'unfit-part'],
    ['(queue > 5 for 1m) for 3 of 5', 'timer-in-part'],
  ])('%s: %s', (condition, name) => {
    expect(findingsWhen(condition)).toEqual([name]);
  });

  test.each([
    ['not queue > 5 for 3 of 5', 'negated-for'],
    ['queue > 5 for 80% of 100ms', 'for-shorter-than-cadence'],
    ['missing(queue) for 80% of 5m', 'silence-unseen'],
    ['p99(queue over 5m) == 5', 'float-equality'],
    ['slope(queue over 1s) > 5/s', 'window-shorter-than-cadence'],
  ])('%s, a warning: %s', (condition, name) => {
    expect(findingsWhen(condition)).toEqual([name]);
  });

  test('a second mistake in one call is told too', () => {
    expect(findingsWhen('avg(latency over 0s ago 25d where queue > 5) > 1s')).toEqual([
      'bad-duration',
      'window-too-wide',
      'unfit-where',
    ]);
  });
});

describe('kernels', () => {
  const derived = (...conditions: readonly string[]) => {
    const policies = conditions.map((when, index) => policyWhen(when).replace('policy example', `policy p${index}`));
    return generate(programOf(policies.join('\n'))).meta.schemas[0].derived.map(({ kernel, outputs }) => [
      kernel,
      ...outputs,
    ]);
  };

  test('windows of one metric and width share what they are found from', () => {
    expect(derived('p50(latency over 5m) > 1s and p99(latency over 5m) > 2s', 'p99(latency over 5m) > 5s')).toEqual([
      ['rank', 'quantile 0.5', 'quantile 0.99'],
    ]);
    expect(derived('latency > avg(latency over 5m) + 3 * stddev(latency over 5m)')).toEqual([['sum', 'avg', 'stddev']]);
    expect(derived('forecast(memory, 4h over 1h) > 2GiB and slope(memory over 1h) > 1MB/s')).toEqual([
      ['trend', 'fitted', 'slope'],
    ]);
  });

  test('a window of now and one of then, or of other events, are two', () => {
    expect(derived('avg(latency over 5m) > avg(latency over 5m ago 1h)').length).toBe(2);
    expect(derived('avg(latency over 5m) > avg(latency over 5m where region == "eu-west-1")').length).toBe(2);
    expect(derived('latency > 1s for 3 of 5', 'latency > 1s for 4 of 5', 'latency > 1s for 4 of 6').length).toBe(2);
  });

  test('policies of different keys share a window, which is fed for their keys alone', () => {
    const policy = (name: string, key: string): string =>
      `policy ${name} {\n  on service where service_id == "${key}"\n  when avg(latency over 5m) > 1s\n  do notify("x")\n}\n`;
    const { meta, modules } = generate(programOf(policy('one', 'a') + policy('two', 'b')));
    expect(meta.schemas[0].derived.length).toBe(1);
    expect(modules[0].js).toContain('keys: [0, 1]');
  });

  test('a window that a policy of one key and one of all keys share is fed for every key', () => {
    const bound =
      'policy one {\n  on service where service_id == "a"\n  when avg(latency over 5m) > 1s\n  do notify("x")\n}\n';
    const { meta, modules } = generate(programOf(bound + policyWhen('avg(latency over 5m) > 2s')));
    expect(meta.schemas[0].derived.length).toBe(1);
    expect(modules[0].js).toContain('keys: null');
  });
});

test.each([
  ['avg(latency over 5m ago 1h) > 1s', 3_900_000],
  ['ewma(latency over 1m) > 1s', 2_400_000],
  ['latency ago 1h > 1s', 3_610_000],
  ['latency > 1s for 90 of 100', 1_000_000],
  ['avg(latency over 10m) > 1s for 80% of 5m', 900_000],
])('look-back of %s', (condition, ms) => {
  const { schemas } = generate(programOf(policyWith(`  when ${condition}\n  do notify("x")\n  cooldown 1s`))).meta;
  expect(schemas[0].lookBackMs).toBe(ms);
});

test('a decision shows how many, and what share', () => {
  const { meta, clauses, derived } = policyOfWhen('queue > 5 for 3 of 5 and ready for 80% of 5m');
  expect(meta.clauses.map(({ text, type }) => [text, type])).toEqual([
    ['queue > 5 for 3 of 5', 'number'],
    ['ready for 80% of 5m', 'ratio'],
  ]);
  const shown = clauses.map(({ measured }) =>
    measured?.op === 'derived' ? [derived[measured.index].meta.kernel, measured.output] : null,
  );
  expect(shown).toEqual([
    ['recent', 'sum'],
    ['share', 'avg'],
  ]);
});

test.each([
  'avg(latency over 10m ago 1d) > 500ms',
  'count(latency over 5m where region == "eu-west-1") > 5',
  '(latency ago 1h) > 500ms',
  'latency > 500ms for 3 of 5',
  '(latency > 500ms or ready) for 80% of 5m',
  'quantile(latency over 5m, 0.999) > 1s',
])('in words: %s', (condition) => {
  const schema = programOf(policyWhen(condition)).schemas[0];
  const policy = policyOfWhen(condition);
  // Numbers and names may be worded otherwise, but they mean the same when they are read again.
  const words = describeBoolean(policy.when, policy, schema);
  const again = policyOfWhen(words.replaceAll(' != 0', ''));
  expect(describeBoolean(again.when, again, schema)).toBe(words);
});

test('what a window asks for is part of the meaning', () => {
  const hash = (condition: string) => policyOfWhen(condition).meta.hash;
  const hashes = [
    'avg(latency over 5m) > 1s',
    'avg(latency over 5m ago 1h) > 1s',
    'avg(latency over 5m ago 2h) > 1s',
    'avg(latency over 5m where region == "eu-west-1") > 1s',
    'avg(latency over 5m where region == "us-east-1") > 1s',
    'latency > 1s for 3 of 5',
    'latency > 1s for 3 of 6',
    'latency > 1s for 2 of 5',
    'latency > 1s for 80% of 5m',
  ].map(hash);
  expect(new Set(hashes).size).toBe(hashes.length);
});

test('help on a counter names what reads it', () => {
  const [found] = withExample(policyWhen('delta(requests over 5m) > 5')).diagnostics.filter(
    ({ name }) => name === 'raw-counter',
  );
  expect(found?.help).toContain('increase(requests over 5m)');
});
