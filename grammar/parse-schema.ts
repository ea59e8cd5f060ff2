// The rules for `schema` declarations: what comes in, under which names, in which units, how often.

import type { ParserMethod } from 'chevrotain';
import type {
  KeyItem,
  MetricItem,
  Name,
  QuantityLiteral,
  SchemaDeclaration,
  SchemaItem,
  StringLiteral,
  TagItem,
  TagSource,
  TimingItem,
} from './ast.ts';
import { TestParser } from './parse-test.ts';
import { duration } from './recovering-parser.ts';
import * as t from './tokens.ts';
import { oneOf } from './wording.ts';

const schemaItem = oneOf('`key`', '`tag`', '`metric`', '`every`', '`stale after`', '`lateness`');
const itemWords = [t.KeyWord, t.TagWord, t.MetricWord, t.EveryWord, t.StaleWord, t.LatenessWord];
const modifierWords = [t.FromWord, t.AlwaysWord, t.AtWord, t.OfWord, t.InWord, t.OptionalWord, t.HoldWord, t.AfterWord];
const keyName = oneOf('the name of the key');
const tagName = oneOf('the name of the tag');
const mostMembers = oneOf('a number such as `500`');
const tagValue = oneOf('a value such as `"eu-west-1"`');
const metricName = oneOf('the name of the metric');
const metricType = oneOf('a type such as `number`, `ratio` or `duration`');
const wireName = oneOf('the name on the wire, such as `"service.name"`');
const wireNames = oneOf('a name on the wire, such as `"service.name"`', '`*` for all tags');
const unit = oneOf('a unit such as `percent`, `ms` or `KiB`');

interface TagModifiers {
  from: TagSource | null;
  most: QuantityLiteral | null;
  values: readonly StringLiteral[] | null;
}

interface MetricModifiers {
  unit: Name | null;
  optional: boolean;
  hold: QuantityLiteral | null;
  from: StringLiteral | null;
}

export abstract class SchemaParser extends TestParser {
  /** `schema = "schema" name "{" { schema-item } "}"` */
  protected readonly schema: ParserMethod<[], SchemaDeclaration | null> = this.RULE('schema', () => {
    const start = this.CONSUME(t.SchemaWord);
    const doc = this.ACTION(() => this.comments.takeDoc(start.startOffset));
    const name = this.attempt(() => this.CONSUME(t.Word, oneOf('the name of the schema')));
    const open = this.openBlock('schema');
    const { items, complete } = this.items<SchemaItem>({
      column: this.ACTION(() => this.columnOf(start)),
      open,
      context: 'schema',
      startsItem: () => this.next(1, t.Word) && !modifierWords.some((word) => this.next(1, word)),
      continues: () => itemWords.some((word) => this.next(1, word)),
      parseItem: () => this.SUBRULE(this.schemaItem),
    });
    return this.ACTION((): SchemaDeclaration | null => {
      if (name === null) return null;
      const span = this.spanFrom(start);
      return { kind: 'schema', span, doc, name: this.nameOf(name), items, ...(complete ? {} : { incomplete: true }) };
    });
  });

  /** `schema-item = key | tag | metric | timing` */
  private readonly schemaItem: ParserMethod<[], SchemaItem> = this.RULE('schemaItem', () => {
    this.ACTION(() => itemWords.some((word) => this.next(1, word)) || this.fail(schemaItem));
    return this.OR([
      { ALT: () => this.SUBRULE(this.key) },
      { ALT: () => this.SUBRULE(this.tag) },
      { ALT: () => this.SUBRULE(this.metric) },
      { ALT: () => this.SUBRULE(this.timing) },
    ]);
  });

  /** `key = "key" name [ source ]` */
  private readonly key: ParserMethod<[], KeyItem> = this.RULE('key', () => {
    const start = this.CONSUME(t.KeyWord);
    this.ACTION(() => this.onSameLine(keyName));
    const name = this.CONSUME(t.Word, keyName);
    const from = this.OPTION(() => this.SUBRULE(this.source));
    return this.ACTION((): KeyItem => {
      return { kind: 'key', span: this.spanFrom(start), name: this.nameOf(name), from: from ?? null };
    });
  });

