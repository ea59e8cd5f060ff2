// What alert rules say in the language, and what stands in the way of those that say something else.

import { describe, expect, test } from 'vitest';
import { alternativesOf } from '../../cli/import/prometheus/pattern.ts';
import { durationOf } from '../../cli/import/prometheus/read-promql.ts';
import { ruleCondition } from '../../cli/import/prometheus/rule-condition.ts';
import { formatExpression } from '../../grammar/format-expression.ts';

const minuteMs = 60_000;

function said(expression: string, forMs = 0): string {
  const { names, where, when } = ruleCondition(expression, forMs);
  const { kind, labels } = names.key;
  const key =
    kind === 'by' ? `by ${labels.join(' ')}`.trim() : labels.length === 0 ? 'series' : `without ${labels.join(' ')}`;
  const chosen = where === null ? '' : ` where ${formatExpression(where, '')}`;
  return `${key}${chosen}: ${formatExpression(when, '')}`;
}

describe('a rule says', () => {
  test.each([
    ['up == 0', 'series: up == 0'],
    ['up{job="a",env!="dev"} == 0', 'series where job == "a" and (missing(env) or env != "dev"): up == 0'],
    ['free / size * 100 < 10', 'series: free / size * 100 < 10'],
    ['x{job=~"a.*|b"} > 1', 'series where job == "b" or job like "a*": x > 1'],
    ['x{job!~"a|b"} > 1', 'series where missing(job) or not job in ["a", "b"]: x > 1'],
    ['x{job=~".+",mode!=""} > 1', 'series where not missing(job) and not missing(mode): x > 1'],
    ['x{job=~".*"} > 1', 'series: x > 1'],
    ['rate(c[5m]) > 0.5', 'series: extrapolated_rate(c over 5m) > 0.5/s'],
    ['rate(a[5m]) / rate(b[5m]) > 0.05', 'series: extrapolated_rate(a over 5m) / extrapolated_rate(b over 5m) > 0.05'],
    ['increase(c[10m]) > 3', 'series: extrapolated_increase(c over 10m) > 3'],
    ['time() - x > 2 * 3600', 'series: now() / 1s - x > 7200'],
    ['predict_linear(x[1h], 4 * 3600) < 0', 'series: forecast(x, 4h over 1h) < 0'],
    ['irate(c[5m]) > 1', 'series: latest_rate(c over 5m) > 1/s'],
    ['delta(x[5m]) > 1', 'series: extrapolated_delta(x over 5m) > 1'],
    ['deriv(x[10m]) > 5', 'series: slope(x over 10m) > 5/s'],
    ['quantile_over_time(0.9, x[5m]) > 1', 'series: quantile(x over 5m, 90%) > 1'],
    ['max_over_time(x[5m]) < x offset 1h', 'series: max(x over 5m) < x ago 1h'],
    ['avg_over_time(x[5m] offset 1d) > 2', 'series: avg(x over 5m ago 1d) > 2'],
    ['x > 5 > 3', 'series: x > 5'],
    ['(x > 0) / 3 > 2', 'series: x > 0 and x / 3 > 2'],
    ['clamp_min(x, 1) > 2', 'series: at_least(x, 1) > 2'],
    ['(x > bool 3) == 0', 'series: x <= 3'],
    ['(x > bool 3) * (y > bool 2) == 1', 'series: x > 3 and y > 2'],
    ['a > 1 and b > 2', 'series: a > 1 and b > 2'],
    ['a > 1 or b{job="x"} > 2', 'series: a > 1 or job == "x" and b > 2'],
    ['a > 1 unless b == 0', 'series: a > 1 and (count(b over 5m) == 0 or last(b over 5m) != 0)'],
    ['a and b > 2', 'series: count(a over 5m) > 0 and b > 2'],
    ['sum(x) > 5', 'by: sum(x across series) > 5'],
    ['sum by (b, a) (x{job="j"}) > 5', 'by a b where job == "j": sum(x across series) > 5'],
    [
      'sum by (job) (rate(c{code=~"5.."}[5m])) / sum by (job) (rate(c[5m])) > 0.05',
      'by job: sum(extrapolated_rate(c over 5m) across series where code like "5??") / sum(extrapolated_rate(c over 5m) across series) > 0.05',
    ],
    ['avg without (cpu) (x) > 1', 'without cpu: avg(x across series) > 1'],
    ['count(up == 0) > 2', 'by: count(up == 0 across series) > 2'],
    ['count(up == 0) < 2', 'by: count(up == 0 across series) > 0 and count(up == 0 across series) < 2'],
    ['sum(up == bool 0) > 2', 'by: count(up == 0 across series) > 2'],
    ['max(x > 3) < 5', 'by: count(x > 3 across series) > 0 and max(x across series) < 5'],
    ['sum by (a) (sum by (a, b) (x)) > 1', 'by a: sum(x across series) > 1'],
    ['count(count by (version) (build_info)) > 1', 'by: count(build_info across each_version) > 1'],
    ['min by (a) (time() - x) > 60', 'by a: now() / 1s - max(x across series) > 60'],
    [
      'load / count without (cpu, mode) (cpu_seconds{mode="idle"}) > 2',
      'without cpu mode: count(cpu_seconds across series where mode == "idle") > 0 and max(load across series where missing(cpu) and missing(mode)) / count(cpu_seconds across series where mode == "idle") > 2',
    ],
    [
      'used / ignoring(limit) limits{limit="max"} > 0.9',
      'without limit: count(used across series) == 1 and count(limits across series where limit == "max") == 1 and max(used across series) / max(limits across series where limit == "max") > 0.9',
    ],
    [
      'histogram_quantile(0.99, sum by (job, le) (rate(latency_bucket[5m]))) > 2',
      'by job: quantile(latency over 5m across series, 99%) > 2',
    ],
    ['histogram_quantile(0.5, rate(latency_bucket[5m])) > 2', 'series: quantile(latency over 5m, 50%) > 2'],
    ['absent(up{job="a"})', 'by where job == "a": missing(up) for 5m'],
    ['absent_over_time(up[1h]) or absent(x)', 'by: missing(up) for 1h or missing(x) for 5m'],
  ])('%s', (expression, expected) => {
    expect(said(expression)).toBe(expected);
  });

  test('`for` stands behind the whole of it, and adds to a silence', () => {
    expect(said('a > 1 and b > 2', 5 * minuteMs)).toBe('series: (a > 1 and b > 2) for 5m');
    expect(said('absent(up)', 5 * minuteMs)).toBe('by: missing(up) for 10m');
  });
});

