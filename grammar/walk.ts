// Which nodes stand below which: one table, typed by the union of all nodes, so that a new kind of node does not
// compile until it is in the table.

import type {
  Expression,
  Modifier,
  PolicyItem,
  ProgramDeclaration,
  PropertyArgument,
  SchemaItem,
  SeriesValue,
  TagSource,
  TestItem,
} from './ast.ts';

/** Every node that has a `kind`. */
export type TreeNode =
  | ProgramDeclaration
  | SchemaItem
  | TagSource
  | PolicyItem
  | PropertyArgument
  | TestItem
  | SeriesValue['value']
  | Expression;

type NodeOf<K extends TreeNode['kind']> = Extract<TreeNode, { readonly kind: K }>;

const none: readonly TreeNode[] = [];

/** The nodes directly below a node, in the order of the text; `null` for what was not written. */
const children: {
  readonly [K in TreeNode['kind']]: (node: NodeOf<K>) => readonly (TreeNode | null)[];
} = {
  schema: (node) => node.items,
  fleet: (node) => node.items,
  action: (node) => [...node.parameters.map((parameter) => parameter.value), node.endpoint],
  policy: (node) => [...node.parameters.map((parameter) => parameter.value), ...node.items],
  tune: (node) => [node.where, ...node.values.map((entry) => entry.value)],
  const: (node) => [node.value],
  let: (node) => [node.value],
  test: (node) => [node.title, ...node.items],

  key: (node) => [node.from],
  tag: (node) => [...(node.values ?? none), node.most, node.from],
  names: (node) => node.names,
  all: (node) => node.except,
  always: (node) => [node.value],
  metric: (node) => [node.hold, node.from],
  timing: (node) => [node.duration],

  on: (node) => [node.where],
  'on-missing': () => none,
  schedule: (node) => [node.zone],
  when: (node) => [node.condition],
  until: (node) => [node.condition],
  do: (node) => [node.action, ...node.options],
  property: (node) => node.args,
  range: (node) => [node.from, node.to],
  word: () => none,

  given: (node) => [
    ...node.tags.map((binding) => binding.value),
    node.every,
    ...node.rows.flatMap((row) => [row.from, row.to, row.late, ...row.values.map((value) => value.value)]),
  ],
  'expect-decision': (node) => [node.key, node.at, ...(node.actions ?? none)],
  'expect-nothing': () => none,
  nothing: () => none,
  ramp: (node) => [node.from, node.to],
  cycle: (node) => node.points,

  string: () => none,
  quantity: () => none,
  boolean: () => none,
  reference: () => none,
  'fleet-lookup': () => none,
  call: (node) => node.args.flatMap((arg) => [arg.value, ...arg.modifiers.map(operandOf)]),
  not: (node) => [node.operand],
  negate: (node) => [node.operand],
  arithmetic: (node) => [node.left, node.right],
  comparison: (node) => [node.left, node.right],
  logic: (node) => node.operands,
  for: (node) => [node.condition, node.duration],
  'for-part': (node) => [node.condition, node.part, node.whole],
  within: (node) => [node.condition, node.duration],
  sequence: (node) => [node.first, node.second, node.duration],
  ago: (node) => [node.value, node.distance],
  between: (node) => [node.value, node.low, node.high],
  in: (node) => [node.value, ...node.options],
  like: (node) => [node.value, node.pattern],
  error: () => none,
};

function operandOf(modifier: Modifier): TreeNode | null {
  if (modifier.word === 'across') return null;
  return modifier.word === 'where' ? modifier.condition : modifier.duration;
}

/** The nodes directly below `node`, in the order of the text. */
export function childrenOf(node: TreeNode): readonly TreeNode[] {
  const list = children[node.kind] as (node: TreeNode) => readonly (TreeNode | null)[];
  return list(node).filter((child) => child !== null);
}

/** Calls `visit` for `node` and everything below it, parents first. What `visit` answers with `false` is not entered. */
export function walk(node: TreeNode, visit: (node: TreeNode) => unknown): void {
  if (visit(node) === false) return;
  for (const child of childrenOf(node)) walk(child, visit);
}
