// The rules for what one policy can be told differently for different services: its parameters, and `tune`.

import type { ParserMethod } from 'chevrotain';
import type { PolicyParameter, TuneDeclaration, TunedValue } from './ast.ts';
import { ScheduleParser } from './parse-schedule.ts';
import * as t from './tokens.ts';
import { oneOf } from './wording.ts';

const parameterName = oneOf('the name of a parameter');

export abstract class ParameterParser extends ScheduleParser {
  /** `parameters = "(" parameter { "," parameter } ")"`, `parameter = name ":" type "=" expression` */
  protected readonly policyParameters: ParserMethod<[PolicyParameter[]], void> = this.RULE(
    'policyParameters',
    (parameters) => {
      this.CONSUME(t.LeftParenthesis);
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => {
          const name = this.CONSUME(t.Word, parameterName);
          this.CONSUME(t.Colon);
          const type = this.CONSUME1(t.Word, oneOf('a type such as `duration` or `ratio`'));
          this.CONSUME(t.Equals, oneOf('`=` and the value where nothing is tuned'));
          const { node: value } = this.SUBRULE(this.operation);
          this.ACTION(() =>
            parameters.push({ span: this.spanFrom(name), name: this.nameOf(name), type: this.nameOf(type), value }),
          );
        },
      });
      this.CONSUME(t.RightParenthesis, oneOf('`,`', '`)`', 'an operator'));
    },
  );

  /** `tune = "tune" name "where" expression "{" { tuned-value } "}"` */
  protected readonly tune: ParserMethod<[], TuneDeclaration | null> = this.RULE('tune', () => {
    const start = this.CONSUME(t.TuneWord);
    const doc = this.ACTION(() => this.comments.takeDoc(start.startOffset));
    const head = this.attempt(() => {
      const policy = this.CONSUME(t.Word, oneOf('the name of a policy'));
      this.CONSUME(t.Where, oneOf('`where` and a condition on key and tags'));
      return policy;
    });
    const whereStart = this.ACTION(() => this.LA(1));
    const where = head === null ? null : this.attempt(() => this.SUBRULE(this.operation));
    const open = this.openBlock('tune');
    const { items: values, complete } = this.items<TunedValue>({
      column: this.ACTION(() => this.columnOf(start)),
      open,
      context: 'tune',
      startsItem: () => this.next(1, t.Word) && this.next(2, t.Colon),
      continues: () => this.LA(0).tokenType === t.Comma,
      parseItem: () => this.SUBRULE(this.tunedValue),
    });
    return this.ACTION((): TuneDeclaration | null => {
      if (head === null) return null;
      const name = { kind: 'tune', span: this.spanFrom(start), doc, policy: this.nameOf(head) } as const;
      return {
        ...name,
        where: where?.node ?? this.errorFrom(whereStart),
        values,
        ...(complete ? {} : { incomplete: true }),
      };
    });
  });

  /** `tuned-value = name ":" expression [ "," ]` */
  private readonly tunedValue: ParserMethod<[], TunedValue> = this.RULE('tunedValue', () => {
    const name = this.CONSUME(t.Word, parameterName);
    this.CONSUME(t.Colon);
    const { node: value } = this.SUBRULE(this.operation);
    const read = this.ACTION((): TunedValue => ({ span: this.spanFrom(name), name: this.nameOf(name), value }));
    this.OPTION(() => this.CONSUME(t.Comma));
    return read;
  });
}
