// Turns operands and operators, in the order in which they are read, into a tree, by precedence and without recursion.
// Bounds the depth of the tree, so that whatever walks it later may recurse.

import type { IToken } from 'chevrotain';
import type { ArithmeticOperator, ComparisonOperator, Expression, QuantityLiteral, Span } from './ast.ts';
import { precedence } from './precedence.ts';

/** Levels of an expression, parentheses counted. */
export const depthMax = 200;

export interface Operand {
  readonly node: Expression;
  /** Offsets that include parentheses around the node. */
  readonly start: number;
  readonly end: number;
  /** Levels of the tree below and with the node. */
  readonly depth: number;
  /** Precedence of the form in which it ends outside parentheses, as in `for D`: what follows binds less tightly. */
  readonly tail: number;
}

interface Operator {
  readonly image: string;
  readonly precedence: number;
  readonly start: number;
  readonly prefix: boolean;
}

const binaryPrecedence: ReadonlyMap<string, number> = new Map([
  ['or', precedence.or],
  ['and', precedence.and],
  ['then', precedence.sequence],
  ...['==', '!=', '<', '<=', '>', '>=', 'between'].map((image) => [image, precedence.comparison] as const),
  ['+', precedence.additive],
  ['-', precedence.additive],
  ['*', precedence.multiplicative],
  ['/', precedence.multiplicative],
]);

/** `between` that has met its own `and`. */
const boundsRead = 'between and';

/** Answers are `false` when what was read can't stand there. */
export class ExpressionBuilder {
  readonly #file: string;
  readonly #operands: Operand[] = [];
  readonly #operators: Operator[] = [];
  /** What has begun and lacks its second word: the `and` of `between`, the `within` of `then`. */
  #lacks: 'and' | 'within' | null = null;
  /** A `then` has begun, in which a `between` may stand. */
  #inSequence = false;
  /** The tree has more levels than it may; what is read from then on is not built. */
  tooDeep = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** `not` or `-` before an operand. */
  prefix(token: IToken): boolean {
    const binding = token.image === 'not' ? precedence.not : precedence.negate;
    const last = this.#operators.at(-1);
    // `a + not b`: an operator that binds tighter than `not` is waiting for its operand; as is `then`, by decree.
    if (last !== undefined && last.precedence > binding) return false;
    if (last?.image === 'then' && token.image === 'not') return false;
    this.#operators.push({ image: token.image, precedence: binding, start: token.startOffset, prefix: true });
    return true;
  }

  operand(operand: Operand): void {
    if (operand.depth > depthMax) this.tooDeep = true;
    this.#operands.push(operand);
  }

  /** `ago D` behind an operand. */
  ago(distance: QuantityLiteral): void {
    this.#postfix(precedence.ago, distance, (value, span) => ({ kind: 'ago', span, value, distance }));
  }

  /** `for` or `within` may stand behind what was read last. */
  mayHold(): boolean {
    return this.#lacks !== 'and' && this.tail >= precedence.for;
  }

