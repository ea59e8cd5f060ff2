// `ddlc mutate`: what is changed, that every change is a program that means something else, and that tests which look at
// everything leave no survivor.

import { expect, test } from 'vitest';
import { mutantsOf } from '../../cli/mutate/mutants.ts';
import { type MutationReport, mutate, sample } from '../../cli/mutate/mutate.ts';
import { analyse } from '../../compiler/analyse.ts';
import { parse } from '../../grammar/parser.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { schemaText, scratch } from '../support/scratch.ts';

const options = { max: 10_000, seed: 1, policy: null };

const slow = `policy slow {
  on service
  when latency > 500ms for 4s
  do notify("slow")
  cooldown 10s
}
`;

function given(rows: readonly string[], expected: readonly string[], title = 't'): string {
  const lines = rows.map((row) => `    ${row}\n`).join('');
  const expects = expected.map((each) => `  expect ${each}\n`).join('');
  return `test "${title}" {\n  given service(service_id: "a") every 1s {\n${lines}  }\n${expects}}\n`;
}

function mutated(text: string, more = {}): MutationReport {
  const analysis = analyse([{ file: 'input.ddl', text: `${schemaText}${text}` }]);
  if (analysis.ir === null) throw new Error(analysis.diagnostics.map(({ message }) => message).join('\n'));
  return mutate(analysis, analysis.ir, { ...options, ...more });
}

function changes(policy: string): readonly string[] {
  const { source, problems } = parse('input.ddl', `${schemaText}${policy}`);
  expect(problems).toEqual([]);
  return mutantsOf([source]).map(({ kind, before, after }) => `${kind}: ${before} → ${after}`);
}

test('operators, thresholds, durations, clauses and gates are changed', () => {
  expect(changes(slow)).toEqual([
    'clause: when latency > 500ms for 4s → when latency > 500ms',
    'duration: when latency > 500ms for 4s → when latency > 500ms for 2s',
    'duration: when latency > 500ms for 4s → when latency > 500ms for 8s',
    'operator: when latency > 500ms for 4s → when latency >= 500ms for 4s',
    'operator: when latency > 500ms for 4s → when latency < 500ms for 4s',
    'threshold: when latency > 500ms for 4s → when latency > 450ms for 4s',
    'threshold: when latency > 500ms for 4s → when latency > 550ms for 4s',
    'gate: cooldown 10s → ',
    'gate: cooldown 10s → cooldown 5s',
    'gate: cooldown 10s → cooldown 20s',
  ]);
});

test('and so are joints, `where`, `until`, limits, actions and what they are told, names and parameters', () => {
  const text = `const peak = 2s
fleet shop {
  service "shop"
  size 2..9
}
policy wide(most: duration = 1s) {
  let high = avg(latency over 10s) > most
  on service where service_id == "a"
  when high and not latency < 10ms or latency > peak
  until latency < 100ms
  do notify("wide")
  do scale_up(shop, by: 2)
  limit 3 per 1h
}
tune wide where service_id == "b" { most: 3s }
`;
  const found = changes(text);
  for (const one of [
    'threshold: const peak = 2s → const peak = 1.8s',
    'threshold: policy wide(most: duration = 1s) → policy wide(most: duration = 1.1s)',
    'threshold: tune wide where service_id == "b" { most: 3s } → tune wide where service_id == "b" { most: 2.7s }',
    'function: let high = avg(latency over 10s) > most → let high = max(latency over 10s) > most',
    'duration: let high = avg(latency over 10s) > most → let high = avg(latency over 5s) > most',
    'where: on service where service_id == "a" → on service',
    'operator: on service where service_id == "a" → on service where service_id != "a"',
    'joint: when high and not latency < 10ms or latency > peak → when (high and not latency < 10ms) and latency > peak',
    'joint: when high and not latency < 10ms or latency > peak → when (high or not latency < 10ms) or latency > peak',
    'joint: when high and not latency < 10ms or latency > peak → when high and latency < 10ms or latency > peak',
    'clause: when high and not latency < 10ms or latency > peak → when latency > peak',
    'until: until latency < 100ms → ',
    'action: do notify("wide") → ',
    'action: do scale_up(shop, by: 2) → do scale_up(shop, by: 3)',
    'gate: limit 3 per 1h → limit 2 per 1h',
    'gate: limit 3 per 1h → limit 3 per 2h',
    'gate: limit 3 per 1h → ',
  ])
    expect(found).toContain(one);
  expect(new Set(found).size).toBe(found.length);
});