  /** `tag = "tag" name { ":" string { "|" string } | "at" "most" number | source }`, each at most once */
  private readonly tag: ParserMethod<[], TagItem> = this.RULE('tag', () => {
    const start = this.CONSUME(t.TagWord);
    this.ACTION(() => this.onSameLine(tagName));
    const name = this.CONSUME(t.Word, tagName);
    const modifiers: TagModifiers = { from: null, most: null, values: null };
    this.MANY({
      GATE: () => !this.#isRepeatedOfTag(modifiers),
      DEF: () => this.SUBRULE(this.tagModifier, { ARGS: [modifiers] }),
    });
    return this.ACTION((): TagItem => {
      return { kind: 'tag', span: this.spanFrom(start), name: this.nameOf(name), ...modifiers };
    });
  });

  private readonly tagModifier: ParserMethod<[TagModifiers], void> = this.RULE('tagModifier', (modifiers) => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Colon);
          const values: StringLiteral[] = [];
          this.ACTION(() => this.next(1, t.Text) || this.fail(tagValue));
          this.AT_LEAST_ONE_SEP({
            SEP: t.Pipe,
            DEF: () => {
              const value = this.CONSUME(t.Text);
              this.ACTION(() => values.push(this.stringOf(value)));
            },
          });
          this.ACTION(() => {
            modifiers.values = values;
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.AtWord);
          this.CONSUME(t.MostWord);
          const most = this.CONSUME(t.Quantity, mostMembers);
          this.ACTION(() => {
            modifiers.most = this.quantityOf(most);
          });
        },
      },
      {
        ALT: () => {
          const from = this.SUBRULE(this.source);
          this.ACTION(() => {
            modifiers.from = from;
          });
        },
      },
    ]);
  });

  /** `source = "from" ( string { "," string } | "*" [ "without" string { "," string } ] ) | "always" string` */
  private readonly source: ParserMethod<[], TagSource> = this.RULE('source', () => {
    const start = this.ACTION(() => this.LA(1));
    return this.OR([
      {
        ALT: () => {
          this.CONSUME(t.AlwaysWord);
          const value = this.CONSUME(t.Text, oneOf('the value, such as `"prod"`'));
          return this.ACTION((): TagSource => {
            return { kind: 'always', span: this.spanFrom(start), value: this.stringOf(value) };
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.FromWord);
          this.ACTION(() => this.next(1, t.Text) || this.next(1, t.Star) || this.fail(wireNames));
          return this.OR1([
            {
              ALT: () => {
                this.CONSUME(t.Star);
                const except = this.OPTION(() => {
                  this.CONSUME(t.WithoutWord);
                  return this.SUBRULE(this.names);
                });
                return this.ACTION(
                  (): TagSource => ({ kind: 'all', span: this.spanFrom(start), except: except ?? [] }),
                );
              },
            },
            {
              ALT: () => {
                const names = this.SUBRULE1(this.names);
                return this.ACTION((): TagSource => ({ kind: 'names', span: this.spanFrom(start), names }));
              },
            },
          ]);
        },
      },
    ]);
  });

  /** `names = string { "," string }` */
  private readonly names: ParserMethod<[], readonly StringLiteral[]> = this.RULE('names', () => {
    const names: StringLiteral[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const name = this.CONSUME1(t.Text, wireName);
        this.ACTION(() => names.push(this.stringOf(name)));
      },
    });
    return names;
  });

  /** `from = "from" string` */
  private readonly from: ParserMethod<[], StringLiteral> = this.RULE('from', () => {
    this.CONSUME(t.FromWord);
    const name = this.CONSUME(t.Text, wireName);
    return this.ACTION(() => this.stringOf(name));
  });

  /** `metric = "metric" name ":" type [ "of" type ] { "in" unit | "optional" | "hold" duration | from }`, each at most once */
  private readonly metric: ParserMethod<[], MetricItem> = this.RULE('metric', () => {
    const start = this.CONSUME(t.MetricWord);
    this.ACTION(() => this.onSameLine(metricName));
    const name = this.CONSUME(t.Word, metricName);
    this.CONSUME(t.Colon);
    this.ACTION(() => this.onSameLine(metricType));
    const type = this.CONSUME1(t.Word, metricType);
    const of = this.OPTION(() => {
      this.CONSUME(t.OfWord);
      return this.CONSUME2(t.Word, oneOf('the type of what is counted, such as `duration`'));
    });
    const modifiers: MetricModifiers = { unit: null, optional: false, hold: null, from: null };
    this.MANY({
      GATE: () => !this.#isRepeated(modifiers),
      DEF: () => this.SUBRULE(this.metricModifier, { ARGS: [modifiers] }),
    });
    return this.ACTION((): MetricItem => {
      return {
        kind: 'metric',
        span: this.spanFrom(start),
        name: this.nameOf(name),
        type: this.nameOf(type),
        of: of === undefined ? null : this.nameOf(of),
        ...modifiers,
      };
    });
  });

  private readonly metricModifier: ParserMethod<[MetricModifiers], void> = this.RULE('metricModifier', (modifiers) => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.InWord);
          const name = this.SUBRULE(this.unit);
          this.ACTION(() => {
            modifiers.unit = name;
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.OptionalWord);
          this.ACTION(() => {
            modifiers.optional = true;
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.HoldWord);
          const hold = this.CONSUME(t.Quantity, duration);
          this.ACTION(() => {
            modifiers.hold = this.quantityOf(hold);
          });
        },
      },
      {
        ALT: () => {
          const from = this.SUBRULE(this.from);
          this.ACTION(() => {
            modifiers.from = from;
          });
        },
      },
    ]);
  });

  /** `unit = name [ "/" name ]` */
  private readonly unit: ParserMethod<[], Name> = this.RULE('unit', () => {
    this.ACTION(() => this.onSameLine(unit));
    const first = this.CONSUME(t.Word, unit);
    const second = this.OPTION(() => {
      this.CONSUME(t.Slash);
      return this.CONSUME1(t.Word, oneOf('a unit of time such as `s`'));
    });
    return this.ACTION((): Name => {
      const text = second === undefined ? first.image : `${first.image}/${second.image}`;
      return { span: this.spanFrom(first), text };
    });
  });

  /** `timing = ( "every" | "stale" "after" | "lateness" ) duration` */
  private readonly timing: ParserMethod<[], TimingItem> = this.RULE('timing', () => {
    const start = this.ACTION(() => this.LA(1));
    this.OR([
      { ALT: () => this.CONSUME(t.EveryWord) },
      { ALT: () => this.CONSUME(t.LatenessWord) },
      {
        ALT: () => {
          this.CONSUME(t.StaleWord);
          this.CONSUME(t.AfterWord);
        },
      },
    ]);
    const width = this.CONSUME(t.Quantity, duration);
    return this.ACTION((): TimingItem => {
      const word = start.tokenType === t.StaleWord ? 'stale after' : (start.image as 'every' | 'lateness');
      return { kind: 'timing', span: this.spanFrom(start), word, duration: this.quantityOf(width) };
    });
  });

  #isRepeatedOfTag(modifiers: TagModifiers): boolean {
    if (this.next(1, t.Colon)) return modifiers.values !== null;
    if (this.next(1, t.AtWord)) return modifiers.most !== null;
    return modifiers.from !== null;
  }

  #isRepeated(modifiers: MetricModifiers): boolean {
    if (this.next(1, t.InWord)) return modifiers.unit !== null;
    if (this.next(1, t.OptionalWord)) return modifiers.optional;
    if (this.next(1, t.HoldWord)) return modifiers.hold !== null;
    return this.next(1, t.FromWord) && modifiers.from !== null;
  }
}
