// Policies in the older JSON format: what becomes of them, that it means the same, and what is refused.

import { expect, test } from 'vitest';
import { importPolicies } from '../../cli/import/policy-json/import-policies.ts';
import { createEvaluator } from '../../cli/program.ts';
import { replayTest, runTests } from '../../cli/test-runner.ts';
import { analyse } from '../../compiler/analyse.ts';

const id = '8b1f6f0e-5d0e-4a8e-9c55-0d2f5f4f7c11';
const policy = {
  id,
  name: 'High error rate',
  version: '1.2',
  conditions: [
    { metric: 'error_rate', operator: 'gt', threshold: 0.05, duration: 30_000 },
    { metric: 'cpu_usage', operator: 'lt', threshold: 80, duration: 1500 },
    { metric: 'latency_p99', operator: 'eq', threshold: 500, duration: 1000 },
  ],
  actions: [
    {
      type: 'circuit_break',
      target: 'payment-service',
      payload: { threshold: 0.5, openForMs: 10_000 },
      timeout: 2000,
    },
    { type: 'scale_up', target: 'payment-service', payload: { by: 2 }, timeout: 5000 },
    { type: 'rollback', target: 'payment-service', timeout: 1000 },
  ],
  maxExecutions: 2,
};

function made(...policies: readonly object[]) {
  return importPolicies([{ file: 'old.json', text: JSON.stringify(policies) }]);
}

function compiled(files: ReadonlyMap<string, string>) {
  const analysis = analyse([...files].map(([file, text]) => ({ file, text })));
  if (analysis.ir === null) throw new Error(analysis.diagnostics[0]?.message);
  return { ...analysis, ir: analysis.ir };
}

test('a policy keeps its id, conditions, actions and limit, and compiles without warnings', () => {
  const { files, rules, imported, refused } = made(policy);
  expect([rules, imported, refused]).toEqual([1, 1, []]);
  const { ir, diagnostics } = compiled(files);
  expect(diagnostics).toEqual([]);
  expect(ir.policies).toHaveLength(1);
  expect(ir.policies[0].meta).toMatchObject({
    name: 'high_error_rate',
    id,
    title: 'High error rate',
    mode: 'shadow',
    limit: { count: 2, perMs: 3_600_000 },
    actions: [
      { name: 'circuit_break', args: { threshold: 0.5, openForMs: 10_000 }, timeoutMs: 2000 },
      { name: 'scale_up', args: { by: 2 }, timeoutMs: 5000 },
      { name: 'rollback', args: {}, timeoutMs: 1000 },
    ],
  });
  expect(ir.policies[0].whenText).toBe(
    'error_rate > 5% for 30s and cpu_usage < 80% for 1500ms and latency_p99 == 500ms for 1s',
  );
  expect(ir.fleets).toMatchObject([{ name: 'payment_service', service: 'payment-service' }]);
});

test('its tests pass, and decisions carry the id', () => {
  const analysis = compiled(made(policy).files);
  const evaluator = createEvaluator(analysis.ir, 'generated');
  const results = runTests(analysis, evaluator);
  expect(results.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['high_error_rate acts', 'passed'],
    ['high_error_rate stays quiet', 'passed'],
  ]);
  const { decisions } = replayTest(analysis.testPlans[0], evaluator);
  expect(decisions).toMatchObject([{ policy: 'high_error_rate', policyId: id }]);
});

test('two policies of one name are two, and one without a limit has three', () => {
  const { maxExecutions: _, ...unlimited } = policy;
  const { ir } = compiled(made(unlimited, { ...policy, actions: [{ ...policy.actions[2], target: 'search' }] }).files);
  expect(ir.policies.map(({ meta }) => [meta.name, meta.limit?.count])).toEqual([
    ['high_error_rate', 3],
    ['high_error_rate_2', 2],
  ]);
});

test.each([
  [{ conditions: [{ ...policy.conditions[0], threshold: 5 }] }, 'a share above 1: `conditions[0].threshold: 5`'],
  [
    { conditions: [{ ...policy.conditions[1], threshold: 0.8 }] },
    'a percentage below 1, where a share may be meant: `conditions[0].threshold: 0.8`',
  ],
  [
    { actions: [policy.actions[1], { ...policy.actions[2], target: 'search' }] },
    'several targets: the telemetry of which one is meant is not said: `payment-service, search`',
  ],
  [
    { actions: [{ ...policy.actions[1], payload: { by: 2, force: true } }] },
    'something that `scale_up` does not take: `actions[0].payload.force`',
  ],
  [
    { actions: [{ ...policy.actions[1], payload: { by: 0.5 } }] },
    'a value that `by` does not take: `actions[0].payload.by`',
  ],
])('what would have to be guessed is refused: %j', (change, reason) => {
  const { imported, refused, files } = made({ ...policy, ...change });
  expect([imported, files.size, refused]).toEqual([0, 0, [expect.objectContaining({ name: policy.name, reason })]]);
});

test.each([
  [{ ...policy, id: '7' }, 'old.json is no policy file: [0].id: '],
  [{ ...policy, conditions: [{ ...policy.conditions[0], metric: 'cpu' }] }, '[0].conditions[0].metric: '],
  [{ ...policy, actions: [{ ...policy.actions[0], timeout: 10 }] }, '[0].actions[0].timeout: '],
  [{ ...policy, maxExecutions: 0 }, '[0].maxExecutions: '],
  [{ ...policy, colour: 'red' }, 'Unrecognized key: "colour"'],
])('a mistake is told with its path', (wrong, message) => {
  expect(() => made(wrong)).toThrow(message);
});