  /** `for D` or `for P of D` behind an operand. */
  hold(duration: QuantityLiteral, part: QuantityLiteral | null): void {
    this.#postfix(precedence.for, duration, (condition, span) =>
      part === null
        ? { kind: 'for', span, condition, duration }
        : { kind: 'for-part', span, condition, part, whole: duration },
    );
  }

  /** `within D`: the end of `A then B within D`, or behind an operand. */
  within(duration: QuantityLiteral): void {
    if (this.#lacks === 'within') this.#sequence(duration);
    else this.#postfix(precedence.for, duration, (condition, span) => ({ kind: 'within', span, condition, duration }));
  }

  /** `in […]` or `like "…"` behind an operand; asked before the list or the pattern is read. */
  mayTest(): boolean {
    this.#reduce(precedence.comparison);
    return this.tail > precedence.comparison && this.#operators.at(-1)?.precedence !== precedence.comparison;
  }

  /** What `mayTest` allowed: `test` makes the node from the value, `end` is where it ends. */
  test(end: number, depth: number, test: (value: Expression, span: Span) => Expression): void {
    const value = this.#operands.pop() as Operand;
    const node = test(value.node, this.#span(value.start, end));
    this.#push(node, Math.max(value.depth, depth), precedence.comparison);
  }

  /** An operator between two operands. */
  binary(token: IToken): boolean {
    const binding = binaryPrecedence.get(token.image) as number;
    const arithmetic = binding > precedence.comparison;
    if (this.#lacks === 'and' && !arithmetic) return token.image === 'and' && this.#readBounds(token);
    // Arithmetic is left-associative: what binds as tightly is done first. `and` and `or` wait, to become one flat node.
    this.#reduce(arithmetic ? binding - 1 : binding);
    if (binding >= this.tail) return false;
    if (this.#lacks === 'within' && binding <= precedence.sequence) return false;
    // `a < b < c` means something else in every language.
    if (!arithmetic && this.#operators.at(-1)?.precedence === precedence.comparison) return false;
    this.#operators.push({ image: token.image, precedence: binding, start: token.startOffset, prefix: false });
    if (token.image === 'between') this.#lacks = 'and';
    if (token.image !== 'then') return true;
    this.#lacks = 'within';
    this.#inSequence = true;
    return true;
  }

  /** How what was read last ends: see `Operand`. */
  get tail(): number {
    return this.#operands.at(-1)?.tail ?? precedence.primary;
  }

  /** The word without which what was begun is not whole. */
  get lacks(): 'and' | 'within' | null {
    return this.#lacks;
  }

  finish(): Operand {
    this.#reduce(0);
    return this.#operands[0] as Operand;
  }

  #postfix(binding: number, last: QuantityLiteral, make: (operand: Expression, span: Span) => Expression): void {
    this.#reduce(binding);
    const operand = this.#operands.pop() as Operand;
    this.#push(make(operand.node, this.#span(operand.start, last.span.end)), operand.depth, binding);
  }

  #sequence(duration: QuantityLiteral): void {
    this.#reduce(precedence.sequence);
    if (this.tooDeep) return;
    this.#operators.pop();
    this.#lacks = null;
    this.#inSequence = false;
    const second = this.#operands.pop() as Operand;
    const first = this.#operands.pop() as Operand;
    const span = this.#span(first.start, duration.span.end);
    const depth = Math.max(first.depth, second.depth);
    this.#push(
      { kind: 'sequence', span, first: first.node, second: second.node, duration },
      depth,
      precedence.sequence,
    );
  }

  #readBounds(token: IToken): boolean {
    this.#reduce(precedence.comparison);
    if (this.tooDeep) return true;
    this.#operators.pop();
    this.#operators.push({
      image: boundsRead,
      precedence: precedence.comparison,
      start: token.startOffset,
      prefix: false,
    });
    this.#lacks = this.#inSequence ? 'within' : null;
    return true;
  }

  #reduce(limit: number): void {
    for (;;) {
      const operator = this.#operators.at(-1);
      if (operator === undefined || operator.precedence <= limit || this.tooDeep) return;
      this.#operators.pop();
      if (operator.prefix) this.#applyPrefix(operator);
      else if (operator.image === boundsRead) this.#applyBetween();
      else if (operator.precedence <= precedence.and) this.#applyLogic(operator);
      else this.#applyBinary(operator);
    }
  }

  #applyPrefix(operator: Operator): void {
    const operand = this.#operands.pop() as Operand;
    const kind = operator.image === 'not' ? 'not' : 'negate';
    this.#push(
      { kind, span: this.#span(operator.start, operand.end), operand: operand.node },
      operand.depth,
      operand.tail,
    );
  }

  #applyBinary(operator: Operator): void {
    const right = this.#operands.pop() as Operand;
    const left = this.#operands.pop() as Operand;
    const sides = { span: this.#span(left.start, right.end), left: left.node, right: right.node };
    const depth = Math.max(left.depth, right.depth);
    if (operator.precedence === precedence.comparison) {
      this.#push({ kind: 'comparison', operator: operator.image as ComparisonOperator, ...sides }, depth);
    } else {
      this.#push({ kind: 'arithmetic', operator: operator.image as ArithmeticOperator, ...sides }, depth);
    }
  }

  #applyBetween(): void {
    const high = this.#operands.pop() as Operand;
    const low = this.#operands.pop() as Operand;
    const value = this.#operands.pop() as Operand;
    const span = this.#span(value.start, high.end);
    const depth = Math.max(value.depth, low.depth, high.depth);
    this.#push({ kind: 'between', span, value: value.node, low: low.node, high: high.node }, depth);
  }

  #applyLogic(operator: Operator): void {
    let count = 2;
    while (this.#operators.at(-1)?.precedence === operator.precedence) {
      this.#operators.pop();
      count++;
    }
    const operands = this.#operands.splice(-count);
    const first = operands[0] as Operand;
    const last = operands.at(-1) as Operand;
    const nodes = operands.map((operand) => operand.node);
    const depth = operands.reduce((deepest, operand) => Math.max(deepest, operand.depth), 0);
    const span = this.#span(first.start, last.end);
    this.#push({ kind: 'logic', span, operator: operator.image as 'and' | 'or', operands: nodes }, depth, last.tail);
  }

  #push(node: Expression, depthBelow: number, tail: number = precedence.primary): void {
    const depth = depthBelow + 1;
    if (depth > depthMax) this.tooDeep = true;
    this.#operands.push({ node, start: node.span.start, end: node.span.end, depth, tail });
  }

  #span(start: number, end: number): Span {
    return { file: this.#file, start, end };
  }
}
