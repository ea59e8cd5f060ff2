// The rules for operators and operands: read flat, and built into a tree by precedence.

import type { ParserMethod } from 'chevrotain';
import type { Call, Expression, Span } from './ast.ts';
import { depthMax, ExpressionBuilder, type Operand } from './expression-builder.ts';
import { precedence } from './precedence.ts';
import { duration, RecoveringParser } from './recovering-parser.ts';
import * as t from './tokens.ts';
import { type Expected, oneOf } from './wording.ts';

const value = oneOf('a value', 'a metric', 'a function call', '`(`');
const conjunction = oneOf('`and`', '`or`', '`for`', 'an operator', 'the end of the line');
/** Behind `for D`, `in […]`: what is held or tested can not be an operand. */
const conjunctionAfterFor = oneOf('`and`', '`or`', '`for`', '`within`', 'the end of the line');
const conjunctionAfterThen = oneOf('`and`', '`or`', 'the end of the line');
const closing = oneOf('`)`', 'an operator');
const closingAfterFor = oneOf('`)`', '`and`', '`or`');
const bounds = oneOf('`and` and the upper bound');
const sequenceEnd = oneOf('`within` and a duration');
const option = oneOf('a value such as `"eu-west-1"` or `4`');
const pattern = oneOf('a pattern such as `"pay-*"`');
const holding = oneOf('a duration such as `30s`', 'a part such as `3 of 5` or `80% of 5m`');
const negatedGroup = oneOf('a value', '`(`');

/** A call and the levels of the tree that it makes. */
export interface MeasuredCall {
  readonly node: Call;
  readonly depth: number;
}

export abstract class OperationParser extends RecoveringParser {
  protected abstract readonly measuredCall: ParserMethod<[], MeasuredCall>;

  /**
   * ```ebnf
   * expression     = and { "or" and }
   * and            = sequence { "and" sequence }
   * sequence       = not [ "then" hold "within" duration ]
   * not            = "not" not | hold
   * hold           = comparison { "for" ( duration | quantity "of" quantity ) | "within" duration }
   * comparison     = additive [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) additive
   *                           | "between" additive "and" additive
   *                           | "in" "[" expression { "," expression } "]"
   *                           | "like" string ]
   * additive       = multiplicative { ( "+" | "-" ) multiplicative }
   * multiplicative = negation { ( "*" | "/" ) negation }
   * negation       = "-" negation | past
   * past           = primary [ "ago" duration ]
   * ```
   * The `hold` behind `then` does not end in `within` itself.
   *
   * Read flat, as `operand { operator operand }`, and built by precedence: a rule for each level would need nine calls
   * for every parenthesis.
   */
  protected readonly operation: ParserMethod<[], Operand> = this.RULE('operation', () => {
    const builder = this.ACTION(() => this.#enter());
    this.SUBRULE(this.operand, { ARGS: [builder] });
    this.MANY({
      GATE: () => !this.#atLabel(),
      DEF: () =>
        this.OR({
          IGNORE_AMBIGUITIES: true,
          DEF: [
            { ALT: () => this.SUBRULE(this.membership, { ARGS: [builder] }) },
            { ALT: () => this.SUBRULE(this.likeness, { ARGS: [builder] }) },
            {
              ALT: () => {
                this.ACTION(() => {
                  if (!builder.binary(this.LA(1))) this.#failBehind(builder);
                  this.#checkDepth(builder);
                });
                this.CONSUME(t.BinaryOperator);
                this.SUBRULE1(this.operand, { ARGS: [builder] });
              },
            },
          ],
        }),
    });
    return this.ACTION(() => {
      this.nesting--;
      if (builder.lacks !== null) this.#failBehind(builder);
      const operation = builder.finish();
      this.#checkDepth(builder);
      return operation;
    });
  });

  /** `operand = { "not" | "-" } primary [ "ago" duration ] holds` */
  private readonly operand: ParserMethod<[ExpressionBuilder], void> = this.RULE('operand', (builder) => {
    this.MANY(() => {
      this.ACTION(() => {
        if (!builder.prefix(this.LA(1))) this.fail(negatedGroup);
      });
      this.OR([{ ALT: () => this.CONSUME(t.Not) }, { ALT: () => this.CONSUME(t.Minus) }]);
    });
    this.ACTION(() => this.#checkValue());
    this.OR1({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          ALT: () => {
            const open = this.CONSUME(t.LeftParenthesis);
            const inner = this.SUBRULE(this.operation);
            const close = this.CONSUME(
              t.RightParenthesis,
              inner.tail <= precedence.comparison ? closingAfterFor : closing,
            );
            this.ACTION(() => {
              const [start, end] = [open.startOffset, t.tokenEnd(close)];
              builder.operand({ node: inner.node, start, end, depth: inner.depth, tail: precedence.primary });
            });
          },
        },
        {
          GATE: () => this.next(2, t.LeftParenthesis),
          ALT: () => {
            const call = this.SUBRULE(this.measuredCall);
            this.ACTION(() => builder.operand(leaf(call.node, call.depth)));
          },
        },
        {
          ALT: () => {
            const node = this.SUBRULE(this.atom);
            this.ACTION(() => builder.operand(leaf(node, 1)));
          },
        },
      ],
    });
    this.OPTION({
      GATE: () => !this.#atLabel() && builder.tail > precedence.ago,
      DEF: () => {
        this.CONSUME(t.AgoWord);
        const distance = this.CONSUME(t.Quantity, duration);
        this.ACTION(() => {
          builder.ago(this.quantityOf(distance));
          this.#checkDepth(builder);
        });
      },
    });
    this.SUBRULE(this.holds, { ARGS: [builder] });
  });

