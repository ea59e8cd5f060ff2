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
  /** Ends in `for D` outside parentheses: only `and` and `or` may follow. */
  readonly sealed: boolean;
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
  ...['==', '!=', '<', '<=', '>', '>='].map((image) => [image, precedence.comparison] as const),
  ['+', precedence.additive],
  ['-', precedence.additive],
  ['*', precedence.multiplicative],
  ['/', precedence.multiplicative],
]);

/** Answers are `false` when what was read can't stand there. */
export class ExpressionBuilder {
  readonly #file: string;
  readonly #operands: Operand[] = [];
  readonly #operators: Operator[] = [];
  /** The tree has more levels than it may; what is read from then on is not built. */
  tooDeep = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** `not` or `-` before an operand. */
  prefix(token: IToken): boolean {
    const binding = token.image === 'not' ? precedence.not : precedence.negate;
    const last = this.#operators.at(-1);
    // `a + not b`: an operator that binds tighter than `not` is waiting for its operand.
    if (last !== undefined && last.precedence > binding) return false;
    this.#operators.push({ image: token.image, precedence: binding, start: token.startOffset, prefix: true });
    return true;
  }

  operand(operand: Operand): void {
    if (operand.depth > depthMax) this.tooDeep = true;
    this.#operands.push(operand);
  }

  /** `for D` behind an operand. */
  hold(duration: QuantityLiteral): void {
    this.#reduce(precedence.for);
    const condition = this.#operands.pop() as Operand;
    const span = this.#span(condition.start, duration.span.end);
    this.#push({ kind: 'for', span, condition: condition.node, duration }, condition.depth, true);
  }

  /** An operator between two operands. */
  binary(token: IToken): boolean {
    const binding = binaryPrecedence.get(token.image) as number;
    const arithmetic = binding > precedence.comparison;
    // Arithmetic is left-associative: what binds as tightly is done first. `and` and `or` wait, to become one flat node.
    this.#reduce(arithmetic ? binding - 1 : binding);
    if (binding >= precedence.comparison && this.sealed) return false;
    // `a < b < c` means something else in every language.
    if (!arithmetic && this.#operators.at(-1)?.precedence === precedence.comparison) return false;
    this.#operators.push({ image: token.image, precedence: binding, start: token.startOffset, prefix: false });
    return true;
  }

  /** What was read last ends in `for D` outside parentheses. */
  get sealed(): boolean {
    return this.#operands.at(-1)?.sealed === true;
  }

  finish(): Operand {
    this.#reduce(0);
    return this.#operands[0] as Operand;
  }

  #reduce(limit: number): void {
    for (;;) {
      const operator = this.#operators.at(-1);
      if (operator === undefined || operator.precedence <= limit || this.tooDeep) return;
      this.#operators.pop();
      if (operator.prefix) this.#applyPrefix(operator);
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
      operand.sealed,
    );
  }

  #applyBinary(operator: Operator): void {
    const right = this.#operands.pop() as Operand;
    const left = this.#operands.pop() as Operand;
    const sides = { span: this.#span(left.start, right.end), left: left.node, right: right.node };
    const depth = Math.max(left.depth, right.depth);
    if (operator.precedence === precedence.comparison) {
      this.#push({ kind: 'comparison', operator: operator.image as ComparisonOperator, ...sides }, depth, false);
    } else {
      this.#push({ kind: 'arithmetic', operator: operator.image as ArithmeticOperator, ...sides }, depth, false);
    }
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
    this.#push({ kind: 'logic', span, operator: operator.image as 'and' | 'or', operands: nodes }, depth, last.sealed);
  }

  #push(node: Expression, depthBelow: number, sealed: boolean): void {
    const depth = depthBelow + 1;
    if (depth > depthMax) this.tooDeep = true;
    this.#operands.push({ node, start: node.span.start, end: node.span.end, depth, sealed });
  }

  #span(start: number, end: number): Span {
    return { file: this.#file, start, end };
  }
}
