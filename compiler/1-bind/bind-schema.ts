// One schema: its key, tags and metrics with their types, its timing. Names within it are unique, as are those on the wire.

import type {
  KeyItem,
  MetricItem,
  QuantityLiteral,
  SchemaDeclaration,
  Span,
  StringLiteral,
  TagItem,
  TimingItem,
} from '../../grammar/ast.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import { memberLimits } from '../vocabulary/defaults.ts';
import {
  fittingUnits,
  type MetricTypeEntry,
  metricType,
  metricTypeByName,
  metricTypes,
} from '../vocabulary/metric-types.ts';
import { errorType, type Type } from '../vocabulary/types.ts';
import { literalText, type UnitEntry, wireUnits } from '../vocabulary/units.ts';
import { wholeMs } from '../vocabulary/whole-ms.ts';
import { composedSource, wireNameOf } from '../vocabulary/wire-name.ts';
import type { Damage } from './damage.ts';
import type { MetricSymbol, SchemaSymbol, TagSymbol } from './symbols.ts';

type NamedItem = KeyItem | TagItem | MetricItem;

export function bindSchema(
  declaration: SchemaDeclaration,
  index: number,
  damage: Damage,
  report: Report,
): SchemaSymbol {
  const damaged = damage.in(declaration.span);
  const owner = `schema \`${declaration.name.text}\``;
  const names = new Map<string, MetricSymbol | TagSymbol>();
  const metrics: MetricSymbol[] = [];
  const tags: TagSymbol[] = [];
  let key: TagSymbol | null = null;
  for (const item of declaration.items) {
    if (item.kind === 'timing') continue;
    const first = names.get(item.name.text);
    if (first !== undefined) {
      const kind = first.item.kind === item.kind ? item.kind : '';
      report(
        'duplicate-item',
        item.name.span,
        { kind, name: item.name.text, owner },
        { related: [{ span: first.item.name.span, message: 'first here' }] },
      );
      continue;
    }
    if (item.kind === 'metric') {
      const symbol = bindMetric(item, metrics.length, damage, report);
      metrics.push(symbol);
      names.set(symbol.name, symbol);
      continue;
    }
    if (item.kind === 'key' && key !== null) {
      report(
        'duplicate-item',
        item.span,
        { kind: '', name: 'key', owner },
        { related: [{ span: key.item.span, message: 'first here' }] },
      );
      continue;
    }
    const symbol = bindTag(item, tags.length, report);
    if (item.kind === 'key') key = symbol;
    else tags.push(symbol);
    names.set(symbol.name, symbol);
  }
  // A composed value claims no field of its own: others may read its parts too.
  const fields = [...names.values()].filter(
    ({ kind, item }) => kind === 'metric' || composedSource(item.from) === null,
  );
  checkWireNames(declaration, fields, report);
  if (key === null && !damaged) report('schema-without-key', declaration.name.span, { name: declaration.name.text });
  return {
    name: declaration.name.text,
    index,
    declaration,
    broken: damaged || key === null,
    key,
    tags,
    metrics,
    names,
    ...bindTiming(declaration, owner, report),
  };
}

function bindMetric(item: MetricItem, slot: number, damage: Damage, report: Report): MetricSymbol {
  // Where a word is missing the next one is taken for the type.
  const damaged = damage.onLine(item.span);
  const { type, unit } = damaged ? { type: errorType, unit: null } : bindType(item, report);
  if (item.from?.value === '') report('empty-source', item.from.span, {});
  if (item.hold !== null) wholeMs(item.hold, 'hold', report);
  return { kind: 'metric', name: item.name.text, item, slot, type, unit };
}

function bindType(item: MetricItem, report: Report): { readonly type: Type; readonly unit: UnitEntry | null } {
  const entry = metricTypeByName.get(item.type.text);
  if (entry === undefined) {
    const known = metricTypes.map((type) => type.name);
    report('unknown-type', item.type.span, {
      name: item.type.text,
      advice: adviseName(item.type.text, known, 'types'),
    });
    return { type: errorType, unit: null };
  }
  if (item.of !== null || entry.type.kind === 'histogram') return bindHistogram(item, entry, report);
  return bindUnit(item, entry, report);
}

/** `histogram of duration in s` */
function bindHistogram(
  item: MetricItem,
  entry: MetricTypeEntry,
  report: Report,
): { readonly type: Type; readonly unit: UnitEntry | null } {
  const inner = metricTypeByName.get(item.of?.text ?? '');
  const fits = inner?.type.kind === 'quantity' && inner.type.flavour !== 'counter';
  if (entry.type.kind !== 'histogram' || !fits || inner === undefined || item.hold !== null) {
    report('unfit-histogram-type', (item.of ?? item.type).span, { hold: item.hold !== null });
    return { type: errorType, unit: null };
  }
  const { type, unit } = bindUnit(item, inner, report);
  return type.kind === 'quantity' ? { type: { kind: 'histogram', of: type }, unit } : { type: errorType, unit };
}

