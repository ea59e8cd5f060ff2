// One schema: what a decoder and an evaluator need to know of it. Literals gather while its policies are lowered.

import type { StringLiteral, TagSource } from '../../grammar/ast.ts';
import type { MetricMeta, SchemaMeta, TagMeta } from '../../runtime/contract.ts';
import type { MetricSymbol, SchemaSymbol, TagSymbol } from '../1-bind/symbols.ts';
import { defaults } from '../vocabulary/defaults.ts';
import { composedSource, wireNameOf } from '../vocabulary/wire-name.ts';

export class SchemaLowering {
  readonly symbol: SchemaSymbol;
  /** Values that the program compares with, by the tag's position. */
  readonly #literals = new Map<number, Map<string, number>>();
  readonly #texts = new Map<number, string[]>();

  /** What `like` asks of tags; each is a column behind the tags. */
  readonly #patterns: TagMeta[] = [];

  /** Everything but the literals and patterns, which gather. */
  readonly base: SchemaMeta;

  constructor(symbol: SchemaSymbol) {
    this.symbol = symbol;
    this.base = this.meta();
  }

  get staleMs(): number {
    const { staleMs, everyMs } = this.symbol;
    return staleMs ?? (everyMs === null ? defaults.staleMs : everyMs * defaults.staleCadences);
  }

  get latenessMs(): number {
    return this.symbol.latenessMs ?? defaults.latenessMs;
  }

  /** The id of a value of a tag (−1: the key). */
  literal(tag: number, value: string): number {
    const ids = this.#literals.get(tag) ?? new Map<string, number>();
    const texts = this.#texts.get(tag) ?? [];
    this.#literals.set(tag, ids);
    this.#texts.set(tag, texts);
    const known = ids.get(value);
    if (known !== undefined) return known;
    const id = texts.push(value) - 1;
    ids.set(value, id);
    return id;
  }

  /** The column that says whether a tag (−1: the key) fits a glob: `yes` is its literal 0. */
  pattern(tag: number, glob: string): number {
    const { length } = this.base.tags;
    const known = this.#patterns.findIndex(({ pattern }) => pattern?.tag === tag && pattern.glob === glob);
    if (known >= 0) return length + known;
    const of = tag < 0 ? this.base.key : this.base.tags[tag];
    const name = `${of.name} like ${JSON.stringify(glob)}`;
    this.#patterns.push({ name, from: name, pattern: { tag, glob }, values: null, literals: ['yes', 'no'] });
    return length + this.#patterns.length - 1;
  }

  /** What stands behind a tag, pattern or key (−1) of the program. */
  tagMeta(tag: number): TagMeta | undefined {
    return tag < 0 ? this.base.key : (this.base.tags[tag] ?? this.#patterns[tag - this.base.tags.length]);
  }

  literalText(tag: number, id: number): string {
    return this.#patterns[tag - this.base.tags.length]?.literals[id] ?? this.#texts.get(tag)?.[id] ?? '';
  }

  meta(): SchemaMeta {
    const { symbol } = this;
    if (symbol.key === null) throw new Error(`schema ${symbol.name} has no key and was not stopped`);
    return {
      name: symbol.name,
      key: this.#tag(symbol.key),
      tags: [...symbol.tags.map((tag) => this.#tag(tag)), ...this.#patterns],
      metrics: symbol.metrics.map(metricMeta),
      everyMs: symbol.everyMs,
      staleMs: this.staleMs,
      latenessMs: this.latenessMs,
      derived: [],
      derivedWidth: 0,
      lookBackMs: 0,
    };
  }

  #tag(symbol: TagSymbol): TagMeta {
    return {
      name: symbol.name,
      from: wireNameOf(symbol.item.from) ?? symbol.name,
      ...sourceMeta(symbol.item.from),
      ...(symbol.most === null ? {} : { most: symbol.most }),
      values: symbol.values,
      literals: [...(this.#texts.get(symbol.position) ?? [])],
    };
  }
}

function sourceMeta(from: TagSource | null): Pick<TagMeta, 'source'> {
  const source = composedSource(from);
  switch (source?.kind) {
    case undefined:
      return {};
    case 'names':
      return { source: { kind: 'names', names: source.names.map((name) => name.value) } };
    case 'all':
      return { source: { kind: 'all', ...exceptMeta(source.except) } };
    case 'always':
      return { source: { kind: 'always', value: source.value.value } };
  }
}

function exceptMeta(except: readonly StringLiteral[]): { readonly except?: readonly string[] } {
  return except.length === 0 ? {} : { except: except.map((name) => name.value) };
}

export function metricMeta(symbol: MetricSymbol): MetricMeta {
  return {
    name: symbol.name,
    from: symbol.item.from?.value ?? symbol.name,
    optional: symbol.item.optional,
    ...(symbol.type.kind === 'histogram' ? { histogram: true as const } : {}),
    counter: symbol.type.kind === 'quantity' && symbol.type.flavour === 'counter',
    multiply: symbol.unit?.multiply ?? 1,
    divide: symbol.unit?.divide ?? 1,
    type: symbol.item.of === null ? symbol.item.type.text : `${symbol.item.type.text} of ${symbol.item.of.text}`,
  };
}
