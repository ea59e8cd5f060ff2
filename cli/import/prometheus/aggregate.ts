// PromQL aggregations as what the language says of the members of a key. A filter inside the aggregation says which
// members count; where its effect on the value can't be said exactly, it is refused.

import type { Expression, Modifier } from '../../../grammar/ast.ts';
import { across, arithmetic, call, compare, logic, quantity, where } from '../build-expression.ts';
import { Refusal } from '../refusal.ts';
import { type Identity, identityOf, minus, sameIdentity } from './identity.ts';
import type { Guard } from './matchers.ts';
import type { PromAggregate, PromExpression } from './promql.ts';
import type { Members, Translator } from './translator.ts';
import { constantValue, filtered, presence, type Value, type Vector, vectorOf } from './vector.ts';
import { constantOf, shareOf } from './windows.ts';

const functionOf: ReadonlyMap<string, string> = new Map([
  ['sum', 'sum'],
  ['avg', 'avg'],
  ['min', 'min'],
  ['max', 'max'],
  ['stddev', 'stddev'],
  ['quantile', 'quantile'],
  ['count', 'count'],
  ['group', 'count'],
]);

/** `own` is the identity of the result. */
export function aggregateValue(translation: Translator, node: PromAggregate, own: Identity): Vector {
  const callee = functionOf.get(node.operator);
  if (callee === undefined) throw new Refusal(`the aggregation ${node.operator}`, node.text);
  const inner = innerAggregation(node.operand);
  if (inner !== null) return aggregateTwice(translation, node, inner, own);
  const members = translation.members();
  const operand = translation.vector(node.operand, members);
  const modifiers = translation.aggregateModifiers(members, own);
  if (node.operator === 'group') return countedMembers(operand, modifiers, constantValue(1));
  if (node.operator === 'count') return countedMembers(operand, modifiers, null);
  if (operand.indicator !== null) return ofIndicator(node, operand, modifiers);
  if (operand.guards.length > 0) return ofFiltered(node, operand, modifiers);
  const rest = node.operator === 'quantile' ? [shareOf(quantileOf(node), node)] : [];
  const value = { ...operand.value, expression: call(callee, operand.value.expression, modifiers, rest) };
  return vectorOf(plainDimension(value), anyMember(operand.value.expression, modifiers));
}

function plainDimension(value: Value): Value {
  return { ...value, constant: null };
}

function quantileOf(node: PromAggregate): number {
  const value = node.parameter === null ? null : constantOf(node.parameter);
  if (value === null) throw new Refusal('a computed argument', node.text);
  return value;
}

/** `count(x across series) > 0` */
function anyMember(expression: Expression, modifiers: readonly Modifier[]): Guard {
  const counted = call('count', expression, modifiers);
  return { yes: compare(counted, '>', quantity(0)), no: compare(counted, '==', quantity(0)) };
}

/** A count is there when it is not of nobody. */
function countedMembers(operand: Vector, modifiers: readonly Modifier[], value: Value | null): Vector {
  const what = operand.guards.length === 0 ? operand.value.expression : presence(operand).yes;
  const counted = call('count', what, modifiers);
  const some = { yes: compare(counted, '>', quantity(0)), no: compare(counted, '==', quantity(0)) };
  const vector = vectorOf(value ?? { expression: counted, time: 0, constant: null }, some);
  return filtered(vector, some, vector.sources.keys());
}

/** Of conditions that count as 1 or 0. */
function ofIndicator(node: PromAggregate, operand: Vector, modifiers: readonly Modifier[]): Vector {
  const { indicator } = operand;
  if (indicator === null || operand.guards.length > 0 || (node.operator !== 'sum' && node.operator !== 'avg'))
    throw new Refusal('an aggregation of a condition', node.text);
  const callee = node.operator === 'sum' ? 'count' : 'share';
  const value = { expression: call(callee, indicator.yes, modifiers), time: 0, constant: null };
  return { ...vectorOf(value, anyMember(operand.value.expression, modifiers)) };
}