  /** `holds = { "for" ( duration | quantity "of" quantity ) | "within" duration }` */
  private readonly holds: ParserMethod<[ExpressionBuilder], void> = this.RULE('holds', (builder) => {
    this.MANY({
      GATE: () => !this.#atLabel(),
      DEF: () => {
        this.OR([
          {
            ALT: () => {
              this.ACTION(() => builder.mayHold() || this.#failBehind(builder));
              this.CONSUME(t.For);
              const first = this.CONSUME(t.Quantity, holding);
              const whole = this.OPTION(() => {
                this.CONSUME(t.OfWord);
                return this.CONSUME1(t.Quantity, oneOf('a number of events such as `5`', 'a duration such as `5m`'));
              });
              this.ACTION(() => {
                const part = whole === undefined ? null : this.quantityOf(first);
                builder.hold(this.quantityOf(whole ?? first), part);
              });
            },
          },
          {
            ALT: () => {
              this.ACTION(() => builder.lacks === 'within' || builder.mayHold() || this.#failBehind(builder));
              this.CONSUME(t.WithinWord);
              const width = this.CONSUME2(t.Quantity, duration);
              this.ACTION(() => builder.within(this.quantityOf(width)));
            },
          },
        ]);
        this.ACTION(() => this.#checkDepth(builder));
      },
    });
  });

  /** `in = "in" "[" expression { "," expression } "]"`, behind a value */
  private readonly membership: ParserMethod<[ExpressionBuilder], void> = this.RULE('membership', (builder) => {
    this.ACTION(() => builder.mayTest() || this.#failBehind(builder));
    this.CONSUME(t.InWord);
    this.CONSUME(t.LeftBracket, oneOf('`[` and a list of values'));
    const options: Operand[] = [];
    this.ACTION(() => this.next(1, t.RightBracket) && this.fail(option));
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const read = this.SUBRULE(this.operation);
        this.ACTION(() => options.push(read));
      },
    });
    const close = this.CONSUME(t.RightBracket, oneOf('`,`', '`]`'));
    this.ACTION(() => {
      const depth = options.reduce((deepest, read) => Math.max(deepest, read.depth), 0);
      const nodes = options.map((read) => read.node);
      builder.test(t.tokenEnd(close), depth, (tested: Expression, span: Span) => ({
        kind: 'in',
        span,
        value: tested,
        options: nodes,
      }));
      this.#checkDepth(builder);
    });
    this.SUBRULE(this.holds, { ARGS: [builder] });
  });

  /** `like = "like" string`, behind a value */
  private readonly likeness: ParserMethod<[ExpressionBuilder], void> = this.RULE('likeness', (builder) => {
    this.ACTION(() => builder.mayTest() || this.#failBehind(builder));
    this.CONSUME(t.LikeWord);
    const text = this.CONSUME(t.Text, pattern);
    this.ACTION(() => {
      const literal = this.stringOf(text);
      builder.test(t.tokenEnd(text), 1, (tested: Expression, span: Span) => ({
        kind: 'like',
        span,
        value: tested,
        pattern: literal,
      }));
      this.#checkDepth(builder);
    });
    this.SUBRULE(this.holds, { ARGS: [builder] });
  });

  /** `atom = quantity | string | "true" | "false" | name` */
  private readonly atom: ParserMethod<[], Expression> = this.RULE('atom', () => {
    const token = this.OR([
      { ALT: () => this.CONSUME(t.Quantity) },
      { ALT: () => this.CONSUME(t.Text) },
      { ALT: () => this.CONSUME(t.True) },
      { ALT: () => this.CONSUME(t.False) },
      { ALT: () => this.CONSUME(t.Word) },
    ]);
    return this.ACTION((): Expression => {
      if (token.tokenType === t.Quantity) return this.quantityOf(token);
      if (token.image.startsWith('"')) return this.stringOf(token);
      const span = this.spanOf(token);
      if (token.tokenType === t.True || token.tokenType === t.False) {
        return { kind: 'boolean', span, value: token.tokenType === t.True };
      }
      return { kind: 'reference', span, name: token.image };
    });
  });

  #enter(): ExpressionBuilder {
    if (this.nesting > depthMax) this.failTooDeep();
    this.nesting++;
    return new ExpressionBuilder(this.file);
  }

  /** A line that looks like the next item is not the value that is missing here. */
  #checkValue(): void {
    const { tokenType } = this.LA(1);
    const starts = this.next(1, t.Word)
      ? !this.#startsItem()
      : tokenType === t.Quantity ||
        tokenType === t.LeftParenthesis ||
        tokenType === t.True ||
        tokenType === t.False ||
        this.next(1, t.Text);
    if (!starts) this.fail(value);
  }

  #startsItem(): boolean {
    return this.firstOnLine(1) && this.startsProperty();
  }

  #checkDepth(builder: ExpressionBuilder): void {
    if (builder.tooDeep) this.failTooDeep();
  }

  /** What was read can't be followed by the next token. */
  #failBehind(builder: ExpressionBuilder): never {
    if (builder.lacks === 'and') return this.fail(bounds);
    return this.fail(builder.lacks === 'within' ? sequenceEnd : behind(builder.tail));
  }

  /** The word names a value of its own: `in: 5` on the next line of a `tune`. */
  #atLabel(): boolean {
    return this.next(2, t.Colon) && this.next(1, t.Word);
  }

  protected checkOperation(): void {
    if (!this.next(1, t.Not) && !this.next(1, t.Minus)) this.#checkValue();
  }
}

/** What may stand behind an operand that ends in a form of that precedence. */
export function behind(tail: number): Expected {
  if (tail > precedence.comparison) return conjunction;
  return tail > precedence.sequence ? conjunctionAfterFor : conjunctionAfterThen;
}

export function leaf(node: Expression, depth: number): Operand {
  return { node, start: node.span.start, end: node.span.end, depth, tail: precedence.primary };
}
