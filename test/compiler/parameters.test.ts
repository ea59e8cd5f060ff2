// Parameters and `tune`: who sees them, what they may be worth, when two tunes contradict each other.

import { describe, expect, test } from 'vitest';
import { Analyser } from '../../compiler/analyse.ts';
import { exampleProgram } from '../../compiler/diagnostics/entry.ts';
import { findings, policyOf, withExample } from './support.ts';

function policy(parameters: string, when = 'latency > limit', lines = ''): string {
  return `policy example(${parameters}) {\n  on service\n${lines}  when ${when}\n  do notify("look here")\n}\n`;
}

const limited = policy('limit: duration = 500ms');
const tune = (where: string, values: string) => `tune example where ${where} { ${values} }\n`;

describe('a parameter', () => {
  test.each([
    ['duration', '500ms + 1s', 'latency > x'],
    ['ratio', '5%', 'error_rate > x'],
    ['ratio', '0.5', 'error_rate > x'],
    ['number', '10', 'queue > x * 2'],
    ['bytes', '2GiB', 'memory > x'],
    ['rate', '100/s', 'rate(requests over 5m) > x'],
    ['bool', 'true', 'x and queue > 5'],
    ['bool', 'false', 'x == true and queue > 5'],
  ])('of type %s worth %s: %s', (type, value, when) => {
    expect(findings(policy(`x: ${type} = ${value}`, when))).toEqual([]);
  });

  test.each([
    ['x: duration = 5', 'latency > x', 'unfit-parameter-value'],
    ['x: ratio = 5', 'error_rate > x', 'ratio-above-one'],
    ['x: bool = 1', 'x and ready', 'unfit-parameter-value'],
    ['x: number = queue', 'queue > x', 'not-constant'],
    ['x: number = region', 'queue > x', 'not-constant'],
    ['x: number = abs(5)', 'queue > x', 'not-constant'],
    ['x: counter = 5', 'queue > 5 and missing(queue)', 'unknown-type'],
    ['x: text = "a"', 'queue > 5 and missing(queue)', 'unknown-type'],
    ['x: number = 1, x: number = 2', 'queue > x', 'duplicate-item'],
    ['x: number = y', 'queue > x', 'unknown-name'],
    ['x: number = 1', 'latency > x', 'unit-mismatch'],
    ['x: number = 1', 'queue > 5', 'unused-declaration'],
    ['queue: number = 1', 'queue > 5', 'ambiguous-name'],
  ])('%s, when %s: %s', (parameters, when, name) => {
    expect(findings(policy(parameters, when))).toContain(name);
  });

  test('is seen by the policy’s own `let`s, and by nobody else’s', () => {
    const lets = '  let high = latency > limit\n';
    expect(findings(policy('limit: duration = 500ms', 'high', lets))).toEqual([]);
    const outside = `let high = latency > limit\n${policy('limit: duration = 500ms', 'high and latency > limit')}`;
    expect(findings(outside)).toEqual(['unknown-name']);
  });

  test('is nothing by which rows are chosen', () => {
    const text = 'policy p(x: bool = true) {\n  on service where x\n  when x and ready\n  do notify("x")\n}\n';
    expect(findings(text)).toEqual(['unfit-where']);
  });

  test('stands in no action', () => {
    const text =
      'policy p(step: number = 2) {\n  on service\n  when queue > step\n  do scale_up(payment, by: step)\n}\n';
    expect(findings(text)).toContain('not-constant');
  });

  test('that was lost in a mistake of form is not unknown besides', () => {
    expect(findings(policy('limit: duration'))).toEqual(['unexpected-token']);
  });
});

