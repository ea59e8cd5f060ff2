// What one rule reads, and what each thing is called in its schema: metrics with their kind, labels that it compares,
// and the tag whose values are the members that it goes over.

import { localName } from '../names.ts';
import { Refusal } from '../refusal.ts';
import type { Identity } from './identity.ts';

export type MetricKind = 'number' | 'counter' | 'histogram';

export interface MetricUse {
  readonly name: string;
  readonly wire: string;
  /** `null`: only counted, any kind will do. */
  kind: MetricKind | null;
  /** Its last value stands in for `hold` where it is absent, as Prometheus looks back. */
  held: boolean;
}

export interface TagUse {
  readonly name: string;
  /** Labels on the wire; `null` all of them. */
  readonly labels: readonly string[] | null;
  readonly member: boolean;
}

export class RuleNames {
  readonly key: Identity;
  readonly keyName: string;
  readonly metrics = new Map<string, MetricUse>();
  readonly tags = new Map<string, TagUse>();
  /** A value of some time ago is read. */
  readsPast = false;
  readonly #names = new Set<string>();

  constructor(key: Identity) {
    this.key = key;
    this.keyName = this.#free(keyNameOf(key));
  }

  /** How old the last sample may be is asked of members, or of values of the past. */
  get looksBack(): boolean {
    return this.readsPast || [...this.tags.values()].some((tag) => tag.member);
  }

  metric(wire: string, kind: MetricKind | null, held: boolean): string {
    const known = this.metrics.get(wire);
    if (known !== undefined) {
      if (known.kind !== null && kind !== null && known.kind !== kind)
        throw new Refusal(`a metric read both as ${known.kind} and as ${kind}`, wire);
      known.kind ??= kind;
      known.held &&= held;
      return known.name;
    }
    const name = this.#free(localName(wire));
    this.metrics.set(wire, { name, wire, kind, held });
    return name;
  }

  /** The name under which a condition asks for the value of a label. */
  label(label: string): string {
    if (this.isKey(label)) return this.keyName;
    return this.#tag(`label ${label}`, label, [label], false);
  }

  /** The label makes the key, alone: an event without it has none. */
  isKey(label: string): boolean {
    return this.key.kind === 'by' && this.key.labels.length === 1 && this.key.labels[0] === label;
  }

  /** The tag whose values are the members: all series, or one for each value of these labels. */
  member(labels: readonly string[] | null): string {
    const wanted = labels === null ? 'series' : labels.join('_and_');
    return this.#tag(`member ${labels?.join() ?? '*'}`, labels === null ? wanted : `each_${wanted}`, labels, true);
  }

  #tag(id: string, wanted: string, labels: readonly string[] | null, member: boolean): string {
    const known = this.tags.get(id);
    if (known !== undefined) return known.name;
    const name = this.#free(localName(wanted));
    this.tags.set(id, { name, labels, member });
    return name;
  }

  #free(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#names.has(name); number++) name = `${wanted}_${number}`;
    this.#names.add(name);
    return name;
  }
}

function keyNameOf({ kind, labels }: Identity): string {
  if (kind === 'without') return labels.length === 0 ? 'series' : 'series_group';
  if (labels.length === 0) return 'everything';
  return labels.length === 1 ? localName(labels[0]) : 'label_group';
}
