// Policies of the older JSON format as files of the language: a schema of the three metrics, a fleet for each target, a
// policy with its id, and tests that have been run. Pure: texts in, texts and a summary out.

import { analyse } from '../../../compiler/analyse.ts';
import { writeString } from '../../../grammar/literals.ts';
import { createEvaluator } from '../../program.ts';
import { runTests } from '../../test-runner.ts';
import { duration, numberText } from '../build-expression.ts';
import type { ImportResult, RefusedRule } from '../import-result.ts';
import { laidOut, letStand } from '../lay-out.ts';
import { freeName, oneLine, snakeCase } from '../names.ts';
import { Refusal } from '../refusal.ts';
import { actionText } from './action-text.ts';
import { type JsonCondition, type JsonPolicy, readPolicyFile } from './policy-file.ts';

/** What services report, in the units in which they do: a share, milliseconds, percent. */
const schema = `/// What services report. One event is one line of JSON:
/// {"id": "1", "timestamp": "2026-01-01T00:00:00Z", "metrics": {"error_rate": 0.02}, "tags": {"service.name": "shop"}}
schema service {
  key service_id from "service.name"
  metric cpu_usage: ratio in percent optional
  metric error_rate: ratio optional
  metric latency_p99: duration in ms optional
  every 1s   stale after 10s   lateness 2s
}`;

export function importPolicies(files: readonly { readonly file: string; readonly text: string }[]): ImportResult {
  const refused: RefusedRule[] = [];
  const fleets = new Map<string, string>();
  const policies: string[] = [];
  const tests: string[] = [];
  const names = new Set<string>();
  let count = 0;
  for (const { file, text } of files) {
    for (const [index, policy] of readPolicyFile(file, text).entries()) {
      count++;
      try {
        const made = policyOf(policy, file, index, names, fleets);
        policies.push(made.policy);
        tests.push(...made.tests);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refused.push({ name: oneLine(policy.name), reason: oneLine(error.message), obstacle: error.obstacle });
      }
    }
  }
  const declarations = [schema, ...[...fleets].map(([target, name]) => fleetText(target, name))];
  const made = letStand(
    new Map([
      ['service.ddl', joined(declarations)],
      ['policies.ddl', joined(policies)],
      ['tests.ddl', joined(tests)],
    ]),
  );
  check(made);
  return { files: policies.length === 0 ? new Map() : made, rules: count, imported: policies.length, refused };
}

function policyOf(
  policy: JsonPolicy,
  file: string,
  index: number,
  names: Set<string>,
  fleets: Map<string, string>,
): { readonly policy: string; readonly tests: readonly string[] } {
  const targets = [...new Set(policy.actions.map((action) => action.target))];
  const [target] = targets;
  // The conditions name no service: those of the one that is acted on are meant.
  if (target === undefined || targets.length > 1)
    throw new Refusal('several targets: the telemetry of which one is meant is not said', targets.join(', '));
  const conditions = policy.conditions.map((condition, at) => conditionText(condition, `conditions[${at}]`));
  const fleet = fleets.get(target) ?? freeName(snakeCase(target), new Set(fleets.values()));
  const actions = policy.actions.map((action, at) => actionText(action, fleet, `actions[${at}]`));
  const name = freeName(snakeCase(policy.name), names);
  names.add(name);
  fleets.set(target, fleet);
  const text = [
    `/// Imported from ${oneLine(file)}, policy ${index + 1}: version ${oneLine(policy.version)}.`,
    `policy ${name} {`,
    `  id ${writeString(policy.id)}`,
    `  title ${writeString(oneLine(policy.name))}`,
    '',
    `  on service where service_id == ${writeString(target)}`,
    ...conditions.map((condition, at) => `  ${at === 0 ? 'when' : 'and'} ${condition}`),
    '',
    ...actions.map((action) => `  ${action}`),
    '',
    `  limit ${policy.maxExecutions} per 1h`,
    '}',
  ].join('\n');
  return { policy: text, tests: testsOf(policy, name, target) };
}

const operators = { gt: '>', lt: '<', eq: '==' } as const;

function conditionText({ metric, operator, threshold, duration: lengthMs }: JsonCondition, path: string): string {
  const { text, unit } = duration(lengthMs);
  return `${metric} ${operators[operator]} ${valueText(metric, threshold, path)} for ${text}${unit}`;
}

