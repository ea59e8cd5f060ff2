// `test` blocks: what is wrong with one is told, and a sound one becomes a plan that can be run.

import { expect, test } from 'vitest';
import { policyWith } from '../../compiler/diagnostics/entry.ts';
import { findings, withExample } from './support.ts';

const policy = policyWith('  when latency > 500ms\n  do restart(payment)\n  do notify("slow")');

function block(given: string, expected: string): string {
  return `${policy}\ntest "t" {\n  ${given}\n  ${expected}\n}\n`;
}

const given = 'given service(service_id: "a") {\n    0s .. 5s: latency 800ms\n  }';

test.each([
  ['given nowhere(a: "b") {\n    0s: latency 1s\n  }', 'expect nothing', ['unknown-schema']],
  ['given service(service_id: "a", region: "mars") {\n    0s: latency 1s\n  }', 'expect nothing', ['unknown-value']],
  ['given service(service_id: "a", zone: "b") {\n    0s: latency 1s\n  }', 'expect nothing', ['unknown-tag']],
  ['given service(service_id: "a", service_id: "b") {\n    0s: latency 1s\n  }', 'expect nothing', ['duplicate-item']],
  ['given service(service_id: "a") every 0s {\n    0s: latency 1s\n  }', 'expect nothing', ['bad-duration']],
  ['given service(service_id: "a") {\n    5: latency 1s\n  }', 'expect nothing', ['bad-duration']],
  ['given service(service_id: "a") {\n    0s: latency 1s, latency 2s\n  }', 'expect nothing', ['duplicate-item']],
  ['given service(service_id: "a") {\n    0s: latency 5%\n  }', 'expect nothing', ['unfit-value']],
  ['given service(service_id: "a") {\n    0s: error_rate 7\n  }', 'expect nothing', ['ratio-above-one']],
  ['given service(service_id: "a") {\n    0s: ready 5%\n  }', 'expect nothing', ['unfit-value']],
  [
    'given service(service_id: "a") {\n    0s: requests 5, ready 1, error_rate 0.5, latency NaN\n  }',
    'expect nothing',
    [],
  ],
  ['given service(service_id: "a") {\n    0s: ready true\n    1s: ready false\n  }', 'expect nothing', []],
  ['given service(service_id: "a") {\n    0s: latency true\n  }', 'expect nothing', ['unfit-value']],
  ['given service(service_id: "a") {\n    0s: ready -true\n  }', 'expect nothing', ['unexpected-token']],
  [given, 'expect example at 0s { restart(nowhere) }', ['unknown-fleet']],
  [given, 'expect example at 0s { scale_up(payment) }', ['impossible-expectation']],
  [given, 'expect example at 0s { restart(payment, at_most: 5s) }', ['unfit-argument']],
  [given, 'expect example at 0s { explode() }', ['unknown-action']],
  [given, 'expect example at 5', ['bad-duration']],
  [given, 'expect nobody at 5s', ['unknown-policy']],
  [given, 'expect example blocked by gravity at 5s', ['unknown-gate']],
])('%s %s', (events, expected, names) => {
  expect(findings(block(events, expected))).toEqual(names);
});

test('a plan has canonical values, slots and milliseconds', () => {
  const text = block(
    'given service(service_id: "a", region: "us-east-1") every 2s {\n    0s .. 59s: latency 120ms, error_rate 2%\n    60s arriving 5s late: latency NaN\n  }',
    'expect example for "a" at 90s { restart(payment, at_most: 20%), notify() }\n  expect blocked by unknown_target at 95s\n  expect nothing else',
  );
  const { testPlans, ir } = withExample(text);
  expect(ir).not.toBeNull();
  expect(testPlans).toEqual([
    {
      name: 't',
      file: 'input.ddl',
      line: 8,
      series: [
        {
          schema: 0,
          key: 'a',
          tags: ['us-east-1', null],
          wire: [
            ['service.name', 'a'],
            ['region', 'us-east-1'],
          ],
          rows: [
            {
              fromMs: 0,
              toMs: 59_000,
              everyMs: 2000,
              lateMs: 0,
              values: [
                { slot: 1, course: { points: [0.12] } },
                { slot: 0, course: { points: [0.02] } },
              ],
            },
            {
              fromMs: 60_000,
              toMs: 60_000,
              everyMs: 2000,
              lateMs: 5000,
              values: [{ slot: 1, course: { points: [Number.NaN] } }],
            },
          ],
        },
      ],
      expected: [
        {
          text: 'expect example for "a" at 90s { restart(payment, at_most: 20%), notify() }',
          line: 13,
          policy: 'example',
          key: 'a',
          gate: null,
          rearmed: false,
          atMs: 90_000,
          actions: [
            { name: 'restart', target: { kind: 'fleet', fleet: 'payment' }, args: { atMost: 0.2 } },
            { name: 'notify', target: null, args: {} },
          ],
        },
        {
          text: 'expect blocked by unknown_target at 95s',
          line: 14,
          policy: null,
          key: null,
          gate: 'unknown-target',
          rearmed: false,
          atMs: 95_000,
          actions: null,
        },
      ],
      nothing: 'rest',
    },
  ]);
});

test('`true` is sent as 1, `false` as 0', () => {
  const text = block(
    'given service(service_id: "a") {\n    0s: ready true\n    1s: ready false\n  }',
    'expect nothing',
  );
  const rows = withExample(text).testPlans[0]?.series[0]?.rows;
  expect(rows?.map((row) => row.values.map(({ course }) => course))).toEqual([[{ points: [1] }], [{ points: [0] }]]);
});
