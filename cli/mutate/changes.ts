// The small mistakes that a test should notice: for every place of a policy the changes that somebody could have made
// by accident. Each is one node of the tree in the place of another; nothing is changed in place.

import type {
  Call,
  Comparison,
  ComparisonOperator,
  DoClause,
  Expression,
  Logic,
  Property,
  QuantityLiteral,
} from '../../grammar/ast.ts';
import type { TreeNode } from '../../grammar/walk.ts';

export type ChangeKind =
  | 'operator'
  | 'threshold'
  | 'duration'
  | 'joint'
  | 'clause'
  | 'function'
  | 'gate'
  | 'until'
  | 'where'
  | 'schedule'
  | 'action';

/** `by` in the place of `of`; `null` takes it away. */
export interface Change {
  readonly kind: ChangeKind;
  readonly of: object;
  readonly by: object | null;
}

/** What may be changed at a node itself; its children are asked on their own. */
export function changesOf(node: TreeNode): readonly Change[] {
  switch (node.kind) {
    case 'comparison':
      return [...operators(node), ...thresholds(node.left, node.right)];
    case 'logic':
      return joints(node);
    case 'not':
      return [swap('joint', node, node.operand)];
    case 'for':
    case 'within':
      return [swap('clause', node, node.condition), ...durations(node.duration)];
    case 'for-part':
      return [swap('clause', node, node.condition), ...thresholds(node.part), ...amounts('duration', node.whole)];
    case 'sequence':
      return [swap('clause', node, node.second), ...durations(node.duration)];
    case 'ago':
      return [swap('clause', node, node.value), ...durations(node.distance)];
    case 'between':
      return thresholds(node.low, node.high);
    case 'in':
      return node.options.length < 2 ? [] : node.options.map((option) => remove('clause', option));
    case 'arithmetic': {
      const other = ({ '+': '-', '-': '+', '*': '/', '/': '*' } as const)[node.operator];
      return [swap('operator', node, { ...node, operator: other }), ...thresholds(node.left, node.right)];
    }
    case 'call':
      return calls(node);
    case 'on':
      return node.where === null ? [] : [swap('where', node, { ...node, where: null })];
    case 'until':
      return [remove('until', node)];
    case 'schedule':
      return [remove('schedule', node)];
    case 'on-missing':
      return [remove('clause', node)];
    case 'do':
      return actionArguments(node);
    case 'property':
      return gates(node);
    case 'policy':
      return [
        ...(node.items.filter(({ kind }) => kind === 'do').length > 1
          ? node.items.filter(({ kind }) => kind === 'do').map((action) => remove('action', action))
          : []),
        ...thresholds(...node.parameters.map(({ value }) => value)),
      ];
    case 'tune':
      return thresholds(...node.values.map(({ value }) => value));
    case 'const':
    case 'let':
      return thresholds(node.value);
    default:
      return [];
  }
}

function swap(kind: ChangeKind, of: object, by: object): Change {
  return { kind, of, by };
}

function remove(kind: ChangeKind, of: object): Change {
  return { kind, of, by: null };
}

/** The bound in or out, and the other way round. */
const otherOperators: Readonly<Record<ComparisonOperator, readonly ComparisonOperator[]>> = {
  '>': ['>=', '<'],
  '>=': ['>', '<'],
  '<': ['<=', '>'],
  '<=': ['<', '>'],
  '==': ['!='],
  '!=': ['=='],
};

function operators(node: Comparison): readonly Change[] {
  return otherOperators[node.operator].map((operator) => swap('operator', node, { ...node, operator }));
}

function joints(node: Logic): readonly Change[] {
  const { operands } = node;
  const without = operands.map((operand): Expression => {
    const rest = operands.filter((other) => other !== operand);
    return rest.length === 1 ? (rest[0] as Expression) : { ...node, operands: rest };
  });
  const operator = node.operator === 'and' ? 'or' : 'and';
  return [swap('joint', node, { ...node, operator }), ...without.map((rest) => swap('clause', node, rest))];
}

/** Functions that are taken for one another. */
const otherFunctions: Readonly<Record<string, string>> = {
  avg: 'max',
  max: 'min',
  min: 'max',
  p50: 'p99',
  p90: 'p50',
  p95: 'p50',
  p99: 'p50',
  first: 'last',
  last: 'first',
};

function calls(node: Call): readonly Change[] {
  const other = otherFunctions[node.callee.text];
  return [
    ...(other === undefined ? [] : [swap('function', node, { ...node, callee: { ...node.callee, text: other } })]),
    ...node.args.flatMap((argument) => [
      ...argument.modifiers.flatMap((modifier) => {
        if (modifier.word === 'where') return [remove('where', modifier)];
        return modifier.word === 'across' ? [] : durations(modifier.duration);
      }),
      ...(argument.label === null ? thresholds(argument.value) : []),
    ]),
  ];
}

function actionArguments({ action }: DoClause): readonly Change[] {
  return action.args.flatMap(({ label, value }) =>
    label !== null && value.kind === 'quantity' ? amounts('action', value) : [],
  );
}

function gates(node: Property): readonly Change[] {
  if (node.name.text !== 'cooldown' && node.name.text !== 'limit') return [];
  const quantities = node.args.filter((argument) => argument.kind === 'quantity');
  return [remove('gate', node), ...quantities.flatMap((quantity) => amounts('gate', quantity))];
}

function thresholds(...values: readonly Expression[]): readonly Change[] {
  return values.flatMap((value) => (value.kind === 'quantity' ? near(value) : []));
}

/** A tenth less and a tenth more; one less and one more where it is counted. */
function near(literal: QuantityLiteral): readonly Change[] {
  const { value, unit } = literal;
  if (value === 0) return [to('threshold', literal, 1)];
  const counted = unit === null && Number.isInteger(value) && Math.abs(value) < 10;
  return (counted ? [value - 1, value + 1] : [value * 0.9, value * 1.1]).map((other) =>
    to('threshold', literal, other),
  );
}

function durations(literal: QuantityLiteral): readonly Change[] {
  return amounts('duration', literal);
}

/** Half and double; one less and one more where it is counted. */
function amounts(kind: ChangeKind, literal: QuantityLiteral): readonly Change[] {
  const { value, unit } = literal;
  if (unit === null && Number.isInteger(value))
    return [value - 1, value + 1].filter((other) => other > 0).map((other) => to(kind, literal, other));
  return [value / 2, value * 2].map((other) => to(kind, literal, other));
}

function to(kind: ChangeKind, literal: QuantityLiteral, value: number): Change {
  const rounded = Number(value.toPrecision(6));
  const by: QuantityLiteral = { ...literal, value: rounded, text: String(rounded) };
  return { kind, of: literal, by };
}

/** The tree with the change made; what lies beside it is the same objects. */
export function changed<Tree>(tree: Tree, { of, by }: Change): Tree {
  return replaced(tree, of, by) as Tree;
}

function replaced(tree: unknown, of: object, by: object | null): unknown {
  if (tree === of) return by;
  if (Array.isArray(tree)) {
    const entries = tree.map((entry) => replaced(entry, of, by));
    if (entries.every((entry, index) => entry === tree[index])) return tree;
    return entries.filter((entry, index) => entry !== null || tree[index] === null);
  }
  if (typeof tree !== 'object' || tree === null) return tree;
  for (const [name, value] of Object.entries(tree)) {
    const next = replaced(value, of, by);
    if (next !== value) return { ...tree, [name]: next };
  }
  return tree;
}
