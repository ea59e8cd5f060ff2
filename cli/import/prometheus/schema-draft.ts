// A schema that grows while rules are imported: rules of one group whose keys are made of the same labels share one.

import { writeString } from '../../../grammar/literals.ts';
import { duration } from '../build-expression.ts';
import { type Identity, sameIdentity } from './identity.ts';
import type { MetricUse, RuleNames, TagUse } from './rule-names.ts';
import { lookBackMs } from './translator.ts';

/** Members of one key that are told apart at most; further ones are counted and told. */
const membersMost = 500;

export class SchemaDraft {
  readonly name: string;
  readonly key: Identity;
  readonly everyMs: number;
  readonly #keyName: string;
  readonly #looksBack: boolean;
  readonly #metrics = new Map<string, MetricUse>();
  readonly #tags = new Map<string, TagUse>();

  constructor(name: string, names: RuleNames, everyMs: number) {
    this.name = name;
    this.everyMs = everyMs;
    this.key = names.key;
    this.#keyName = names.keyName;
    this.#looksBack = names.looksBack;
    this.take(names);
  }

  /** Takes in what a rule reads; `false`, and nothing changes, when it means other things by the same names. */
  take(names: RuleNames): boolean {
    if (
      names.looksBack !== this.#looksBack ||
      !sameIdentity(names.key, this.key) ||
      names.keyName !== this.#keyName ||
      !this.#fits(names)
    )
      return false;
    for (const [wire, use] of names.metrics) {
      const known = this.#metrics.get(wire);
      if (known === undefined) this.#metrics.set(wire, { ...use });
      else known.kind ??= use.kind;
    }
    for (const [id, use] of names.tags) this.#tags.set(id, use);
    return true;
  }

  /**
   * Prometheus finds a series gone when a tick comes more than five minutes after its last sample: as many members do, and
   * values of the past. A run of events has a gap as long as that when the next event comes one tick later still.
   */
  #staleMs(): number {
    return this.#looksBack ? lookBackMs : lookBackMs + this.everyMs;
  }

  #fits(names: RuleNames): boolean {
    for (const [wire, use] of names.metrics) {
      const known = this.#metrics.get(wire);
      if (known === undefined) {
        if (this.#isTaken(use.name)) return false;
      } else if (
        known.name !== use.name ||
        known.held !== use.held ||
        (known.kind !== null && use.kind !== null && known.kind !== use.kind)
      )
        return false;
    }
    for (const [id, use] of names.tags) {
      const known = this.#tags.get(id);
      if (known === undefined ? this.#isTaken(use.name) : known.name !== use.name) return false;
    }
    return true;
  }

  #isTaken(name: string): boolean {
    return [...this.#metrics.values(), ...this.#tags.values()].some((use) => use.name === name);
  }

  /** As a declaration. */
  text(): string {
    return [
      `schema ${this.name} {`,
      `  key ${this.#keyName} ${sourceText(this.key)}`,
      ...[...this.#tags.values()].map(tagText),
      ...[...this.#metrics.values()].flatMap(metricLines),
      `  every ${written(this.everyMs)}   stale after ${written(this.#staleMs())}`,
      '}',
    ].join('\n');
  }
}

function written(ms: number): string {
  const { text, unit } = duration(ms);
  return `${text}${unit}`;
}

function sourceText({ kind, labels }: Identity): string {
  const named = labels.map(writeString).join(', ');
  if (kind === 'without') return labels.length === 0 ? 'from *' : `from * without ${named}`;
  return labels.length === 0 ? 'always "all"' : `from ${named}`;
}

function tagText({ name, labels, member }: TagUse): string {
  const most = member ? ` at most ${membersMost}` : '';
  if (labels === null) return `  tag ${name}${most} from *`;
  const wire = labels.length === 1 && labels[0] === name ? '' : ` from ${labels.map(writeString).join(', ')}`;
  return `  tag ${name}${most}${wire}`;
}

/** A total that the rule reads as it stands, not how it grows, is a number to it. */
const readAsItStands = '  // ddl-ignore DDL4008: the rule reads the value itself';

function metricLines({ name, wire, kind, held }: MetricUse): readonly string[] {
  const type = kind === 'histogram' ? 'histogram of number' : (kind ?? 'number');
  const from = wire === name ? '' : ` from ${writeString(wire)}`;
  const line = `  metric ${name}: ${type} optional${held ? ' hold 5m' : ''}${from}`;
  return type === 'number' && /[._]total$/.test(wire) ? [readAsItStands, line] : [line];
}
