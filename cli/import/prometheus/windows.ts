// What PromQL computes over a range of time, as windows of the language.

import type { Expression, Modifier } from '../../../grammar/ast.ts';
import { agoModifier, call, compare, duration, over, quantity, reference } from '../build-expression.ts';
import { Refusal } from '../refusal.ts';
import type { Guard } from './matchers.ts';
import type { PromCall, PromExpression, PromSelector } from './promql.ts';
import type { MetricKind } from './rule-names.ts';
import type { Value } from './vector.ts';

interface WindowRule {
  readonly kind: MetricKind;
  /** Samples without which Prometheus has no value. */
  readonly least: number;
  /** Position of the range among the arguments. */
  readonly range: number;
  value(name: string, modifiers: readonly Modifier[], node: PromCall): Value;
}

function simple(callee: string): WindowRule {
  return {
    kind: 'number',
    least: 1,
    range: 0,
    value: (name, modifiers) => number(call(callee, reference(name), modifiers)),
  };
}

function number(expression: Expression): Value {
  return { expression, time: 0, constant: null };
}

function perSecond(expression: Expression): Value {
  return { expression, time: -1, constant: null };
}

function constantArgument(node: PromCall, at: number): number {
  const argument = node.args[at];
  const value = argument === undefined ? null : constantOf(argument);
  if (value === null) throw new Refusal('a computed argument', argument?.text ?? node.text);
  return value;
}

/** The value of what is made of numbers alone. */
export function constantOf(node: PromExpression): number | null {
  if (node.kind === 'number') return node.value;
  if (node.kind !== 'binary') return null;
  const [left, right] = [constantOf(node.left), constantOf(node.right)];
  if (left === null || right === null) return null;
  switch (node.operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '^':
      return left ** right;
    default:
      return null;
  }
}

const rules: ReadonlyMap<string, WindowRule> = new Map<string, WindowRule>([
  [
    'rate',
    {
      kind: 'counter',
      least: 2,
      range: 0,
      value: (name, modifiers) => perSecond(call('extrapolated_rate', reference(name), modifiers)),
    },
  ],
  [
    'irate',
    {
      kind: 'counter',
      least: 2,
      range: 0,
      value: (name, modifiers) => perSecond(call('latest_rate', reference(name), modifiers)),
    },
  ],
  [
    'delta',
    {
      kind: 'number',
      least: 2,
      range: 0,
      value: (name, modifiers) => number(call('extrapolated_delta', reference(name), modifiers)),
    },
  ],
  [
    'increase',
    {
      kind: 'counter',
      least: 2,
      range: 0,
      value: (name, modifiers) => number(call('extrapolated_increase', reference(name), modifiers)),
    },
  ],
  [
    'deriv',
    {
      kind: 'number',
      least: 2,
      range: 0,
      value: (name, modifiers) => perSecond(call('slope', reference(name), modifiers)),
    },
  ],
  [
    'predict_linear',
    {
      kind: 'number',
      least: 2,
      range: 0,
      value: (name, modifiers, node) => {
        const ahead = constantArgument(node, 1);
        if (!(ahead > 0)) throw new Refusal('a prediction of the past', node.text);
        return number(forecast(name, ahead * 1000, modifiers));
      },
    },
  ],
  ['changes', simple('changes')],
  ['avg_over_time', simple('avg')],
  ['min_over_time', simple('min')],
  ['max_over_time', simple('max')],
  ['sum_over_time', simple('sum')],
  ['count_over_time', simple('count')],
  ['last_over_time', simple('last')],
  ['stddev_over_time', simple('stddev')],
  [
    'quantile_over_time',
    {
      kind: 'number',
      least: 1,
      range: 1,
      value: (name, modifiers, node) =>
        number(call('quantile', reference(name), modifiers, [shareOf(constantArgument(node, 0), node)])),
    },
  ],
]);

/** `forecast(x, 4h over 1h)` */
function forecast(name: string, aheadMs: number, modifiers: readonly Modifier[]): Expression {
  const built = call('forecast', reference(name), [], [duration(aheadMs)]);
  if (built.kind !== 'call') return built;
  const [value, ahead] = built.args;
  return { ...built, args: [value, { ...ahead, modifiers }] };
}

/** 0.99 as `99%`. */
export function shareOf(share: number, node: PromExpression): Expression {
  if (!(share >= 0 && share <= 1)) throw new Refusal('a quantile outside of 0 to 1', node.text);
  return quantity(Number((share * 100).toPrecision(12)), '%');
}

export interface Window {
  readonly selector: PromSelector;
  readonly kind: MetricKind;
  value(name: string): Value;
  /** That the window holds samples enough. */
  source(name: string): Guard;
}

/** `null` when the function is none over a range. @throws Refusal when it is one that can't be said. */
export function windowOf(node: PromCall): Window | null {
  const rule = rules.get(node.name);
  if (rule === undefined) {
    if (node.args.some((arg) => arg.kind === 'selector' && arg.rangeMs !== null))
      throw new Refusal(`the function ${node.name}`, node.text);
    return null;
  }
  const selector = node.args[rule.range];
  if (selector?.kind !== 'selector' || selector.rangeMs === null)
    throw new Refusal('a range of an expression', node.text);
  const { rangeMs } = selector;
  const modifiers = rangeModifiers(selector, rangeMs);
  return {
    selector,
    kind: rule.kind,
    value: (name) => rule.value(name, modifiers, node),
    source: (name) => sampled(name, modifiers, rule.least),
  };
}

export function rangeModifiers(selector: PromSelector, rangeMs: number): readonly Modifier[] {
  return [over(rangeMs), ...(selector.offsetMs === 0 ? [] : [agoModifier(selector.offsetMs)])];
}

/** `count(x over 5m) > 0` */
export function sampled(name: string, modifiers: readonly Modifier[], least: number): Guard {
  const counted = call('count', reference(name), modifiers);
  return least === 1
    ? { yes: compare(counted, '>', quantity(0)), no: compare(counted, '==', quantity(0)) }
    : { yes: compare(counted, '>=', quantity(least)), no: compare(counted, '<', quantity(least)) };
}
