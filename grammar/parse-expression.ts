// The rules for calls, their arguments, and expressions as parts of clauses.

import { EOF, type IToken, type ParserMethod } from 'chevrotain';
import type { Argument, Call, ErrorExpression, Expression, FleetLookup, Modifier } from './ast.ts';
import type { Operand } from './expression-builder.ts';
import { behind, leaf, type MeasuredCall, OperationParser } from './parse-operation.ts';
import { duration } from './recovering-parser.ts';
import * as t from './tokens.ts';
import { oneOf } from './wording.ts';

interface MeasuredArgument {
  readonly node: Argument;
  readonly depth: number;
}

interface MeasuredModifier {
  readonly node: Modifier;
  readonly depth: number;
}

export abstract class ExpressionParser extends OperationParser {
  /** `call = name "(" [ argument { "," argument } ] ")"` */
  protected override readonly measuredCall: ParserMethod<[], MeasuredCall> = this.RULE('measuredCall', () => {
    const name = this.CONSUME(t.Word, oneOf('the name of an action or function'));
    this.CONSUME(t.LeftParenthesis);
    const args: Argument[] = [];
    let depth = 0;
    this.ACTION(() => this.next(1, t.RightParenthesis) || this.#atFleetLookup() || this.checkOperation());
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
   * `argument = [ name ":" ] ( fleet-lookup | expression ) { modifier }`
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
    this.ACTION(() => this.#atFleetLookup() || this.checkOperation());
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
    let { depth } = this.ACTION(() => read) ?? { depth: 0 };
    this.MANY({
      // `x ago 1h` is an expression; a window is where `ago` belongs to the argument.
      GATE: () => !this.next(1, t.AgoWord) || modifiers.some((modifier) => modifier.word === 'over'),
      DEF: () => {
        const modifier = this.SUBRULE(this.modifier);
        this.ACTION(() => {
          modifiers.push(modifier.node);
          depth = Math.max(depth, modifier.depth);
        });
      },
    });
    return this.ACTION(() => {
      const name = label === undefined ? null : this.nameOf(label);
      return { node: { span: this.spanFrom(start), label: name, value: read.node, modifiers }, depth };
    });
  });

  /** `modifier = ( "over" | "ago" ) duration | "across" name | "where" expression`, `ago` only behind `over` */
  private readonly modifier: ParserMethod<[], MeasuredModifier> = this.RULE('modifier', () => {
    const start = this.ACTION(() => this.LA(1));
    return this.OR([
      { ALT: () => this.#timeModifier(this.CONSUME(t.Over), this.CONSUME(t.Quantity, duration), 'over') },
      { ALT: () => this.#timeModifier(this.CONSUME(t.AgoWord), this.CONSUME1(t.Quantity, duration), 'ago') },
      {
        ALT: () => {
          this.CONSUME(t.AcrossWord);
          const tag = this.CONSUME(t.Word, oneOf('the name of a tag'));
          return this.ACTION((): MeasuredModifier => {
            return { node: { span: this.spanFrom(start), word: 'across', tag: this.nameOf(tag) }, depth: 0 };
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Where);
          const { node: condition, depth } = this.SUBRULE(this.operation);
          return this.ACTION((): MeasuredModifier => {
            return { node: { span: this.spanFrom(start), word: 'where', condition }, depth };
          });
        },
      },
    ]);
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
    return this.ACTION(() => read?.node ?? this.errorFrom(start));
  });

  /** An expression that fills the rest of a clause. */
  protected readonly condition: ParserMethod<[], Expression> = this.RULE('condition', () => {
    const start = this.ACTION(() => this.LA(1));
    const read = this.attempt(() => {
      const operation = this.SUBRULE(this.operation);
      this.ACTION(() => this.atClauseEnd() || this.fail(behind(operation.tail)));
      return operation;
    });
    return this.ACTION(() => read?.node ?? this.errorFrom(start));
  });

  protected errorFrom(start: IToken): ErrorExpression {
    const end = this.lastEnd();
    if (start.tokenType === EOF) return { kind: 'error', span: { file: this.file, start: end, end } };
    // When nothing of the expression was read, `start` lies behind what was read last.
    return { kind: 'error', span: { file: this.file, start: Math.min(start.startOffset, end), end } };
  }

  #timeModifier(word: IToken, width: IToken, name: 'over' | 'ago'): MeasuredModifier {
    return this.ACTION(() => {
      return { node: { span: this.spanFrom(word), word: name, duration: this.quantityOf(width) }, depth: 0 };
    });
  }

  #atFleetLookup(): boolean {
    return this.next(1, t.FleetWord) && this.next(2, t.OfWord);
  }
}
