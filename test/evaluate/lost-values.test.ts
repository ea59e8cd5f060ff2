// Windows that values leave early because more come than the schema says: people are told of it, once and only then.

import { describe, expect, test } from 'vitest';
import { createEvaluator } from '../../cli/program.ts';
import { runTests } from '../../cli/test-runner.ts';
import { analyse } from '../../compiler/analyse.ts';
import type { DerivedMeta, DerivedOutput, HistogramKernel, KernelName, MergedKernel } from '../../runtime/contract.ts';
import { observation } from '../../runtime/evaluate/histogram-point.ts';
import { createKernel } from '../../runtime/evaluate/kernels.ts';

const outputOf: readonly (readonly [KernelName, DerivedOutput])[] = [
  ['sum', 'sum'],
  ['sum', 'stddev'],
  ['min', 'value'],
  ['max', 'value'],
  ['ends', 'first'],
  ['rank', 'quantile 0.5'],
  ['changes', 'changes'],
  ['increase', 'increase'],
  ['trend', 'slope'],
  ['share', 'avg'],
  ['histogram', 'count'],
  ['merged', 'count'],
];

/** How often a window of 16 values says that one left early when so many come, a millisecond apart. */
function lost(kernel: KernelName, output: DerivedOutput, values: number, agoMs: number): number {
  let times = 0;
  const meta: DerivedMeta = {
    kernel,
    widthMs: 1000,
    capacity: agoMs === 0 ? 16 : 1000,
    agoMs,
    agoCapacity: agoMs === 0 ? 0 : 16,
    gapMs: 1000,
    outputs: [output],
    label: kernel,
  };
  const made = createKernel(meta, () => times++);
  const out = new Float64Array(1);
  for (let at = 0; at < values; at++) {
    if (kernel === 'histogram') (made as HistogramKernel).observe(0, at, observation(at), out, 0);
    else if (kernel === 'merged') {
      (made as MergedKernel).take(0, 0, at, observation(at));
      made.push(0, at, Number.NaN, out, 0);
    } else made.push(0, at, kernel === 'max' ? -at : at, out, 0);
  }
  return times;
}

describe('a full window says of each value that leaves it early', () => {
  test.each(outputOf)('%s: %s', (kernel, output) => {
    expect(lost(kernel, output, 16, 0)).toBe(0);
    expect(lost(kernel, output, 20, 0)).toBe(4);
  });

  test('and so does one that ended some time ago', () => {
    expect(lost('sum', 'sum', 16, 500)).toBe(0);
    expect(lost('sum', 'sum', 20, 500)).toBe(4);
  });
});

/** What a test's events bring up, one every 100 ms for 10 s. */
function notices(schema: string, policy: string): readonly string[] {
  const { ir, testPlans, diagnostics } = analyse([
    {
      file: 'a.ddl',
      text: `schema service {\n  key id\n  metric load: number\n  stale after 3s\n${schema}\n}
fleet team {\n  service "a"\n  size 1..9\n}
policy p {\n  on service\n${policy}\n}
test "fast" {\n  given service(id: "a") every 100ms { 0s .. 10s: load 1 }\n  expect nothing\n}\n`,
    },
  ]);
  if (ir === null) throw new Error(JSON.stringify(diagnostics));
  const [result] = runTests({ testPlans }, createEvaluator(ir, 'generated'));
  return result?.notices ?? [];
}

const mean = '  when avg(load over 5s) > 9\n  do notify("x")';

describe('whoever runs a program is told', () => {
  test('that events come more often than the schema says, once for each window', () => {
    expect(notices('  every 1s', mean)).toEqual([
      '`avg(load over 5s)` has more values to look at than it has room for, and the oldest are left out: events of schema `service` come more often than `every 1s` says; declare how often they come',
    ]);
    expect(notices('', mean)).toEqual([
      '`avg(load over 5s)` has more values to look at than it has room for, and the oldest are left out: events of schema `service` come more often than once a second, which is taken where there is no `every`; declare how often they come',
    ]);
  });

  test('nothing when they come as often as it says', () => {
    expect(notices('  every 100ms', mean)).toEqual([]);
    expect(notices('  every 1s', '  when load > 9\n  do notify("x")')).toEqual([]);
  });

  test('nothing of what the compiler keeps beside a policy that shrinks', () => {
    const shrinks = '  when not (load > 50 within 5s) and load > 50\n  do scale_down(team, by: 1)';
    expect(notices('  every 100ms', shrinks)).toEqual([]);
  });

  test('nothing of the last few events', () => {
    expect(notices('  every 1s', '  when load > 50 for 3 of 5\n  do notify("x")')).toEqual([]);
  });
});
