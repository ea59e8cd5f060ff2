// One policy: its conditions are conditions, `where` only selects, actions and properties are in order.

import type { Bound, Definition, PolicySymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { fits } from '../vocabulary/defaults.ts';
import { type ActionContext, checkAction } from './check-action.ts';
import { ExpressionChecker } from './check-expression.ts';
import { checkMissingRule, refuseSilence } from './check-missing.ts';
import { checkParameters, checkTunes } from './check-parameters.ts';
import { checkOptions, checkPolicyProperties, numberOf } from './check-properties.ts';
import { checkSchedule } from './check-schedule.ts';
import type { Constant, DoFact, PolicyFacts } from './facts.ts';

export interface PolicyContext extends Omit<ActionContext, 'schema' | 'parameters' | 'partial'> {
  readonly bound: Bound;
  readonly constants: ReadonlyMap<Definition, Constant>;
  readonly report: Report;
}

export function checkPolicy(policy: PolicySymbol, context: PolicyContext): PolicyFacts {
  const checker = new ExpressionChecker(policy, context.constants, context.report);
  if (policy.where !== null) checker.checkWhere(policy.where);
  if (policy.when !== null) checker.condition(policy.when);
  if (policy.until !== null) checker.condition(policy.until);
  for (const definition of policy.lets)
    if (definition.sound && fits(definition.size, definition.depth)) checker.check(definition.declaration.value);
  const parameters = checkParameters(policy, { ...context, checker });
  const tunes = checkTunes(policy, { ...context, checker });
  const names = new Set(policy.parameters.map((parameter) => parameter.name));
  const actionContext: ActionContext = { ...context, schema: policy.schema, parameters: names, partial: false };
  const actions: DoFact[] = [];
  for (const clause of policy.actions) {
    const action = checkAction(clause.action, actionContext);
    const options = checkOptions(clause, context.bound, context.report);
    if (action !== null)
      actions.push({ ...action, clause, timeoutMs: numberOf(options, 'timeout'), retry: numberOf(options, 'retry') });
  }
  const entries = policy.actions.map((clause) => context.bound.actions.get(clause.action.callee.text)?.entry);
  const shrinking = entries.find((entry) => entry?.shrinks === true);
  if (shrinking !== undefined) refuseSilence(policy, shrinking.name, context.report);
  return {
    policy,
    parameters,
    tunes,
    expressions: checker.facts,
    settings: checkPolicyProperties(policy, context.bound, context.report),
    actions,
    changesInfrastructure: entries.some((entry) => entry?.changesInfrastructure ?? true),
    shrinks: shrinking !== undefined,
    onMissing: checkMissingRule(policy.onMissing, context.report),
    schedule: checkSchedule(policy.schedules, context.report),
  };
}