describe('a tune', () => {
  test.each([
    ['service_id == "search"', 'limit: 900ms', []],
    ['service_id == "search"', 'limt: 900ms', ['unknown-parameter']],
    ['service_id == "search"', 'limit: 900', ['unfit-parameter-value']],
    ['service_id == "search"', 'limit: latency', ['not-constant']],
    ['service_id == "search"', 'limit: 900ms, limit: 1s', ['duplicate-item']],
    ['queue > 5', 'limit: 900ms', ['unfit-where']],
    ['limit > 5s', 'limit: 900ms', ['unknown-name']],
    ['service_id == "search"', 'limit: 500ms', ['idle-tune']],
    ['service_id == "search"', '', ['idle-tune']],
    ['service_id == "search" and service_id == "cart"', 'limit: 900ms', ['idle-tune']],
  ])('where %s { %s }', (where, values, expected) => {
    expect(findings(limited + tune(where, values))).toEqual(expected);
  });

  test('of an unknown policy', () => {
    expect(findings(`${limited}tune exmple where region == "eu-west-1" { limit: 1s }\n`)).toEqual(['unknown-policy']);
  });

  test.each([
    ['service_id == "a"', 'service_id == "b"', true],
    ['service_id == "a" or service_id == "c"', 'service_id == "b"', true],
    ['service_id == "a" and region == "eu-west-1"', 'region == "us-east-1"', true],
    ['service_id == "a"', 'service_id == "b" or service_id == "a"', false],
    ['service_id == "a"', 'region == "eu-west-1"', false],
    ['service_id == "a"', 'service_id != "a"', false],
    ['service_id == "a" or region == "eu-west-1"', 'service_id == "b"', false],
  ])('beside another: where %s, where %s', (first, second, apart) => {
    const text = limited + tune(first, 'limit: 900ms') + tune(second, 'limit: 800ms');
    expect(findings(text)).toEqual(apart ? [] : ['conflicting-tunes']);
    expect(findings(limited + tune(first, 'limit: 900ms') + tune(second, 'limit: 900ms'))).toEqual([]);
  });

  test('may be one of a thousand', () => {
    const many = Array.from({ length: 1_000 }, (_, at) => tune(`service_id == "s${at}"`, `limit: ${at + 1}s`));
    const ir = policyOf(limited + many.join(''));
    const { when } = ir;
    if (when.op !== 'compare' || when.right.op !== 'choose') throw new Error('no choice');
    expect(when.right.cases).toHaveLength(1_000);
  });
});

test('what a tune says is part of what a policy means, what a parameter is called is not', () => {
  const hash = (text: string) => policyOf(text).meta.hash;
  expect(hash(limited)).toBe(hash(policy('most: duration = 500ms', 'latency > most')));
  expect(hash(limited)).toBe(hash(policy('limit: duration = 500ms', 'latency > 0.5s')));
  const tuned = limited + tune('service_id == "search"', 'limit: 900ms');
  expect(hash(tuned)).not.toBe(hash(limited));
  expect(hash(tuned)).toBe(hash(tuned.replaceAll('limit', 'most')));
  expect(hash(tuned)).not.toBe(hash(tuned.replace('900ms', '901ms')));
});

test('a tune that changes changes its policy, also when what did not change is not judged again', () => {
  const analyser = new Analyser();
  const run = (text: string) =>
    analyser.analyse([
      { file: 'example.ddl', text: exampleProgram },
      { file: 'policy.ddl', text: limited },
      { file: 'tune.ddl', text },
    ]);
  for (const text of [
    tune('region == "eu-west-1"', 'limit: 1s'),
    tune('region == "eu-west-1"', 'limit: 2s'),
    '',
    tune('region == "eu-west-1"', 'limt: 1s'),
  ]) {
    const fresh = withFiles(text);
    const again = run(text);
    expect(again.diagnostics).toEqual(fresh.diagnostics);
    expect(again.ir).toEqual(fresh.ir);
  }
});

function withFiles(text: string) {
  return new Analyser().analyse([
    { file: 'example.ddl', text: exampleProgram },
    { file: 'policy.ddl', text: limited },
    { file: 'tune.ddl', text },
  ]);
}

test('a mistake in the head of a policy is told once', () => {
  const found = withExample(policy('limit duration = 500ms')).diagnostics.filter(
    ({ severity }) => severity === 'error',
  );
  expect(found.map(({ name }) => name)).toEqual(['unexpected-token']);
});
