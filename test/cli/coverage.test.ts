// What the tests of a program have seen: clauses both ways, states, the gate over both; whatever the layout.

import { expect, test } from 'vitest';
import { type Coverage, measureCoverage } from '../../cli/coverage.ts';
import { renderCoverage } from '../../cli/render/coverage.ts';
import { analyse } from '../../compiler/analyse.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { schemaText, scratch } from '../support/scratch.ts';

const policy = `policy slow {
  on service where service_id == "a"
  when latency > 500ms for 3s
  until latency < 100ms
  do notify("slow")
  cooldown 10s
  limit 2 per 1h
}
`;

function testOf(title: string, rows: readonly string[], expected: string, key = 'a'): string {
  const lines = rows.map((row) => `    ${row}\n`).join('');
  return `test "${title}" {\n  given service(service_id: "${key}") every 1s {\n${lines}  }\n  ${expected}\n}\n`;
}

const quiet = testOf('quiet', ['0s .. 2s: latency 200ms'], 'expect nothing');
const full = [
  testOf('whole', ['0s .. 30s: latency 800ms', '31s: latency 50ms', '32s .. 36s: latency 800ms'], 'expect slow at 3s'),
  testOf('soon again', ['0s .. 4s: latency 800ms', '5s: latency 50ms', '6s .. 9s: latency 800ms'], 'expect slow at 3s'),
  testOf('without', ['0s: latency 200ms', '1s:', '2s: latency NaN'], 'expect nothing'),
  testOf('other', ['0s: latency 800ms'], 'expect nothing', 'b'),
].join('\n');

function coverageOf(text: string): Coverage {
  const { ir, testPlans, diagnostics } = analyse([{ file: 'input.ddl', text }]);
  if (ir === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return measureCoverage(ir, testPlans);
}

test('a quiet test covers one way of what it saw, and the rest never', () => {
  const { policies, clauses, states } = coverageOf(`${schemaText}${policy}${quiet}`);
  expect(policies).toEqual([
    {
      policy: 'slow',
      source: expect.stringMatching(/^input\.ddl:\d+$/),
      clauses: [
        { clause: 'where', text: 'service_id == "a"', true: 3, false: 0, unknown: 0 },
        { clause: 'when', text: 'latency > 500ms', true: 0, false: 3, unknown: 0 },
        { clause: 'when', text: 'latency > 500ms for 3s', true: 0, false: 3, unknown: 0 },
        { clause: 'until', text: 'latency < 100ms', true: 0, false: 3, unknown: 0 },
      ],
      states: [
        { state: 'idle', count: 3 },
        { state: 'pending', count: 0 },
        { state: 'fired', count: 0 },
        { state: 'repeated', count: 0 },
        { state: 're-armed', count: 0 },
        { state: 'skipped', count: 0 },
        { state: 'refused by cooldown', count: 0 },
        { state: 'refused by limit', count: 0 },
      ],
    },
  ]);
  expect([clauses.covered, clauses.total, states.covered, states.total]).toEqual([4, 8, 1, 8]);
});

test('tests that see everything cover everything; unknown is told and not asked for', () => {
  const coverage = coverageOf(`${schemaText}${policy}${full}`);
  expect(coverage.policies[0]?.states.filter(({ count }) => count === 0)).toEqual([]);
  expect(coverage).toMatchObject({ share: 1, clauses: { share: 1 }, states: { share: 1 } });
  expect(coverage.policies[0]?.clauses.map(({ unknown }) => unknown > 0)).toEqual([false, true, false, true]);
  expect(renderCoverage(coverage)).toContain('coverage 100%: clauses both ways 8 of 8 (100%), states 8 of 8 (100%)');
});

test('layout, comments and `let` change no figure', () => {
  const plain = coverageOf(`${schemaText}${policy}${full}`);
  const laidOut = policy
    .replace('latency > 500ms for 3s', '// why\n    limit_passed\n    for 3s')
    .replace('{\n', '{\n\n  let limit_passed = latency > 500ms\n');
  const other = coverageOf(`${schemaText}${laidOut}${full}`);
  const figures = ({ policies }: Coverage) => policies.map(({ clauses, states }) => ({ clauses, states }));
  expect(figures(other)).toEqual(figures(plain));
});

test('the command prints it, puts it into its JSON, and fails below the least', () => {
  const folder = scratch({ 'input.ddl': `${schemaText}${policy}${quiet}` });
  const shown = runDdlc(['test', '.', '--coverage'], { folder });
  expect(shown.code).toBe(0);
  expect(shown.out).toMatch(/never {8}3 {8}- {3}when latency > 500ms for 3s/);
  const asJson = runDdlc(['test', '.', '--coverage', '--format', 'json'], { folder });
  expect(JSON.parse(asJson.out)).toMatchObject({ passed: 1, coverage: { covered: 5, total: 16 } });
  const below = runDdlc(['test', '.', '--coverage-min', '80%'], { folder });
  expect(below).toMatchObject({ code: 1 });
  expect(below.note).toContain('the tests cover 31.2%, and --coverage-min asks for 80%');
  expect(runDdlc(['test', '.', '--coverage-min', '31%'], { folder }).code).toBe(0);
  expect(runDdlc(['test', '.', '--coverage-min', 'most'], { folder })).toMatchObject({ code: 2 });
});
