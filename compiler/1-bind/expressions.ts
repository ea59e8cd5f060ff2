// Walks over expressions that need no stack of their own.

import type { Expression, Reference } from '../../grammar/ast.ts';

/** The expressions directly inside of one. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call':
      return expression.args.flatMap((argument) => [
        argument.value,
        ...argument.modifiers.flatMap((modifier) => (modifier.word === 'where' ? [modifier.condition] : [])),
      ]);
    case 'not':
    case 'negate':
      return [expression.operand];
    case 'arithmetic':
    case 'comparison':
      return [expression.left, expression.right];
    case 'logic':
      return expression.operands;
    case 'for':
    case 'for-part':
    case 'within':
      return [expression.condition];
    case 'sequence':
      return [expression.first, expression.second];
    case 'ago':
    case 'like':
      return [expression.value];
    case 'between':
      return [expression.value, expression.low, expression.high];
    case 'in':
      return [expression.value, ...expression.options];
    case 'string':
    case 'quantity':
    case 'boolean':
    case 'reference':
    case 'fleet-lookup':
    case 'error':
      return [];
  }
}

/** Every expression within, itself first, in no promised order. */
export function* within(root: Expression): Generator<Expression> {
  const open: Expression[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    for (const child of childrenOf(next)) open.push(child);
  }
}

export interface Extent {
  readonly size: number;
  readonly depth: number;
  readonly references: readonly Reference[];
}

/** Number of parts, levels, and the names in it. */
export function extentOf(root: Expression): Extent {
  const references: Reference[] = [];
  let size = 0;
  let depth = 0;
  const open: [Expression, number][] = [[root, 1]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [expression, level] = next;
    size++;
    depth = Math.max(depth, level);
    if (expression.kind === 'reference') references.push(expression);
    for (const child of childrenOf(expression)) open.push([child, level + 1]);
  }
  return { size, depth, references };
}