describe('a rule is refused for', () => {
  test.each([
    ['a / on(job) group_left b > 1', 'a join of many series to one', 'a / on(job) group_left b'],
    ['a > 1 and on(job) b', 'a join of many series to one', 'a > 1 and on(job) b'],
    [
      'sum by (a) (x) / sum by (b) (y) > 1',
      'vectors that do not have the same labels',
      'sum by (a) (x) / sum by (b) (y)',
    ],
    ['max_over_time(x[6h:5m]) > 1', 'a subquery', 'x[6h:5m]'],
    ['topk(3, x) > 1', 'the aggregation topk', 'topk(3, x)'],
    [
      'label_replace(x, "a", "$1", "b", "(.*)") > 1',
      'the function label_replace',
      'label_replace(x, "a", "$1", "b", "(.*)")',
    ],
    ['{__name__=~"a.*"} > 1', 'a pattern for metric names', '{__name__=~"a.*"}'],
    ['x{job=~"(?i)a"} > 1', 'a pattern that is no list of texts and globs', 'job=~"(?i)a"'],
    ['sum(x > 5) > 9', 'an aggregation over a filter', 'sum(x > 5)'],
    ['max(sum by (a) (x)) > 9', 'an aggregation of an aggregation', 'max(sum by (a) (x))'],
    ['rate(x[5m]) / x > 1', 'a metric read both as counter and as number', 'x'],
    ['x ^ 2 > 4', 'the operator ^', 'x ^ 2'],
    ['vector(1)', 'a number where a vector is needed', 'vector(1)'],
    [
      'histogram_quantile(0.9, x_bucket) > 1',
      'a quantile of other than the rates of buckets',
      'histogram_quantile(0.9, x_bucket)',
    ],
    ['x >', 'no PromQL expression', 'x >'],
  ])('%s', (expression, obstacle, part) => {
    expect(() => said(expression)).toThrow(expect.objectContaining({ obstacle, part }));
  });
});

test.each([
  ['5..', ['5??']],
  ['.*etcd.*', ['*etcd*']],
  ['(?:a|b)-x?', ['a-', 'a-x', 'b-', 'b-x']],
  ['[4-5]\\.1', ['4.1', '5.1']],
  ['a+', null],
  ['[^a]', null],
  ['a{2}', null],
  ['(a', null],
  ['.*\\*', null],
])('the pattern %s as texts and globs', (pattern, expected) => {
  expect(alternativesOf(pattern)?.map(({ text }) => text) ?? null).toEqual(expected);
});

test('a pattern of any depth has an answer', () => {
  const nested = (depth: number): string => `${'('.repeat(depth)}a${')'.repeat(depth)}`;
  expect(alternativesOf(nested(50))).toEqual([{ text: 'a', glob: false }]);
  expect(alternativesOf(nested(100_000))).toBe(null);
});

test.each([
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['-1d', -86_400_000],
  ['90', 90_000],
  ['5x', null],
])('the duration %s', (text, ms) => {
  expect(durationOf(text)).toBe(ms);
});