/** The one filter `x OP c` on the aggregated value itself; `null` when there is another one. */
function ownFilter(operand: Vector): { readonly operator: string; readonly bound: number } | null {
  const [guard, ...others] = operand.guards;
  const condition = guard?.yes;
  if (others.length > 0 || condition?.kind !== 'comparison') return null;
  if (JSON.stringify(condition.left) !== JSON.stringify(operand.value.expression)) return null;
  const { right } = condition;
  const sign = right.kind === 'negate' ? -1 : 1;
  const literal = right.kind === 'negate' ? right.operand : right;
  return literal.kind === 'quantity' ? { operator: condition.operator, bound: sign * literal.value } : null;
}

/** The aggregation of those members alone that pass a filter, where the filter's effect can be said. */
function ofFiltered(node: PromAggregate, operand: Vector, modifiers: readonly Modifier[]): Vector {
  const own = ownFilter(operand);
  const { expression } = operand.value;
  const fitting = call('count', presence(operand).yes, modifiers);
  const some: Guard = { yes: compare(fitting, '>', quantity(0)), no: compare(fitting, '==', quantity(0)) };
  const value =
    own === null ? null : filteredValue(node.operator, expression, own.operator, own.bound, modifiers, fitting);
  if (value === null) throw new Refusal('an aggregation over a filter', node.text);
  const vector = vectorOf(
    typeof value === 'number' ? constantValue(value) : { ...operand.value, constant: null, expression: value },
    some,
  );
  return filtered(vector, some, vector.sources.keys());
}

function filteredValue(
  aggregation: string,
  expression: Expression,
  operator: string,
  bound: number,
  modifiers: readonly Modifier[],
  fitting: Expression,
): Expression | number | null {
  const upward = operator === '>' || operator === '>=';
  const downward = operator === '<' || operator === '<=';
  // All that fit are equal.
  if (operator === '==') {
    if (aggregation === 'sum') return bound === 1 ? fitting : arithmetic(fitting, '*', quantity(bound));
    return ['avg', 'min', 'max', 'quantile'].includes(aggregation) ? bound : null;
  }
  // What does not fit adds nothing.
  if (aggregation === 'sum' && operator === '!=' && bound === 0) return call('sum', expression, modifiers);
  // The extreme of all is that of those that fit, as soon as one does.
  if (aggregation === 'max' && upward) return call('max', expression, modifiers);
  if (aggregation === 'min' && downward) return call('min', expression, modifiers);
  return null;
}

function innerAggregation(node: PromExpression): PromAggregate | null {
  return node.kind === 'aggregate' ? node : null;
}

const idempotent = new Set(['min', 'max']);

/**
 * `sum(sum by (a) (x))` is `sum(x)`, likewise for `min` and `max`; `count(count by (version) (x))` is the number of
 * versions. Other aggregations of aggregations have no form.
 */
function aggregateTwice(translation: Translator, node: PromAggregate, inner: PromAggregate, own: Identity): Vector {
  const innerIdentity = identityOf(inner);
  if (innerIdentity === null || !functionOf.has(inner.operator))
    throw new Refusal('an aggregation of an aggregation', node.text);
  if (node.operator === inner.operator && (node.operator === 'sum' || idempotent.has(node.operator)))
    return aggregateValue(translation, { ...node, operand: inner.operand, parameter: null }, own);
  if (node.operator !== 'count' || innerIdentity.kind !== 'by' || own.kind !== 'by')
    throw new Refusal('an aggregation of an aggregation', node.text);
  const finer = minus(innerIdentity.labels, own.labels);
  if (finer.length === 0 || sameIdentity(innerIdentity, own) || inner.operand.kind !== 'selector')
    throw new Refusal('an aggregation of an aggregation', node.text);
  const members: Members = { tag: translation.names.member(finer), conditions: [] };
  const operand = translation.vector(inner.operand, members);
  const condition = logic('and', members.conditions);
  return countedMembers(operand, [across(members.tag), ...(condition === null ? [] : [where(condition)])], null);
}
