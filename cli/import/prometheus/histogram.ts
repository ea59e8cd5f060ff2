// `histogram_quantile` over the rates of a histogram's buckets: a quantile of the histogram itself, which arrives whole.

import { call, compare, quantity, reference } from '../build-expression.ts';
import { Refusal } from '../refusal.ts';
import { type Identity, identityOf, minus } from './identity.ts';
import type { Guard } from './matchers.ts';
import type { PromCall, PromExpression, PromSelector } from './promql.ts';
import type { Members, Translator } from './translator.ts';
import { type Vector, vectorOf } from './vector.ts';
import { constantOf, rangeModifiers, shareOf } from './windows.ts';

/** The histogram whose buckets a metric holds; `null` when it is named otherwise. */
export function histogramOf(metric: string): string | null {
  return metric.endsWith('_bucket') ? metric.slice(0, -'_bucket'.length) : null;
}

/** Histograms that the expression takes quantiles of. */
export function histogramsOf(node: PromExpression): readonly string[] {
  switch (node.kind) {
    case 'binary':
      return [...histogramsOf(node.left), ...histogramsOf(node.right)];
    case 'aggregate':
      return histogramsOf(node.operand);
    case 'call': {
      if (node.name !== 'histogram_quantile') return node.args.flatMap(histogramsOf);
      const buckets = bucketsOf(node.args[1]);
      const name = buckets === null ? null : histogramOf(buckets.selector.metric);
      return name === null ? [] : [name];
    }
    default:
      return [];
  }
}

interface Buckets {
  readonly selector: PromSelector;
  readonly aggregated: boolean;
}

/** `sum by (le, job) (rate(x_bucket[5m]))`, or the rate alone. */
function bucketsOf(node: PromExpression | undefined): Buckets | null {
  if (node?.kind === 'aggregate') {
    const inner = node.operator === 'sum' && node.operand.kind === 'call' ? bucketsOf(node.operand) : null;
    return inner === null || inner.aggregated ? null : { ...inner, aggregated: true };
  }
  if (node?.kind !== 'call' || (node.name !== 'rate' && node.name !== 'increase')) return null;
  const [selector] = node.args;
  return selector?.kind === 'selector' && selector.rangeMs !== null ? { selector, aggregated: false } : null;
}

export function quantileOfBuckets(translation: Translator, node: PromCall, members: Members | null): Vector {
  const [share, vector] = node.args;
  const buckets = bucketsOf(vector);
  const wire = buckets === null ? null : histogramOf(buckets.selector.metric);
  if (buckets === null || wire === null || buckets.selector.rangeMs === null)
    throw new Refusal('a quantile of other than the rates of buckets', node.text);
  if (buckets.selector.matchers.some((matcher) => matcher.label === 'le'))
    throw new Refusal('a quantile of chosen buckets', node.text);
  const own = identityOf(node);
  const share99 = share === undefined ? null : constantOf(share);
  if (own === null || share99 === null) throw new Refusal('a computed argument', node.text);
  const name = translation.names.metric(wire, 'histogram', false);
  const modifiers = rangeModifiers(buckets.selector, buckets.selector.rangeMs);
  const within = buckets.aggregated ? acrossMembers(translation, node, buckets.selector, own, members) : [];
  const guards = buckets.aggregated ? [] : translation.matchers(buckets.selector, members);
  const all = [...modifiers, ...within];
  const expression = call('quantile', reference(name), all, [shareOf(share99, node)]);
  const counted = call('count', reference(name), all);
  const source: Guard = { yes: compare(counted, '>', quantity(0)), no: compare(counted, '==', quantity(0)) };
  return { ...vectorOf({ expression, time: 0, constant: null }, source), guards };
}

function acrossMembers(
  translation: Translator,
  node: PromCall,
  selector: PromSelector,
  own: Identity,
  members: Members | null,
) {
  const { key } = translation.names;
  const fits =
    own.kind === key.kind &&
    (own.kind === 'by' ? own.labels.join() === key.labels.join() : minus(own.labels, key.labels).length === 0);
  if (members !== null) throw new Refusal('an aggregation of an aggregation', node.text);
  if (!fits) throw new Refusal('vectors that do not have the same labels', node.text);
  const inner = translation.members();
  translation.matchers(selector, inner);
  return translation.aggregateModifiers(inner, own);
}
