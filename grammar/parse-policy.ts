// The rules for `policy`, `fleet`, `action`, `const` and `let` declarations.

import type { IToken, ParserMethod } from 'chevrotain';
import type {
  ActionDeclaration,
  ActionParameter,
  ConstDeclaration,
  DoClause,
  FleetDeclaration,
  LetDeclaration,
  OnClause,
  PolicyDeclaration,
  PolicyItem,
  PolicyParameter,
  Property,
  PropertyArgument,
  UntilClause,
  WhenClause,
} from './ast.ts';
import { ParameterParser } from './parse-parameters.ts';
import * as t from './tokens.ts';
import { type Expected, oneOf } from './wording.ts';

const policyItem = oneOf('`on`', '`when`', '`until`', '`do`', '`let`', 'a property such as `cooldown 5m`');
const fleetItem = oneOf('a property such as `size 2..40`');
const propertyContinuation = ['the end of the line'];
const onContinuation = oneOf('`where`', 'the end of the line');
const doContinuation = oneOf('an option such as `timeout 5s`', 'the end of the line');
const schemaName = oneOf('the name of a schema');
const actionName = oneOf('the name of an action');
const optionValue = oneOf('a value such as `5s`');
/** Signs behind a word and its arguments that tell a misspelled clause from a property with a mistake. */
const clauseSigns = [t.LeftParenthesis, t.Not, t.And, t.Or, t.For];
const comparisons = [t.EqualEqual, t.NotEqual, t.Less, t.LessEqual, t.Greater, t.GreaterEqual];

export abstract class PolicyParser extends ParameterParser {
  /** `policy = "policy" name [ parameters ] "{" { policy-item } "}"` */
  protected readonly policy: ParserMethod<[], PolicyDeclaration | null> = this.RULE('policy', () => {
    const start = this.CONSUME(t.PolicyWord);
    const doc = this.ACTION(() => this.comments.takeDoc(start.startOffset));
    const name = this.attempt(() => this.CONSUME(t.Word, oneOf('the name of the policy')));
    const parameters: PolicyParameter[] = [];
    // A mistake in the head does not hide the items.
    this.OPTION(() => this.attempt(() => this.SUBRULE(this.policyParameters, { ARGS: [parameters] })));
    const open = this.openBlock('policy');
    const { items, complete } = this.items<PolicyItem>({
      column: this.ACTION(() => this.columnOf(start)),
      open,
      context: 'policy',
      startsItem: () => this.atClauseWord() || this.atSchedule() || this.startsProperty(),
      continues: () => this.atClauseWord(),
      parseItem: () => this.SUBRULE(this.policyItem),
    });
    return this.ACTION((): PolicyDeclaration | null => {
      if (name === null) return null;
      const span = this.spanFrom(start);
      return {
        kind: 'policy',
        span,
        doc,
        name: this.nameOf(name),
        parameters,
        items,
        ...(complete ? {} : { incomplete: true }),
      };
    });
  });