/** A value as events carry it, with its unit. */
function valueText(metric: JsonCondition['metric'], value: number, path: string): string {
  const share = metric !== 'latency_p99';
  const percent = metric === 'error_rate' ? Number((value * 100).toPrecision(12)) : value;
  if (!share) return `${numberText(value)}ms`;
  if (percent > 100)
    throw new Refusal(
      metric === 'error_rate' ? 'a share above 1' : 'a percentage above 100',
      `${path}.threshold: ${value}`,
    );
  if (metric === 'cpu_usage' && value > 0 && value < 1)
    throw new Refusal('a percentage below 1, where a share may be meant', `${path}.threshold: ${value}`);
  return `${numberText(percent)}%`;
}

/** Values beyond all thresholds act once they have lasted; values on the other side do nothing. */
function testsOf(policy: JsonPolicy, name: string, target: string): readonly string[] {
  const longest = Math.max(...policy.conditions.map((condition) => condition.duration));
  const atMs = Math.ceil(longest / 1000) * 1000;
  const values = (loud: boolean): string | null => {
    const byMetric = new Map<string, string>();
    for (const condition of policy.conditions) {
      const value = sample(condition, loud);
      if (value === null || byMetric.has(condition.metric)) return null;
      byMetric.set(condition.metric, `${condition.metric} ${valueText(condition.metric, value, '')}`);
    }
    return [...byMetric.values()].join(', ');
  };
  const given = `given service(service_id: ${writeString(target)}) every 1s`;
  const block = (row: string, untilMs: number): string => `  ${given} {\n    0s .. ${untilMs / 1000}s: ${row}\n  }`;
  const calls = policy.actions.map(({ type }) => `${type}()`).join(', ');
  const [loud, quiet] = [values(true), values(false)];
  return [
    ...(loud === null
      ? []
      : [`test "${name} acts" {\n${block(loud, atMs / 1)}\n  expect ${name} at ${atMs / 1000}s { ${calls} }\n}`]),
    ...(quiet === null ? [] : [`test "${name} stays quiet" {\n${block(quiet, atMs)}\n  expect nothing\n}`]),
  ];
}

/** A value for which the condition holds, or not; `null` when there is none. */
function sample({ metric, operator, threshold }: JsonCondition, loud: boolean): number | null {
  if (operator === 'eq') return loud ? threshold : threshold === 0 ? (metric === 'error_rate' ? 0.5 : 50) : 0;
  const above = operator === 'gt' ? loud : !loud;
  const most = metric === 'error_rate' ? 1 : metric === 'cpu_usage' ? 100 : Number.POSITIVE_INFINITY;
  if (above) return operator === 'lt' ? threshold : beyond(threshold, most);
  return operator === 'gt'
    ? threshold
    : threshold === 0
      ? null
      : metric === 'cpu_usage' && threshold < 4
        ? 0
        : threshold / 2;
}

function beyond(threshold: number, most: number): number | null {
  if (threshold >= most) return null;
  return Number.isFinite(most) ? Number(((threshold + most) / 2).toPrecision(6)) : threshold * 2 + 1;
}

function fleetText(target: string, name: string): string {
  return [
    `/// What policies on ${oneLine(target)} act on.`,
    `fleet ${name} {`,
    `  service ${writeString(target)}`,
    '}',
  ].join('\n');
}

function joined(parts: readonly string[]): string {
  return laidOut(`${parts.join('\n\n')}\n`);
}

/** What was made compiles, and its tests pass; anything else is our own fault. */
function check(files: ReadonlyMap<string, string>): void {
  const analysis = analyse([...files].map(([file, text]) => ({ file, text })));
  const [error] = analysis.diagnostics.filter(({ severity }) => severity === 'error');
  if (analysis.ir === null) throw new Error(`the import wrote what does not compile: ${error?.message}`);
  const failed = runTests(analysis, createEvaluator(analysis.ir, 'generated')).find(
    ({ outcome }) => outcome === 'failed',
  );
  if (failed !== undefined) throw new Error(`the import wrote a test that fails: ${failed.name}: ${failed.message}`);
}
