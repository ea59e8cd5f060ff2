// Which nodes stand below which: one table, typed by the union of all nodes, so that a new kind of node does not
// compile until it is in the table.

import type { Expression, PolicyItem, ProgramDeclaration, PropertyArgument, SchemaItem, TestItem } from './ast.ts';

/** Every node that has a `kind`. */
export type TreeNode = ProgramDeclaration | SchemaItem | PolicyItem | PropertyArgument | TestItem | Expression;

type NodeOf<K extends TreeNode['kind']> = Extract<TreeNode, { readonly kind: K }>;

const none: readonly TreeNode[] = [];

/** The nodes directly below a node, in the order of the text; `null` for what was not written. */
const children: {
  readonly [K in TreeNode['kind']]: (node: NodeOf<K>) => readonly (TreeNode | null)[];
} = {
  schema: (node) => node.items,
  fleet: (node) => node.items,
  action: (node) => [node.endpoint],
  policy: (node) => node.items,
  const: (node) => [node.value],
  let: (node) => [node.value],
  test: (node) => [node.title, ...node.items],

  key: (node) => [node.from],
  tag: (node) => [...(node.values ?? none), node.from],
  metric: (node) => [node.hold, node.from],
  timing: (node) => [node.duration],

  on: (node) => [node.where],
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

  string: () => none,
  quantity: () => none,
  boolean: () => none,
  reference: () => none,
  'fleet-lookup': () => none,
  call: (node) => node.args.flatMap((arg) => [arg.value, ...arg.modifiers.map((modifier) => modifier.duration)]),
  not: (node) => [node.operand],
  negate: (node) => [node.operand],
  arithmetic: (node) => [node.left, node.right],
  comparison: (node) => [node.left, node.right],
  logic: (node) => node.operands,
  for: (node) => [node.condition, node.duration],
  error: () => none,
};

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
