// The rules for expressions and calls.

import { EOF, type IToken, type ParserMethod } from 'chevrotain';
import type { Argument, Call, ErrorExpression, Expression, FleetLookup, Modifier } from './ast.ts';
import { depthMax, ExpressionBuilder, type Operand } from './expression-builder.ts';
import { duration, RecoveringParser } from './recovering-parser.ts';
import * as t from './tokens.ts';
import { oneOf } from './wording.ts';

const value = oneOf('a value', 'a metric', 'a function call', '`(`');
const conjunction = oneOf('`and`', '`or`', '`for`', 'an operator', 'the end of the line');
/** Behind `for D`: what is held can not be an operand, nor be held again. */
const conjunctionAfterFor = oneOf('`and`', '`or`', 'the end of the line');
const closing = oneOf('`)`', 'an operator');
const closingAfterFor = oneOf('`)`', '`and`', '`or`');
const negatedGroup = oneOf('a value', '`(`');

/** A call and the levels of the tree that it makes. */
interface MeasuredCall {
  readonly node: Call;
  readonly depth: number;
}

interface MeasuredArgument {
  readonly node: Argument;
  readonly depth: number;
}

export abstract class ExpressionParser extends RecoveringParser {
  /**
   * ```ebnf
   * expression     = and { "or" and }
   * and            = not { "and" not }
   * not            = "not" not | for
   * for            = comparison [ "for" duration ]
   * comparison     = additive [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) additive ]
   * additive       = multiplicative { ( "+" | "-" ) multiplicative }
   * multiplicative = negation { ( "*" | "/" ) negation }
   * negation       = "-" negation | primary
   * ```
   * Read flat, as `operand { operator operand }`, and built by precedence: a rule for each level would need nine calls
   * for every parenthesis.
   */
  protected readonly operation: ParserMethod<[], Operand> = this.RULE('operation', () => {
    const builder = this.ACTION(() => this.#enter());
    this.SUBRULE(this.operand, { ARGS: [builder] });
    this.MANY(() => {
      this.ACTION(() => {
        if (!builder.binary(this.LA(1))) this.fail(builder.sealed ? conjunctionAfterFor : conjunction);
        this.#checkDepth(builder);
      });
      this.CONSUME(t.BinaryOperator);
      this.SUBRULE1(this.operand, { ARGS: [builder] });
    });
    return this.ACTION(() => {
      this.nesting--;
      const operation = builder.finish();
      this.#checkDepth(builder);
      return operation;
    });
  });

  /** `operand = { "not" | "-" } primary [ "for" duration ]` */
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
            const close = this.CONSUME(t.RightParenthesis, inner.sealed ? closingAfterFor : closing);
            this.ACTION(() => {
              const [start, end] = [open.startOffset, t.tokenEnd(close)];
              builder.operand({ node: inner.node, start, end, depth: inner.depth, sealed: false });
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
    this.OPTION(() => {
      this.CONSUME(t.For);
      const token = this.CONSUME(t.Quantity, duration);
      this.ACTION(() => {
        builder.hold(this.quantityOf(token));
        this.#checkDepth(builder);
      });
    });
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

  /** `call = name "(" [ argument { "," argument } ] ")"` */
  private readonly measuredCall: ParserMethod<[], MeasuredCall> = this.RULE('measuredCall', () => {
    const name = this.CONSUME(t.Word, oneOf('the name of an action or function'));
    this.CONSUME(t.LeftParenthesis);
    const args: Argument[] = [];
    let depth = 0;
    this.ACTION(() => this.next(1, t.RightParenthesis) || this.#atFleetLookup() || this.#checkOperation());
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        const argument = this.SUBRULE(this.argument);
        this.ACTION(() => {
          args.push(argument.node);
          depth = Math.max(depth, argument.depth);
        });
      },
    });
    this.CONSUME(t.RightParenthesis, oneOf('`,`', '`)`'));
    return this.ACTION(() => {
      const node: Call = { kind: 'call', span: this.spanFrom(name), callee: this.nameOf(name), args };
      return { node, depth: depth + 1 };
    });
  });

  /**
   * `argument = [ name ":" ] ( fleet-lookup | expression ) { "over" duration }`
   *
   * `fleet-lookup = "fleet" "of" name`
   */
  private readonly argument: ParserMethod<[], MeasuredArgument> = this.RULE('argument', () => {
    const start = this.ACTION(() => this.LA(1));
    const label = this.OPTION({
      GATE: () => this.next(2, t.Colon),
      DEF: () => {
        const token = this.CONSUME(t.Word, oneOf('the name of a parameter'));
        this.CONSUME(t.Colon);
        return token;
      },
    });
    this.ACTION(() => this.#atFleetLookup() || this.#checkOperation());
    const read: Operand = this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          GATE: () => this.#atFleetLookup(),
          ALT: () => this.SUBRULE(this.fleetLookup),
        },
        { ALT: () => this.SUBRULE(this.operation) },
      ],
    });
    const modifiers: Modifier[] = [];
    this.MANY(() => {
      const word = this.CONSUME(t.Over);
      const width = this.CONSUME(t.Quantity, duration);
      this.ACTION(() => modifiers.push({ span: this.spanFrom(word), word: 'over', duration: this.quantityOf(width) }));
    });
    return this.ACTION(() => {
      const name = label === undefined ? null : this.nameOf(label);
      return { node: { span: this.spanFrom(start), label: name, value: read.node, modifiers }, depth: read.depth };
    });
  });

  private readonly fleetLookup: ParserMethod<[], Operand> = this.RULE('fleetLookup', () => {
    const start = this.CONSUME(t.FleetWord);
    this.CONSUME(t.OfWord);
    const tag = this.CONSUME(t.Word, oneOf('the name of a tag'));
    return this.ACTION(() => {
      const node: FleetLookup = { kind: 'fleet-lookup', span: this.spanFrom(start), tag: this.nameOf(tag) };
      return leaf(node, 1);
    });
  });

  /** An action in a `do` or `expect` clause. */
  protected readonly call: ParserMethod<[], Call> = this.RULE('call', () => {
    const call = this.SUBRULE(this.measuredCall);
    return this.ACTION(() => call.node);
  });

  /** An expression; after a mistake in it, which is then reported, an error node. */
  protected readonly expression: ParserMethod<[], Expression> = this.RULE('expression', () => {
    const start = this.ACTION(() => this.LA(1));
    const read = this.attempt(() => this.SUBRULE(this.operation));
    return this.ACTION(() => read?.node ?? this.#errorFrom(start));
  });

  /** An expression that fills the rest of a clause. */
  protected readonly condition: ParserMethod<[], Expression> = this.RULE('condition', () => {
    const start = this.ACTION(() => this.LA(1));
    const read = this.attempt(() => {
      const operation = this.SUBRULE(this.operation);
      this.ACTION(() => this.atClauseEnd() || this.fail(operation.sealed ? conjunctionAfterFor : conjunction));
      return operation;
    });
    return this.ACTION(() => read?.node ?? this.#errorFrom(start));
  });

  #errorFrom(start: IToken): ErrorExpression {
    const end = this.lastEnd();
    if (start.tokenType === EOF) return { kind: 'error', span: { file: this.file, start: end, end } };
    // When nothing of the expression was read, `start` lies behind what was read last.
    return { kind: 'error', span: { file: this.file, start: Math.min(start.startOffset, end), end } };
  }

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
    if (!this.firstOnLine(1) || this.firstOnLine(2)) return false;
    return this.next(2, t.Text) || this.next(2, t.Quantity) || this.next(2, t.Word);
  }

  #checkDepth(builder: ExpressionBuilder): void {
    if (builder.tooDeep) this.failTooDeep();
  }

  #atFleetLookup(): boolean {
    return this.next(1, t.FleetWord) && this.next(2, t.OfWord);
  }

  #checkOperation(): void {
    if (!this.next(1, t.Not) && !this.next(1, t.Minus)) this.#checkValue();
  }
}

function leaf(node: Expression, depth: number): Operand {
  return { node, start: node.span.start, end: node.span.end, depth, sealed: false };
}
