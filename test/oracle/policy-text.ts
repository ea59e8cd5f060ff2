// The rule of an oracle case as a `.ddl` program: one schema, one policy.

import { keyOf, type OracleCase, type OracleCondition } from './cases.ts';

/** A program whose policy `oracle` says what the case's rule says. */
export function policyText(oracle: OracleCase): string {
  const metrics = [...new Set(oracle.policy.conditions.map((condition) => condition.metric))];
  return [
    'schema telemetry {',
    `  key ${keyOf(oracle)}`,
    ...metrics.map((metric) => `  metric ${metric}: number optional`),
    `  every ${oracle.eval_interval_s}s`,
    '  stale after 5m',
    '}',
    '',
    'policy oracle {',
    '  on telemetry',
    `  when ${whenText(oracle)}`,
    '  do notify("fires")',
    '}',
    '',
  ].join('\n');
}

function whenText({ policy }: OracleCase): string {
  const { kind, conditions, for_s = 0 } = policy;
  const word = kind.startsWith('or') ? ' or ' : ' and ';
  const each = conditions.map((condition) => lasting(compare(condition), condition.for_s ?? 0));
  if (kind === 'single') return lasting(compare(conditions[0]), conditions[0].for_s ?? for_s);
  if (kind.endsWith('each_for')) return each.join(word);
  return lasting(`(${conditions.map(compare).join(word)})`, for_s);
}

function compare({ metric, op, value }: OracleCondition): string {
  return `${metric} ${op} ${value}`;
}

function lasting(condition: string, seconds: number): string {
  return seconds === 0 ? condition : `${condition} for ${seconds}s`;
}
