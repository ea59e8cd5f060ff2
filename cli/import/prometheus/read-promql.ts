// PromQL text to tree, on the parser that Prometheus itself maintains. What the import has no form for is refused with
// the part in which it stands.

import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { Refusal } from '../refusal.ts';
import type { Grouping, LabelMatcher, PromBinary, PromExpression, PromSelector } from './promql.ts';

/** @throws Refusal when the text is no PromQL or has a form that is not read. */
export function readPromql(source: string): PromExpression {
  const reader = new Reader(source);
  const tree = parser.parse(source);
  const root = tree.topNode;
  let broken = false;
  tree.iterate({
    enter: (node) => {
      broken ||= node.type.isError;
    },
  });
  if (broken) throw new Refusal('no PromQL expression', reader.text(root));
  const expression = childrenOf(root).filter((node) => node.name !== 'LineComment');
  if (expression.length !== 1) throw new Refusal('no PromQL expression', reader.text(root));
  return reader.expression(expression[0]);
}

class Reader {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  /** As written, without comments, blanks folded. */
  text(node: SyntaxNode): string {
    return foldedText(this.#source.slice(node.from, node.to));
  }

  expression(node: SyntaxNode): PromExpression {
    switch (node.name) {
      case 'ParenExpr':
        return this.expression(this.#only(node));
      case 'NumberDurationLiteral':
        return { kind: 'number', value: this.#number(node), text: this.text(node) };
      case 'StringLiteral':
        return { kind: 'string', value: unquote(this.text(node)), text: this.text(node) };
      case 'VectorSelector':
        return this.#selector(node, null);
      case 'MatrixSelector': {
        const [vector, range] = childrenOf(node);
        return { ...this.#selector(vector, this.#duration(range)), text: this.text(node) };
      }
      case 'OffsetExpr':
        return this.#offset(node);
      case 'UnaryExpr':
        return this.#unary(node);
      case 'FunctionCall':
        return this.#call(node);
      case 'AggregateExpr':
        return this.#aggregate(node);
      case 'BinaryExpr':
        return this.#binary(node);
      case 'SubqueryExpr':
        throw new Refusal('a subquery', this.text(node));
      case 'StepInvariantExpr':
        throw new Refusal('the modifier @', this.text(node));
      default:
        throw new Refusal('not PromQL', this.text(node));
    }
  }

  #only(node: SyntaxNode): SyntaxNode {
    const children = childrenOf(node);
    if (children.length !== 1) throw new Refusal('not PromQL', this.text(node));
    return children[0];
  }

  #selector(node: SyntaxNode, rangeMs: number | null): PromSelector {
    if (node.name === 'ParenExpr') return this.#selector(this.#only(node), rangeMs);
    if (node.name !== 'VectorSelector') throw new Refusal('not PromQL', this.text(node));
    const text = this.text(node);
    const matchers = node.getChild('LabelMatchers');
    const read = matchers === null ? [] : childrenOf(matchers).map((matcher) => this.#matcher(matcher));
    const identifier = node.getChild('Identifier');
    const named = read.find((matcher) => matcher.label === '__name__');
    if (named !== undefined && named.operator !== '=') throw new Refusal('a pattern for metric names', text);
    const metric = identifier === null ? named?.value : this.text(identifier);
    if (metric === undefined) throw new Refusal('a selector without a metric name', text);
    return {
      kind: 'selector',
      metric,
      matchers: read.filter((matcher) => matcher !== named),
      rangeMs,
      offsetMs: 0,
      text,
    };
  }

  #matcher(node: SyntaxNode): LabelMatcher {
    const label = node.getChild('LabelName') ?? node.getChild('QuotedLabelName');
    const operator = node.getChild('MatchOp');
    const value = node.getChild('StringLiteral');
    if (label === null || operator === null || value === null) throw new Refusal('not PromQL', this.text(node));
    return {
      label: this.text(label).replace(/^"|"$/g, ''),
      operator: this.text(operator) as LabelMatcher['operator'],
      value: unquote(this.#source.slice(value.from, value.to)),
    };
  }

  #offset(node: SyntaxNode): PromExpression {
    const [target, ...rest] = childrenOf(node);
    const length = rest.find((part) => part.name === 'OffsetDurationExpr' || part.name === 'DurationExpr');
    if (length === undefined) throw new Refusal('not PromQL', this.text(node));
    const offsetMs = this.#duration(length);
    if (offsetMs < 0) throw new Refusal('an offset into the future', this.text(node));
    return this.#shifted(this.expression(target), target, offsetMs, this.text(length));
  }

  /** In Prometheus an offset belongs to the selector before it; this parser takes in what stands before that too. */
  #shifted(tree: PromExpression, node: SyntaxNode, offsetMs: number, length: string): PromExpression {
    const text = `${tree.text} offset ${length}`;
    if (tree.kind === 'selector') return { ...tree, offsetMs, text };
    if (tree.kind !== 'binary' || node.name === 'ParenExpr') throw new Refusal('an offset of an expression', text);
    return { ...tree, right: this.#shifted(tree.right, childrenOf(node).at(-1) ?? node, offsetMs, length), text };
  }

  #unary(node: SyntaxNode): PromExpression {
    const [operator, target] = childrenOf(node);
    const operand = this.expression(target);
    if (this.text(operator) === '+') return operand;
    if (operand.kind === 'number') return { kind: 'number', value: -operand.value, text: this.text(node) };
    const minusOne: PromExpression = { kind: 'number', value: -1, text: '-1' };
    return {
      kind: 'binary',
      operator: '*',
      left: minusOne,
      right: operand,
      bool: false,
      matching: null,
      group: null,
      text: this.text(node),
    };
  }

  #call(node: SyntaxNode): PromExpression {
    const name = node.getChild('FunctionIdentifier');
    const body = node.getChild('FunctionCallBody');
    if (name === null) throw new Refusal('not PromQL', this.text(node));
    const args = body === null ? [] : childrenOf(body).map((arg) => this.expression(arg));
    return { kind: 'call', name: this.text(name), args, text: this.text(node) };
  }