function bindUnit(
  item: MetricItem,
  entry: MetricTypeEntry,
  report: Report,
): { readonly type: Type; readonly unit: UnitEntry | null } {
  if (item.unit === null) return { type: entry.type, unit: null };
  const unit = wireUnits.get(item.unit.text);
  if (unit === undefined || !entry.units.includes(unit.kind)) {
    const fitting = fittingUnits(entry);
    const advice =
      fitting.length === 0 ? `a ${entry.name} has no unit on the wire` : adviseName(item.unit.text, fitting, 'units');
    report('unfit-wire-unit', item.unit.span, { name: item.unit.text, type: entry.name, advice });
    return { type: errorType, unit: null };
  }
  return { type: metricType(entry, unit), unit };
}

function bindTag(item: KeyItem | TagItem, position: number, report: Report): TagSymbol {
  checkSource(item, report);
  const written = item.kind === 'tag' ? item.values : null;
  const values = new Map<string, KeyItem | TagItem | NonNullable<TagItem['values']>[number]>();
  for (const value of written ?? []) {
    const first = values.get(value.value);
    if (first === undefined) values.set(value.value, value);
    else {
      const owner = `tag \`${item.name.text}\``;
      report(
        'duplicate-item',
        value.span,
        { kind: '', name: value.value, owner },
        { related: [{ span: first.span, message: 'first here' }] },
      );
    }
  }
  return {
    kind: 'tag',
    name: item.name.text,
    item,
    position: item.kind === 'key' ? -1 : position,
    values: written === null ? null : [...values.keys()],
    most: item.kind === 'tag' && item.most !== null ? membersMost(item.name.text, item.most, report) : null,
  };
}

function partsOf(from: KeyItem['from']): readonly StringLiteral[] {
  return from?.kind === 'names' ? from.names : from?.kind === 'all' ? from.except : [];
}

/** A mistake is reported and counts as the least, so that `across` can be judged by itself. */
function membersMost(name: string, most: QuantityLiteral, report: Report): number {
  const { value, unit } = most;
  if (unit === null && Number.isInteger(value) && value >= 1 && value <= memberLimits.most) return value;
  report('unfit-member-limit', most.span, { name, text: literalText(most), most: memberLimits.most });
  return 1;
}

/** A part that is named twice, or a value that is the same for all and empty, is a slip. */
function checkSource(item: KeyItem | TagItem, report: Report): void {
  if (item.from?.kind === 'always' && item.from.value.value === '') report('empty-source', item.from.span, {});
  const parts = new Map<string, Span>();
  for (const { value, span } of partsOf(item.from)) {
    const first = parts.get(value);
    if (value === '') report('empty-source', span, {});
    else if (first === undefined) parts.set(value, span);
    else {
      const owner = `${item.kind} \`${item.name.text}\``;
      report(
        'duplicate-item',
        span,
        { kind: '', name: value, owner },
        { related: [{ span: first, message: 'first here' }] },
      );
    }
  }
}

/**
 * Metrics and tags come in different parts of an event: each part has its own names. An event may name an entry as it is
 * declared or as its `from` says, so neither may be the other name of another entry.
 */
function checkWireNames(
  declaration: SchemaDeclaration,
  symbols: readonly (MetricSymbol | TagSymbol)[],
  report: Report,
): void {
  const declared = new Map(symbols.map(({ kind, item }) => [`${kind} ${item.name.text}`, item]));
  const taken = new Map<string, NamedItem>();
  for (const { kind, item } of symbols) {
    const wire = wireNameOf(item.from) ?? item.name.text;
    const first = taken.get(`${kind} ${wire}`);
    const named = declared.get(`${kind} ${wire}`);
    let related: { readonly span: NamedItem['span']; readonly message: string };
    if (first !== undefined) related = { span: first.span, message: 'first here' };
    else {
      taken.set(`${kind} ${wire}`, item);
      // One that has no `from` is met in `taken`.
      if (named === undefined || named === item || named.from === null) continue;
      related = { span: named.span, message: `an event may name this one "${wire}" too` };
    }
    report(
      'duplicate-wire-name',
      (item.from ?? item.name).span,
      { name: wire, schema: declaration.name.text },
      { related: [related] },
    );
  }
}

type Timing = Pick<SchemaSymbol, 'everyMs' | 'staleMs' | 'latenessMs'>;

function bindTiming(declaration: SchemaDeclaration, owner: string, report: Report): Timing {
  const seen = new Map<TimingItem['word'], TimingItem>();
  const found = new Map<TimingItem['word'], number | null>();
  for (const item of declaration.items) {
    if (item.kind !== 'timing') continue;
    const first = seen.get(item.word);
    if (first !== undefined) {
      report(
        'duplicate-item',
        item.span,
        { kind: '', name: item.word, owner },
        { related: [{ span: first.span, message: 'first here' }] },
      );
      continue;
    }
    seen.set(item.word, item);
    found.set(item.word, wholeMs(item.duration, item.word, report, item.word === 'lateness'));
  }
  return {
    everyMs: found.get('every') ?? null,
    staleMs: found.get('stale after') ?? null,
    latenessMs: found.get('lateness') ?? null,
  };
}
