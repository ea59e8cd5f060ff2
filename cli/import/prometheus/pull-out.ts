// Rewrites of PromQL trees that mean the same: what can stand outside of an aggregation is taken out of it, the clock
// above all. `min(time() - x)` is `time() - max(x)`.

import type { PromAggregate, PromBinary, PromExpression } from './promql.ts';
import { constantOf } from './windows.ts';

const mirrored: Readonly<Record<string, string>> = { min: 'max', max: 'min', avg: 'avg' };

/** The same expression with clocks outside of aggregations, where they can stand there. */
export function pulledOut(node: PromExpression): PromExpression {
  switch (node.kind) {
    case 'binary':
      return { ...node, left: pulledOut(node.left), right: pulledOut(node.right) };
    case 'call':
      return { ...node, args: node.args.map(pulledOut) };
    case 'aggregate':
      return readsClock(node.operand) ? aggregate({ ...node, operand: pulledOut(node.operand) }) : node;
    default:
      return node;
  }
}

function readsClock(node: PromExpression): boolean {
  switch (node.kind) {
    case 'call':
      return node.name === 'time' || node.args.some(readsClock);
    case 'binary':
      return readsClock(node.left) || readsClock(node.right);
    case 'aggregate':
      return readsClock(node.operand);
    default:
      return false;
  }
}

function isClock(node: PromExpression): boolean {
  return node.kind === 'call' && node.name === 'time';
}

/** `min((x - time()) / 60)` step by step: the constant first, then the clock. */
function aggregate(node: PromAggregate): PromExpression {
  const { operand } = node;
  const other = mirrored[node.operator];
  if (other === undefined || operand.kind !== 'binary' || operand.matching !== null) return node;
  const inner = (vector: PromExpression, operator: string): PromExpression =>
    aggregate({ ...node, operator, operand: vector });
  const outer = (left: PromExpression, right: PromExpression): PromBinary => ({ ...operand, left, right });
  const right = constantOf(operand.right);
  if ((operand.operator === '/' || operand.operator === '*') && right !== null && right > 0)
    return outer(inner(operand.left, node.operator), operand.right);
  if (operand.operator !== '-') return node;
  if (isClock(operand.left)) return outer(operand.left, inner(operand.right, other));
  return isClock(operand.right) ? outer(inner(operand.left, node.operator), operand.right) : node;
}
