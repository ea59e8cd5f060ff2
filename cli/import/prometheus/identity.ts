// What tells the elements of a PromQL vector apart: exactly these labels, or all labels but these. An imported policy
// keeps one state per element, so its key is made of the same labels.

import { Refusal } from '../refusal.ts';
import { type Grouping, type PromBinary, type PromCall, type PromExpression, setOperators } from './promql.ts';

export interface Identity {
  readonly kind: 'by' | 'without';
  /** Sorted. */
  readonly labels: readonly string[];
}

/** The elements of a selector: one per set of labels. */
export const seriesIdentity: Identity = { kind: 'without', labels: [] };

export function identity(kind: Identity['kind'], labels: Iterable<string>): Identity {
  return { kind, labels: [...new Set(labels)].sort() };
}

export function sameIdentity(left: Identity, right: Identity): boolean {
  return left.kind === right.kind && left.labels.join() === right.labels.join();
}

export function minus(labels: readonly string[], taken: readonly string[]): readonly string[] {
  return labels.filter((label) => !taken.includes(label));
}

/** Of a scalar `null`. @throws Refusal when the elements can't be known from the expression. */
export function identityOf(node: PromExpression): Identity | null {
  switch (node.kind) {
    case 'number':
    case 'string':
      return null;
    case 'selector':
      return seriesIdentity;
    case 'aggregate':
      return grouped(identityOf(node.operand) ?? seriesIdentity, node.grouping);
    case 'call':
      return callIdentity(node);
    case 'binary':
      return binaryIdentity(node);
  }
}

function callIdentity(node: PromCall): Identity | null {
  if (node.name === 'time') return null;
  if (node.name === 'absent' || node.name === 'absent_over_time') return identity('by', []);
  const vectors = node.args.map(identityOf).filter((each) => each !== null);
  const [first] = vectors;
  if (first === undefined || node.name !== 'histogram_quantile') return first ?? null;
  // The bound of a bucket is no label of a histogram.
  return first.kind === 'by' ? identity('by', minus(first.labels, ['le'])) : first;
}

function grouped(operand: Identity, { word, labels }: Grouping): Identity {
  const named = labels.filter((label) => label !== '__name__');
  if (word === 'without')
    return operand.kind === 'without'
      ? identity('without', [...operand.labels, ...named])
      : identity('by', minus(operand.labels, named));
  // A label that an inner aggregation took away is absent from all.
  const kept =
    operand.kind === 'by' ? named.filter((label) => operand.labels.includes(label)) : minus(named, operand.labels);
  return identity('by', kept);
}

function binaryIdentity(node: PromBinary): Identity | null {
  const left = identityOf(node.left);
  const right = identityOf(node.right);
  if (left === null || right === null) return left ?? right;
  if (setOperators.has(node.operator)) return setIdentity(node, left, right);
  if (node.matching === null) return merged(node, left, right);
  return node.matching.word === 'on'
    ? joinedOn(node, left, right, identity('by', node.matching.labels))
    : joinedIgnoring(node, left, right, node.matching.labels);
}

/** Elements match that have equal labels, all of them. */
function merged(node: PromExpression, left: Identity, right: Identity): Identity {
  if (sameIdentity(left, right)) return left;
  if (left.kind === 'without' && right.kind === 'without')
    return identity('without', [...left.labels, ...right.labels]);
  throw new Refusal('vectors that do not have the same labels', node.text);
}

function joinedOn(node: PromBinary, left: Identity, right: Identity, on: Identity): Identity {
  const many = node.group === null ? null : node.group.side === 'left' ? left : right;
  if (many !== null && (!sameIdentity(many, on) || (node.group?.labels.length ?? 0) > 0))
    throw new Refusal('a join of many series to one', node.text);
  for (const side of [left, right]) {
    if (side.kind === 'by' && !sameIdentity(side, on))
      throw new Refusal('a join on other labels than those kept', node.text);
  }
  return on;
}

function joinedIgnoring(node: PromBinary, left: Identity, right: Identity, ignored: readonly string[]): Identity {
  const bothBy =
    left.kind === 'by' && sameIdentity(left, right) && minus(left.labels, ignored).length === left.labels.length;
  if (bothBy) return left;
  if (node.group !== null) throw new Refusal('a join of many series to one', node.text);
  if (left.kind === 'without' && right.kind === 'without')
    return identity('without', [...left.labels, ...right.labels, ...ignored]);
  throw new Refusal('a join on other labels than those kept', node.text);
}

/** `and`, `or`, `unless` keep the elements of the left side, `or` those of the right side too. */
function setIdentity(node: PromBinary, left: Identity, right: Identity): Identity {
  const { matching, operator } = node;
  if (matching === null) {
    if (operator === 'and') return merged(node, left, right);
    if (sameIdentity(left, right)) return left;
    throw new Refusal('vectors that do not have the same labels', node.text);
  }
  if (operator === 'or' && !sameIdentity(left, right))
    throw new Refusal('vectors that do not have the same labels', node.text);
  const group =
    matching.word === 'on'
      ? identity('by', matching.labels)
      : left.kind === 'without'
        ? identity('without', [...left.labels, ...matching.labels])
        : identity('by', minus(left.labels, matching.labels));
  if (!sameIdentity(left, group)) throw new Refusal('a join of many series to one', node.text);
  if (right.kind === 'by' && !sameIdentity(right, group))
    throw new Refusal('a join on other labels than those kept', node.text);
  return left;
}

/** Made of selectors and functions of them alone: no aggregation, no join. */
export function isPlainSeries(node: PromExpression): boolean {
  switch (node.kind) {
    case 'aggregate':
      return false;
    case 'call':
      return (
        !['absent', 'absent_over_time', 'histogram_quantile'].includes(node.name) && node.args.every(isPlainSeries)
      );
    case 'binary':
      return node.matching === null && isPlainSeries(node.left) && isPlainSeries(node.right);
    default:
      return true;
  }
}
