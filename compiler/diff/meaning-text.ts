// What a part of a policy means as a text that two programs agree on: slots become what is read from the wire, ids
// become texts, an entry of the history becomes what it computes.

import type { SchemaMeta, TagMeta } from '../../runtime/contract.ts';
import type { DerivedIr, PolicyIr } from '../4-lower/ir.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export class MeaningText {
  readonly policy: PolicyIr;
  readonly schema: SchemaMeta;
  readonly #whereText: string;

  constructor(policy: PolicyIr, schema: SchemaMeta) {
    this.policy = policy;
    this.schema = schema;
    this.#whereText = policy.where === null ? '' : JSON.stringify(policy.where);
  }

  /** Equal for equal meanings. */
  of(node: unknown): string {
    return JSON.stringify(this.#plain(node));
  }

  /** What the value of a tag is made of; −1 is the key. */
  tag(tag: number): string {
    const { source, from, pattern } = this.#tag(tag);
    if (pattern !== undefined) return `${this.tag(pattern.tag)} like ${JSON.stringify(pattern.glob)}`;
    return source === undefined ? from : JSON.stringify(source);
  }

  #plain(node: unknown): Json {
    if (Array.isArray(node)) return node.map((entry) => this.#plain(entry));
    if (node === null || typeof node !== 'object') return node as Json;
    const fields = node as Readonly<Record<string, unknown>>;
    switch (fields.op) {
      case 'number':
        return fields.value as number;
      case 'derived':
        return ['derived', fields.output as string, this.#derived(this.policy.derived[fields.index as number])];
      case 'schedule':
        return ['schedule', JSON.stringify(fields.schedule)];
    }
    const plain: Record<string, Json> = Object.create(null);
    for (const name of Object.keys(fields).sort()) {
      // Which of the policy's timers it is, how a number was written and a parameter is called, is no meaning.
      if (name === 'timer' || name === 'text' || (name === 'name' && fields.op === 'choose')) continue;
      plain[name] = this.#field(fields, name);
    }
    return plain;
  }

  #field(fields: Readonly<Record<string, unknown>>, name: string): Json {
    const value = fields[name];
    if (name === 'slot') return this.#metric(value as number);
    if (name === 'tag' && typeof value === 'number') return this.tag(value);
    if (fields.op === 'tag-is' && name === 'value')
      return this.#tag(fields.tag as number).literals[value as number] ?? '';
    return this.#plain(value);
  }

  #derived({ meta, input, where }: DerivedIr): Json {
    // Room for samples follows from the schema's cadence, but for `recent` it is what the author asks for.
    const kept = Object.entries(meta).filter(
      ([name]) => !['label', 'agoCapacity'].includes(name) && (name !== 'capacity' || meta.kernel === 'recent'),
    );
    // That only the policy's own rows enter is told with the policy's `where`.
    const own = where !== null && JSON.stringify(where) !== this.#whereText ? this.#plain(where) : null;
    return [Object.fromEntries(kept.map(([name, value]) => [name, this.#plain(value)])), this.#plain(input), own];
  }

  #metric(slot: number): Json {
    const { from, type, multiply, divide } = this.schema.metrics[slot];
    return [from, type, multiply, divide];
  }

  #tag(tag: number): TagMeta {
    return tag < 0 ? this.schema.key : this.schema.tags[tag];
  }
}