  /** `policy-item = on | on-missing | when | until | schedule | do | let | property` */
  private readonly policyItem: ParserMethod<[], PolicyItem | null> = this.RULE('policyItem', () => {
    this.ACTION(() => {
      if (!this.atClauseWord() && !this.next(1, t.Word)) this.fail(policyItem);
      if (this.next(1, t.ConstWord) && this.next(3, t.Equals)) this.fail(policyItem);
    });
    return this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        { GATE: () => this.atOnMissing(), ALT: () => this.SUBRULE(this.onMissing) },
        { ALT: () => this.SUBRULE(this.onClause) },
        { ALT: () => this.SUBRULE(this.whenClause) },
        { ALT: () => this.SUBRULE(this.untilClause) },
        { ALT: () => this.SUBRULE(this.doClause) },
        { ALT: () => this.SUBRULE(this.schedule) },
        { GATE: () => this.next(2, t.Word) && this.next(3, t.Equals), ALT: () => this.SUBRULE(this.letDeclaration) },
        { ALT: () => this.SUBRULE(this.property, { ARGS: [policyItem, 'policy'] }) },
      ],
    });
  });

  /** `on = "on" name [ "where" expression ]` */
  private readonly onClause: ParserMethod<[], OnClause> = this.RULE('onClause', () => {
    const start = this.CONSUME(t.On);
    this.ACTION(() => this.onSameLine(schemaName));
    const schema = this.CONSUME(t.Word, schemaName);
    const where = this.OPTION(() => {
      this.CONSUME(t.Where);
      return this.SUBRULE(this.condition);
    });
    if (where === undefined) this.ACTION(() => this.atClauseEnd() || this.fail(onContinuation));
    return this.ACTION((): OnClause => {
      return { kind: 'on', span: this.spanFrom(start), schema: this.nameOf(schema), where: where ?? null };
    });
  });

  /** `when = "when" expression` */
  private readonly whenClause: ParserMethod<[], WhenClause> = this.RULE('whenClause', () => {
    const start = this.CONSUME(t.When);
    const condition = this.SUBRULE(this.condition);
    return this.ACTION((): WhenClause => ({ kind: 'when', span: this.spanFrom(start), condition }));
  });

  /** `until = "until" expression` */
  private readonly untilClause: ParserMethod<[], UntilClause> = this.RULE('untilClause', () => {
    const start = this.CONSUME(t.Until);
    const condition = this.SUBRULE(this.condition);
    return this.ACTION((): UntilClause => ({ kind: 'until', span: this.spanFrom(start), condition }));
  });

  /** `do = "do" call { option }` */
  private readonly doClause: ParserMethod<[], DoClause> = this.RULE('doClause', () => {
    const start = this.CONSUME(t.Do);
    this.ACTION(() => this.onSameLine(actionName));
    const action = this.SUBRULE(this.call);
    const options: Property[] = [];
    // A mistake in an option does not hide the action.
    this.attempt(() => {
      this.MANY({
        GATE: () => !this.firstOnLine(1),
        DEF: () => {
          const option = this.SUBRULE(this.doOption);
          this.ACTION(() => options.push(option));
        },
      });
      this.ACTION(() => this.atClauseEnd() || this.fail(doContinuation));
    });
    return this.ACTION((): DoClause => ({ kind: 'do', span: this.spanFrom(start), action, options }));
  });

  /** `option = name ( quantity | string | name )`, on one line */
  private readonly doOption: ParserMethod<[], Property> = this.RULE('doOption', () => {
    const name = this.CONSUME(t.Word);
    this.ACTION(() => {
      if (this.firstOnLine(1) || !this.#atArgument()) this.fail(optionValue);
    });
    const argument = this.SUBRULE(this.propertyArgument);
    return this.ACTION((): Property => {
      return { kind: 'property', span: this.spanFrom(name), name: this.nameOf(name), args: [argument] };
    });
  });

  /** `fleet = "fleet" name "{" { property } "}"` */
  protected readonly fleet: ParserMethod<[], FleetDeclaration | null> = this.RULE('fleet', () => {
    const start = this.CONSUME(t.FleetWord);
    const doc = this.ACTION(() => this.comments.takeDoc(start.startOffset));
    const name = this.attempt(() => this.CONSUME(t.Word, oneOf('the name of the fleet')));
    const open = this.openBlock('fleet');
    const { items, complete } = this.items<Property>({
      column: this.ACTION(() => this.columnOf(start)),
      open,
      context: 'fleet',
      startsItem: () => this.startsProperty(),
      parseItem: () => this.SUBRULE(this.property, { ARGS: [fleetItem, 'fleet'] }),
    });
    return this.ACTION((): FleetDeclaration | null => {
      if (name === null) return null;
      const span = this.spanFrom(start);
      return { kind: 'fleet', span, doc, name: this.nameOf(name), items, ...(complete ? {} : { incomplete: true }) };
    });
  });

  /**
   * `property = name { argument }`, all on one line that begins with it
   *
   * When what follows can't belong to a property, its name is what is wrong: `whn error_rate > 5%`.
   */
  private readonly property: ParserMethod<[Expected, string], Property | null> = this.RULE(
    'property',
    (expected, context) => {
      const name = this.CONSUME(t.Word, expected);
      const args: PropertyArgument[] = [];
      this.MANY({
        GATE: () => !this.firstOnLine(1),
        DEF: () => {
          const argument = this.SUBRULE(this.propertyArgument);
          this.ACTION(() => args.push(argument));
        },
      });
      return this.ACTION((): Property | null => {
        const property: Property = { kind: 'property', span: this.spanFrom(name), name: this.nameOf(name), args };
        if (this.atClauseEnd()) return property;
        if (this.#isMisspelledClause()) {
          this.reportUnexpected(name, expected.ERR_MSG.split('\n'), context);
          return null;
        }
        this.reportUnexpected(this.LA(1), args.length === 0 ? ['a value'] : propertyContinuation, 'property');
        return args.length === 0 ? null : property;
      });
    },
  );

  /** `argument = string | quantity [ ".." quantity ] | name | "true" | "false"` */
  private readonly propertyArgument: ParserMethod<[], PropertyArgument> = this.RULE('propertyArgument', () => {
    return this.OR([
      {
        ALT: () => {
          const text = this.CONSUME(t.Text);
          return this.ACTION(() => this.stringOf(text));
        },
      },
      {
        ALT: () => {
          const from = this.CONSUME(t.Quantity);
          const to = this.OPTION(() => {
            this.CONSUME(t.DotDot);
            return this.CONSUME1(t.Quantity);
          });
          return this.ACTION((): PropertyArgument => {
            if (to === undefined) return this.quantityOf(from);
            return { kind: 'range', span: this.spanFrom(from), from: this.quantityOf(from), to: this.quantityOf(to) };
          });
        },
      },
      { ALT: () => this.#word(this.CONSUME(t.Word)) },
      { ALT: () => this.#word(this.CONSUME(t.True)) },
      { ALT: () => this.#word(this.CONSUME(t.False)) },
    ]);
  });

  /** `action = "action" name "(" [ parameter { "," parameter } ] ")" "via" name [ string ]`, `parameter = name ":" type [ "=" expression ]` */
  protected readonly action: ParserMethod<[], ActionDeclaration> = this.RULE('action', () => {
    const start = this.CONSUME(t.ActionWord);
    const doc = this.ACTION(() => this.comments.takeDoc(start.startOffset));
    const name = this.CONSUME(t.Word, oneOf('the name of the action'));
    this.CONSUME(t.LeftParenthesis);
    const parameters: ActionParameter[] = [];
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        const parameter = this.CONSUME1(t.Word, oneOf('the name of a parameter'));
        this.CONSUME(t.Colon);
        const type = this.CONSUME2(t.Word, oneOf('a type such as `fleet` or `duration`'));
        const value = this.OPTION1(() => {
          this.CONSUME(t.Equals);
          return this.SUBRULE(this.operation);
        });
        this.ACTION(() =>
          parameters.push({
            span: this.spanFrom(parameter),
            name: this.nameOf(parameter),
            type: this.nameOf(type),
            value: value?.node ?? null,
          }),
        );
      },
    });
    this.CONSUME(t.RightParenthesis, oneOf('`,`', '`)`'));
    this.CONSUME(t.ViaWord);
    const executor = this.CONSUME3(t.Word, oneOf('what carries it out, such as `webhook`'));
    const endpoint = this.OPTION(() => this.CONSUME(t.Text));
    return this.ACTION((): ActionDeclaration => {
      const url = endpoint === undefined ? null : this.stringOf(endpoint);
      const head = { kind: 'action', span: this.spanFrom(start), doc, name: this.nameOf(name) } as const;
      return { ...head, parameters, executor: this.nameOf(executor), endpoint: url };
    });
  });

  /** `const = "const" name "=" expression` */
  protected readonly constDeclaration: ParserMethod<[], ConstDeclaration> = this.RULE('constDeclaration', () => {
    const start = this.CONSUME(t.ConstWord);
    const doc = this.ACTION(() => this.comments.takeDoc(start.startOffset));
    const name = this.CONSUME(t.Word, oneOf('the name of the constant'));
    this.CONSUME(t.Equals);
    const value = this.SUBRULE(this.expression);
    return this.ACTION((): ConstDeclaration => {
      return { kind: 'const', span: this.spanFrom(start), doc, name: this.nameOf(name), value };
    });
  });

  /** `let = "let" name "=" expression` */
  protected readonly letDeclaration: ParserMethod<[], LetDeclaration> = this.RULE('letDeclaration', () => {
    const start = this.CONSUME(t.LetWord);
    const doc = this.ACTION(() => this.comments.takeDoc(start.startOffset));
    const name = this.CONSUME(t.Word, oneOf('the name of the value'));
    this.CONSUME(t.Equals);
    const value = this.SUBRULE(this.expression);
    return this.ACTION((): LetDeclaration => {
      return { kind: 'let', span: this.spanFrom(start), doc, name: this.nameOf(name), value };
    });
  });

  #word(token: IToken): PropertyArgument {
    return { kind: 'word', span: this.spanOf(token), text: token.image };
  }

  #isMisspelledClause(): boolean {
    return [...clauseSigns, ...comparisons].some((sign) => this.next(1, sign));
  }

  #atArgument(): boolean {
    return [t.Text, t.Quantity, t.Word, t.True, t.False].some((type) => this.next(1, type));
  }
}
