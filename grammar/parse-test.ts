// The rules for `test` declarations: telemetry given, decisions expected.

import type { IToken, ParserMethod } from 'chevrotain';
import type {
  Call,
  Cycle,
  ExpectDecision,
  ExpectNothing,
  GivenClause,
  Name,
  QuantityLiteral,
  SeriesPoint,
  SeriesRow,
  SeriesValue,
  TagBinding,
  TestDeclaration,
  TestItem,
} from './ast.ts';
import { ExpressionParser } from './parse-expression.ts';
import { duration } from './recovering-parser.ts';
import * as t from './tokens.ts';
import { type Expected, oneOf } from './wording.ts';

const title = oneOf('the title of the test, such as `"acts once"`');
const testItem = oneOf('`given`', '`expect`');
const gate = oneOf('the name of a gate, such as `cooldown`');
const rowSigns = [t.Colon, t.DotDot, t.ArrivingWord];
const metricValue = oneOf(
  'a number such as `5` or `2%`',
  'a ramp such as `2% to 8%`',
  'a cycle such as `[1%, 5%]`',
  ...['`true`', '`false`', '`NaN`', '`absent`'],
);
const cyclePoint = oneOf('a number such as `5` or `2%`', '`true`', '`false`', '`NaN`', '`absent`');
const rampEnd = oneOf('a number such as `5` or `8%`');
const expectation = oneOf('the name of a policy', '`blocked by`', '`nothing`');

export abstract class TestParser extends ExpressionParser {
  /** `test = "test" string "{" { given | expect } "}"` */
  protected readonly test: ParserMethod<[], TestDeclaration | null> = this.RULE('test', () => {
    const start = this.CONSUME(t.TestWord);
    const doc = this.ACTION(() => this.comments.takeDoc(start.startOffset));
    const name = this.attempt(() => this.CONSUME(t.Text, title));
    const open = this.openBlock('test');
    const { items, complete } = this.items<TestItem>({
      column: this.ACTION(() => this.columnOf(start)),
      open,
      context: 'test',
      startsItem: () => this.next(1, t.Word) && (this.next(2, t.Word) || this.next(2, t.Text)),
      parseItem: () => this.SUBRULE(this.testItem),
    });
    return this.ACTION((): TestDeclaration | null => {
      if (name === null) return null;
      const span = this.spanFrom(start);
      return { kind: 'test', span, doc, title: this.stringOf(name), items, ...(complete ? {} : { incomplete: true }) };
    });
  });

  private readonly testItem: ParserMethod<[], TestItem> = this.RULE('testItem', () => {
    this.ACTION(() => this.next(1, t.GivenWord) || this.next(1, t.ExpectWord) || this.fail(testItem));
    return this.OR([{ ALT: () => this.SUBRULE(this.given) }, { ALT: () => this.SUBRULE(this.expectation) }]);
  });

  /** `given = "given" name [ "(" [ binding { "," binding } ] ")" ] [ "every" duration ] "{" { row } "}"` */
  private readonly given: ParserMethod<[], GivenClause> = this.RULE('given', () => {
    const start = this.CONSUME(t.GivenWord);
    const schema = this.CONSUME(t.Word, oneOf('the name of a schema'));
    const tags: TagBinding[] = [];
    let every: IToken | undefined;
    // A mistake in the head does not hide the rows.
    this.attempt(() => {
      this.OPTION(() => this.SUBRULE(this.bindings, { ARGS: [tags] }));
      this.OPTION1(() => {
        this.CONSUME(t.EveryWord);
        every = this.CONSUME(t.Quantity, duration);
      });
    });
    const open = this.openBlock('given clause');
    const { items: rows } = this.items<SeriesRow>({
      column: this.ACTION(() => this.columnOf(start)),
      open,
      context: 'given clause',
      startsItem: () => this.next(1, t.Quantity) && rowSigns.some((sign) => this.next(2, sign)),
      endsBefore: () => (this.next(1, t.GivenWord) || this.next(1, t.ExpectWord)) && !this.next(2, t.Quantity),
      parseItem: () => this.SUBRULE(this.row),
    });
    return this.ACTION((): GivenClause => {
      const quantity = every === undefined ? null : this.quantityOf(every);
      return { kind: 'given', span: this.spanFrom(start), schema: this.nameOf(schema), tags, every: quantity, rows };
    });
  });