  #aggregate(node: SyntaxNode): PromExpression {
    const operator = node.getChild('AggregateOp');
    const body = node.getChild('FunctionCallBody');
    const args = body === null ? [] : childrenOf(body).map((arg) => this.expression(arg));
    const operand = args.at(-1);
    if (operator === null || operand === undefined || args.length > 2) throw new Refusal('not PromQL', this.text(node));
    const modifier = node.getChild('AggregateModifier');
    const grouping: Grouping =
      modifier === null
        ? { word: 'by', labels: [] }
        : { word: modifier.getChild('Without') === null ? 'by' : 'without', labels: this.#labels(modifier) };
    return {
      kind: 'aggregate',
      operator: this.text(operator).toLowerCase(),
      parameter: args.length === 2 ? args[0] : null,
      operand,
      grouping,
      text: this.text(node),
    };
  }

  #binary(node: SyntaxNode): PromExpression {
    const parts = childrenOf(node);
    const [left, operator] = parts;
    const right = parts.at(-1);
    if (right === undefined || parts.length < 3) throw new Refusal('not PromQL', this.text(node));
    let matching: PromBinary['matching'] = null;
    let group: PromBinary['group'] = null;
    let bool = false;
    for (const part of parts.slice(2, -1)) {
      if (part.name === 'BoolModifier') bool = true;
      else if (part.name === 'MatchingModifierClause') ({ matching, group } = this.#matching(part));
      else throw new Refusal('a modifier of an operator', this.text(part));
    }
    return {
      kind: 'binary',
      operator: this.text(operator).toLowerCase(),
      left: this.expression(left),
      right: this.expression(right),
      bool,
      matching,
      group,
      text: this.text(node),
    };
  }

  #matching(clause: SyntaxNode): Pick<PromBinary, 'matching' | 'group'> {
    const word = clause.getChild('On') === null ? 'ignoring' : 'on';
    const lists = clause.getChildren('GroupingLabels');
    const side =
      clause.getChild('GroupLeft') !== null ? 'left' : clause.getChild('GroupRight') !== null ? 'right' : null;
    const labels = (list: SyntaxNode | undefined): readonly string[] =>
      list === undefined ? [] : list.getChildren('LabelName').map((name) => this.text(name));
    return {
      matching: { word, labels: labels(lists[0]) },
      group: side === null ? null : { side, labels: labels(lists[1]) },
    };
  }

  #labels(modifier: SyntaxNode): readonly string[] {
    const list = modifier.getChild('GroupingLabels');
    return list === null ? [] : list.getChildren('LabelName').map((name) => this.text(name));
  }

  #duration(node: SyntaxNode): number {
    const ms = durationOf(this.text(node));
    if (ms === null) throw new Refusal('a computed duration', this.text(node));
    return ms;
  }

  #number(node: SyntaxNode): number {
    const text = this.text(node);
    const ms = /^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i.test(text) ? null : durationOf(text);
    const value = ms === null ? Number(text.replace(/_/g, '')) : ms / 1000;
    if (!Number.isFinite(value)) throw new Refusal('a number that is not finite', text);
    return value;
  }
}

/** Without comments, with one blank where there were several. */
export function foldedText(text: string): string {
  return text
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*/g, (found) => (found.startsWith('#') ? '' : found))
    .replace(/\s+/g, ' ')
    .trim();
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** `1h30m` in milliseconds, a bare number being seconds; `null` when it is no duration. */
export function durationOf(text: string): number | null {
  const signed = /^(-?)\s*(.*)$/.exec(text.trim());
  const body = signed?.[2] ?? '';
  const sign = signed?.[1] === '-' ? -1 : 1;
  if (/^\d+(?:\.\d+)?$/.test(body)) return sign * Number(body) * 1000;
  if (!/^(?:\d+(?:ms|[smhdwy]))+$/.test(body)) return null;
  let ms = 0;
  for (const [, count, unit] of body.matchAll(/(\d+)(ms|[smhdwy])/g)) ms += Number(count) * unitMs[unit];
  return sign * ms;
}

/** The value of a string literal: escapes as in Go, none between backticks. */
function unquote(literal: string): string {
  const body = literal.slice(1, -1);
  if (literal.startsWith('`')) return body;
  return body.replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/g, (_, escaped: string) => {
    if (escaped.length > 1) return String.fromCodePoint(Number.parseInt(escaped.slice(1), 16));
    return ({ n: '\n', t: '\t', r: '\r' } as Readonly<Record<string, string>>)[escaped] ?? escaped;
  });
}

function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'LineComment') children.push(child);
  }
  return children;
}