test('a test that looks at little lets most live', () => {
  const report = mutated(`${slow}${given(['0s .. 9s: latency 800ms'], ['slow at 4s'])}`);
  expect(report).toMatchObject({ mutants: 10, tried: 10, invalid: 0, equivalent: 0 });
  expect(report.survivors.map(({ after }) => after)).toEqual([
    'when latency >= 500ms for 4s',
    'when latency > 450ms for 4s',
    'when latency > 550ms for 4s',
    '',
    'cooldown 5s',
    'cooldown 20s',
  ]);
  expect(report.score).toBe(0.4);
  expect(report.policies).toEqual([{ policy: 'slow', killed: 4, survived: 6 }]);
});

test('tests that look at everything kill all of them', () => {
  const tests = [
    given(['0s .. 29s: latency 510ms'], ['slow at 4s', 'slow at 14s', 'slow at 24s', 'nothing else'], 'above'),
    given(['0s .. 9s: latency 500ms'], ['nothing'], 'at the bound'),
  ];
  expect(mutated(`${slow}${tests.join('')}`)).toMatchObject({ killed: 10, survivors: [], score: 1 });
});

test('tests of another policy neither kill nor hide', () => {
  const other = slow.replace('policy slow', 'policy other').replace('4s', '5s');
  const tests = given(['0s .. 9s: latency 800ms'], ['slow at 4s', 'other at 5s', 'nothing else']);
  const { policies } = mutated(`${slow}${other}${tests}`);
  // Half the cooldown lets `slow` fire once more within the test, and `other` only behind it.
  expect(policies.map(({ killed }) => killed)).toEqual([5, 4]);
  expect(mutated(`${slow}${other}${tests}`, { policy: 'other' })).toMatchObject({ mutants: 10, killed: 4 });
});

test('what means the same is no mutant: the default written out, and taken away', () => {
  const text = slow.replace('cooldown 10s', 'cooldown 5m');
  const report = mutated(`${text}${given(['0s .. 9s: latency 800ms'], ['slow at 4s'])}`);
  expect(report).toMatchObject({ equivalent: 1, tried: 10 });
});

test('a draw is bounded, in order, and the same for the same seed', () => {
  const all = Array.from({ length: 100 }, (_, index) => index);
  const drawn = sample(all, 10, 7);
  expect(drawn).toHaveLength(10);
  expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
  expect(sample(all, 10, 7)).toEqual(drawn);
  expect(sample(all, 10, 8)).not.toEqual(drawn);
  expect(mutated(slow, { max: 3 })).toMatchObject({ mutants: 10, tried: 3, killed: 0 });
});

test('the command lists survivors with their lines, and fails below the least', () => {
  const text = `${schemaText}${slow}${given(['0s .. 9s: latency 800ms'], ['slow at 4s'])}`;
  const folder = scratch({ 'input.ddl': text, 'broken/input.ddl': text.replace('slow at 4s', 'slow at 5s') });
  const shown = runDdlc(['mutate', 'input.ddl'], { folder });
  expect(shown.code).toBe(0);
  expect(shown.out).toContain(
    'survived  slow  input.ddl:8  threshold\n  - when latency > 500ms for 4s\n  + when latency > 450ms for 4s\n',
  );
  expect(shown.out).toContain('score 40%: 4 of 10 mutants killed\n');
  const asJson = runDdlc(['mutate', 'input.ddl', '--format', 'json'], { folder });
  expect(JSON.parse(asJson.out)).toMatchObject({
    score: 0.4,
    survivors: expect.arrayContaining([
      { policies: ['slow'], kind: 'gate', file: 'input.ddl', line: 10, before: 'cooldown 10s', after: null },
    ]),
  });
  expect(runDdlc(['mutate', 'input.ddl', '--min', '90%'], { folder })).toMatchObject({ code: 1 });
  expect(runDdlc(['mutate', 'broken'], { folder })).toMatchObject({
    code: 1,
    note: expect.stringContaining('mutants can only be told by tests that pass'),
  });
  expect(runDdlc(['mutate', 'input.ddl', '--max', '0'], { folder })).toMatchObject({ code: 2 });
});
