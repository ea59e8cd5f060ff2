// The tree of a PromQL expression as the import sees it: what was written, with the text of each part for messages.

export interface LabelMatcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

interface PromNode {
  /** As written, blanks folded. */
  readonly text: string;
}

export interface PromNumber extends PromNode {
  readonly kind: 'number';
  readonly value: number;
}

export interface PromString extends PromNode {
  readonly kind: 'string';
  readonly value: string;
}

/** `up{job="x"}`, with `[5m]` when `rangeMs` is there. */
export interface PromSelector extends PromNode {
  readonly kind: 'selector';
  readonly metric: string;
  readonly matchers: readonly LabelMatcher[];
  readonly rangeMs: number | null;
  readonly offsetMs: number;
}

export interface PromCall extends PromNode {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly PromExpression[];
}

export interface Grouping {
  readonly word: 'by' | 'without';
  readonly labels: readonly string[];
}

export interface PromAggregate extends PromNode {
  readonly kind: 'aggregate';
  readonly operator: string;
  /** `0.9` in `quantile(0.9, x)`. */
  readonly parameter: PromExpression | null;
  readonly operand: PromExpression;
  readonly grouping: Grouping;
}

export interface Matching {
  readonly word: 'on' | 'ignoring';
  readonly labels: readonly string[];
}

export interface PromBinary extends PromNode {
  readonly kind: 'binary';
  readonly operator: string;
  readonly left: PromExpression;
  readonly right: PromExpression;
  /** `bool`: 1 or 0 in place of a filter. */
  readonly bool: boolean;
  readonly matching: Matching | null;
  /** `group_left(labels)`. */
  readonly group: { readonly side: 'left' | 'right'; readonly labels: readonly string[] } | null;
}

export type PromExpression = PromNumber | PromString | PromSelector | PromCall | PromAggregate | PromBinary;

export const comparisonOperators: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
export const setOperators: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

/** Every selector below an expression, from left to right. */
export function selectorsOf(node: PromExpression): readonly PromSelector[] {
  switch (node.kind) {
    case 'selector':
      return [node];
    case 'call':
      return node.args.flatMap(selectorsOf);
    case 'aggregate':
      return selectorsOf(node.operand);
    case 'binary':
      return [...selectorsOf(node.left), ...selectorsOf(node.right)];
    default:
      return [];
  }
}