  /** `binding = name ":" string` */
  private readonly bindings: ParserMethod<[TagBinding[]], void> = this.RULE('bindings', (tags) => {
    this.CONSUME(t.LeftParenthesis);
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        const tag = this.CONSUME(t.Word, oneOf('the name of a tag'));
        this.CONSUME(t.Colon);
        const value = this.CONSUME(t.Text);
        this.ACTION(() => tags.push({ span: this.spanFrom(tag), tag: this.nameOf(tag), value: this.stringOf(value) }));
      },
    });
    this.CONSUME(t.RightParenthesis, oneOf('`,`', '`)`'));
  });

  /** `row = quantity [ ".." quantity ] [ "arriving" quantity "late" ] ":" [ value { "," value } ]` */
  private readonly row: ParserMethod<[], SeriesRow> = this.RULE('row', () => {
    const start = this.CONSUME(t.Quantity, oneOf('a time such as `30s`', '`}`'));
    const to = this.OPTION(() => {
      this.CONSUME(t.DotDot);
      return this.CONSUME1(t.Quantity, oneOf('a time such as `30s`'));
    });
    const late = this.OPTION1(() => {
      this.CONSUME(t.ArrivingWord);
      const by = this.CONSUME2(t.Quantity, duration);
      this.CONSUME(t.LateWord);
      return by;
    });
    this.CONSUME(t.Colon, oneOf('`:`', '`..`'));
    const values: SeriesValue[] = [];
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        const value = this.SUBRULE(this.seriesValue);
        this.ACTION(() => values.push(value));
      },
    });
    return this.ACTION((): SeriesRow => {
      const quantity = (token: IToken | undefined) => (token === undefined ? null : this.quantityOf(token));
      return {
        span: this.spanFrom(start),
        from: this.quantityOf(start),
        to: quantity(to),
        late: quantity(late),
        values,
      };
    });
  });

  /** `value = name ( point [ "to" point ] | "[" point { "," point } "]" )`, `to` between quantities */
  private readonly seriesValue: ParserMethod<[], SeriesValue> = this.RULE('seriesValue', () => {
    const metric = this.CONSUME(t.Word, oneOf('the name of a metric'));
    this.ACTION(() => this.onSameLine(metricValue));
    const value = this.OR([
      { ALT: () => this.SUBRULE(this.cycle) },
      {
        ALT: () => {
          const from = this.SUBRULE(this.point, { ARGS: [metricValue] });
          const to = this.OPTION({
            GATE: () => from.kind === 'quantity',
            DEF: () => {
              this.CONSUME(t.ToWord);
              this.ACTION(() => this.next(1, t.Quantity) || this.next(1, t.Minus) || this.fail(rampEnd));
              return this.SUBRULE1(this.point, { ARGS: [rampEnd] });
            },
          });
          return this.ACTION(() => this.#rampOf(from, to));
        },
      },
    ]);
    return this.ACTION((): SeriesValue => ({ span: this.spanFrom(metric), metric: this.nameOf(metric), value }));
  });

  /** `point = [ "-" ] quantity | "true" | "false" | "NaN" | "absent"` */
  private readonly point: ParserMethod<[Expected], SeriesPoint> = this.RULE('point', (expected) => {
    const minus = this.OPTION(() => this.CONSUME(t.Minus));
    this.ACTION(() => {
      const word = [t.True, t.False, t.NaNWord, t.AbsentWord].some((type) => this.next(1, type));
      if (!this.next(1, t.Quantity) && (minus !== undefined || !word)) this.fail(expected);
    });
    const token = this.OR([
      { ALT: () => this.CONSUME(t.Quantity) },
      { ALT: () => this.CONSUME(t.True) },
      { ALT: () => this.CONSUME(t.False) },
      { ALT: () => this.CONSUME(t.NaNWord) },
      { ALT: () => this.CONSUME(t.AbsentWord) },
    ]);
    return this.ACTION((): SeriesPoint => this.#pointOf(token, minus));
  });

  private readonly cycle: ParserMethod<[], Cycle> = this.RULE('cycle', () => {
    const open = this.CONSUME(t.LeftBracket);
    const points: SeriesPoint[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const point = this.SUBRULE(this.point, { ARGS: [cyclePoint] });
        this.ACTION(() => points.push(point));
      },
    });
    this.CONSUME(t.RightBracket, oneOf('`,`', '`]`'));
    return this.ACTION((): Cycle => ({ kind: 'cycle', span: this.spanFrom(open), points }));
  });

  /**
   * `expect = "expect" ( "nothing" [ "else" ] | decision )`
   *
   * `decision = [ name ] [ "for" string ] [ "blocked" "by" gate ] "at" quantity [ "{" [ call { "," call } ] "}" ]`,
   * with a name or a gate, or `name [ "for" string ] "rearmed" "at" quantity`
   */
  private readonly expectation: ParserMethod<[], ExpectDecision | ExpectNothing> = this.RULE('expectation', () => {
    const start = this.CONSUME(t.ExpectWord);
    this.ACTION(() => this.next(1, t.Word) || this.next(1, t.For) || this.fail(expectation));
    return this.OR({
      IGNORE_AMBIGUITIES: true,
      DEF: [
        {
          // A policy may be called `nothing`.
          GATE: () => ![t.AtWord, t.For, t.BlockedWord, t.RearmedWord].some((type) => this.next(2, type)),
          ALT: () => {
            this.CONSUME(t.NothingWord);
            const otherwise = this.OPTION(() => this.CONSUME(t.ElseWord));
            return this.ACTION((): ExpectNothing => {
              return { kind: 'expect-nothing', span: this.spanFrom(start), otherwise: otherwise !== undefined };
            });
          },
        },
        { ALT: () => this.SUBRULE(this.decision, { ARGS: [start] }) },
      ],
    });
  });

  private readonly decision: ParserMethod<[IToken], ExpectDecision> = this.RULE('decision', (start) => {
    const policy = this.OPTION({
      GATE: () => !(this.next(1, t.BlockedWord) && this.next(2, t.ByWord)),
      DEF: () => this.CONSUME(t.Word, expectation),
    });
    const key = this.OPTION1(() => {
      this.CONSUME(t.For);
      return this.CONSUME(t.Text, oneOf('a key such as `"payment-service"`'));
    });
    const blockedBy = this.OPTION2(() => {
      this.CONSUME(t.BlockedWord);
      this.CONSUME(t.ByWord);
      return this.SUBRULE(this.gate);
    });
    this.ACTION(() => policy !== undefined || blockedBy !== undefined || this.fail(expectation));
    const rearmed = this.OPTION4({
      GATE: () => policy !== undefined && blockedBy === undefined,
      DEF: () => this.CONSUME(t.RearmedWord),
    });
    const plain = blockedBy === undefined && rearmed === undefined;
    this.CONSUME1(t.AtWord, plain ? oneOf('`at`', '`blocked by`', '`rearmed`', '`for`') : oneOf('`at`'));
    const at = this.CONSUME(t.Quantity, oneOf('a time such as `90s`'));
    const actions = this.OPTION3({
      GATE: () => rearmed === undefined,
      DEF: () => this.SUBRULE(this.expectedActions),
    });
    return this.ACTION((): ExpectDecision => {
      return {
        kind: 'expect-decision',
        span: this.spanFrom(start),
        policy: policy === undefined ? null : this.nameOf(policy),
        key: key === undefined ? null : this.stringOf(key),
        gate: blockedBy ?? null,
        rearmed: rearmed !== undefined,
        at: this.quantityOf(at),
        actions: actions ?? null,
      };
    });
  });

  private readonly expectedActions: ParserMethod<[], Call[]> = this.RULE('expectedActions', () => {
    const actions: Call[] = [];
    this.CONSUME(t.LeftBrace);
    this.ACTION(() => this.itemBraces++);
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        const call = this.SUBRULE(this.call);
        this.ACTION(() => actions.push(call));
      },
    });
    this.CONSUME(t.RightBrace, oneOf('`,`', '`}`'));
    this.ACTION(() => this.itemBraces--);
    return actions;
  });

  /** `gate = name { "-" name }`: gates are named as in the ledger, `unknown-target` among them. */
  private readonly gate: ParserMethod<[], Name> = this.RULE('gate', () => {
    const first = this.CONSUME(t.Word, gate);
    this.MANY(() => {
      this.CONSUME(t.Minus);
      this.CONSUME1(t.Word, gate);
    });
    return this.ACTION((): Name => {
      const span = this.spanFrom(first);
      return { span, text: this.text.slice(span.start, span.end).replace(/\s+/g, '') };
    });
  });

  #rampOf(from: SeriesPoint, to: SeriesPoint | undefined): SeriesValue['value'] {
    if (from.kind !== 'quantity' || to?.kind !== 'quantity') return from;
    return { kind: 'ramp', span: { ...from.span, end: to.span.end }, from, to };
  }

  #pointOf(token: IToken, minus: IToken | undefined): SeriesPoint {
    if (token.tokenType === t.Quantity) return this.#signed(token, minus);
    const span = this.spanOf(token);
    if (token.tokenType === t.NaNWord) return { kind: 'nothing', span, word: 'NaN' };
    if (token.tokenType === t.AbsentWord) return { kind: 'nothing', span, word: 'absent' };
    return { kind: 'boolean', span, value: token.tokenType === t.True };
  }

  #signed(token: IToken, minus: IToken | undefined): QuantityLiteral {
    const quantity = this.quantityOf(token);
    if (minus === undefined) return quantity;
    return { ...quantity, span: this.spanFrom(minus), value: -quantity.value, text: `-${quantity.text}` };
  }
}
