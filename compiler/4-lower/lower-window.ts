// What looks back on a key's history: windows, `ago`, parts of a stretch, held metrics. Each becomes an entry of the
// policy's derived values; two that compute the same are one.

import type { Ago, Call, Expression, ForPart } from '../../grammar/ast.ts';
import type { DerivedOutput } from '../../runtime/contract.ts';
import type { MetricSymbol, TagSymbol } from '../1-bind/symbols.ts';
import { isOfEvents, partText } from '../2-check/check-part.ts';
import type { AcrossRule } from '../functions/across.ts';
import { callModifiers } from '../functions/call-modifiers.ts';
import type { FunctionEntry, WindowRule } from '../functions/function.ts';
import { histogramOutput } from '../functions/histograms.ts';
import { defaults, waitingCapacity, windowCapacity, windowLimits } from '../vocabulary/defaults.ts';
import { canonicalValue, durationMs, formatMs, literalText } from '../vocabulary/units.ts';
import { constantOf } from './constant-of.ts';
import { derivedRead, takesMembers } from './derived.ts';
import type { BooleanIr, DerivedIr, NumberIr } from './ir.ts';
import { coverageLabel } from './lower-missing.ts';
import type { SchemaLowering } from './lower-schema.ts';
import type { SourceText } from './source-text.ts';
import { isBooleanIr } from './timers.ts';

/** What lowering a window needs of the lowering of the conditions around it. */
export interface ConditionLowering {
  /** The policy's `where`. */
  readonly where: BooleanIr | null;
  number(expression: Expression): NumberIr;
  boolean(expression: Expression): BooleanIr;
  isCondition(expression: Expression): boolean;
  isHistogram(expression: Expression): boolean;
}

/** A window that ends with the event, whatever gaps there are. */
const present = { agoMs: 0, agoCapacity: 0, gapMs: 0 };

export class WindowLowering {
  readonly derived: DerivedIr[] = [];
  readonly #known = new Map<string, number>();
  /** Position of the tag whose members the windows at hand are of; `null`: they are the key's. */
  #member: number | null = null;
  readonly #conditions: ConditionLowering;
  readonly #schema: SchemaLowering;
  readonly #text: SourceText;

  constructor(conditions: ConditionLowering, schema: SchemaLowering, text: SourceText) {
    this.#conditions = conditions;
    this.#schema = schema;
    this.#text = text;
  }

  held(symbol: MetricSymbol, raw: NumberIr, holdMs: number): NumberIr {
    const label = `${symbol.name} hold ${formatMs(holdMs)}`;
    const meta: DerivedIr['meta'] = { kernel: 'hold', widthMs: holdMs, capacity: 1, ...present, label };
    return this.#derive(meta, raw, null, 'value');
  }

  /** What the members by `tag` have in common; windows within are each member's own. */
  across(call: Call, entry: FunctionEntry, rule: AcrossRule, tag: TagSymbol): NumberIr | null {
    const { across, where } = callModifiers(call);
    const input = call.args.find((_, at) => !isConstant(entry, at))?.value;
    if (input === undefined || across === null || tag.most === null) return null;
    this.#member = tag.position;
    const condition = rule.conditionOutput !== null && this.#conditions.isCondition(input);
    const value = condition ? this.#conditions.boolean(input) : this.#conditions.number(input);
    this.#member = null;
    const own = where === null ? null : this.#conditions.boolean(where.condition);
    const words = [input, across, ...(where === null ? [] : [where])];
    const meta: DerivedIr['meta'] = {
      kernel: 'across',
      widthMs: this.#schema.staleMs,
      capacity: tag.most,
      ...present,
      member: tag.position,
      label: `${entry.name}(${words.map(({ span }) => this.#text.folded(span)).join(' ')})`,
    };
    if (condition) return this.#derive(meta, value, own, rule.conditionOutput as DerivedOutput);
    const output = rule.output === 'quantile' ? this.#quantile(call, entry) : rule.output;
    return output === null ? null : this.#derive(meta, value, own, output);
  }

  /** What a histogram counted in a window, of all members by `tag` together. */
  merged(call: Call, entry: FunctionEntry, tag: TagSymbol): NumberIr | null {
    const { over, across, where } = callModifiers(call);
    const input = call.args.find((_, at) => !isConstant(entry, at))?.value;
    const widthMs = over === null ? null : durationMs(over.duration);
    const named = histogramOutput(entry);
    const output = named === 'quantile' ? this.#quantile(call, entry) : named;
    if (input === undefined || over === null || across === null || widthMs === null || output === null) return null;
    const words = [input, over, across, ...(where === null ? [] : [where])];
    const meta: DerivedIr['meta'] = {
      kernel: 'merged',
      widthMs,
      capacity: this.#capacity(widthMs, 1),
      ...present,
      gapMs: this.#schema.staleMs,
      member: tag.position,
      label: `${entry.name}(${words.map(({ span }) => this.#text.folded(span)).join(' ')})`,
    };
    const own = where === null ? null : this.#conditions.boolean(where.condition);
    return this.#derive(meta, this.#conditions.number(input), own, output);
  }

  #quantile(call: Call, entry: FunctionEntry): DerivedOutput | null {
    const argument = call.args.find((_, at) => isConstant(entry, at))?.value;
    const constant = argument === undefined ? null : constantOf(this.#conditions.number(argument));
    return constant === null ? null : `quantile ${constant.value}`;
  }

  /** `null` for a call that did not pass the checks. */
  call(call: Call, entry: FunctionEntry, rule: WindowRule): NumberIr | null {
    const { over, ago, where } = callModifiers(call);
    const input = call.args.find((_, at) => !isConstant(entry, at))?.value;
    const widthMs = over === null ? null : durationMs(over.duration);
    const agoMs = ago === null ? 0 : durationMs(ago.duration);
    if (input === undefined || over === null || widthMs === null || agoMs === null) return null;
    const condition = rule.conditionOutput !== null && this.#conditions.isCondition(input);
    const value = condition ? this.#conditions.boolean(input) : this.#conditions.number(input);
    const own = where === null ? null : this.#conditions.boolean(where.condition);
    const words = [input, over, ...(ago === null ? [] : [ago]), ...(where === null ? [] : [where])];
    const histogram = this.#conditions.isHistogram(input);
    const meta: DerivedIr['meta'] = {
      kernel: histogram ? 'histogram' : rule.kernel,
      widthMs,
      capacity: this.#capacity(widthMs),
      agoMs,
      agoCapacity: agoMs === 0 ? 0 : this.#waiting(agoMs),
      gapMs: 0,
      label: `${entry.name}(${words.map(({ span }) => this.#text.folded(span)).join(' ')})`,
    };
    const read = (output: DerivedOutput): NumberIr => this.#derive(meta, value, own, output);
    if (condition) return read(rule.conditionOutput as DerivedOutput);
    const output = histogram ? histogramOutput(entry) : rule.output;
    if (output === null) return null;
    if (output === 'quantile') {
      const quantile = this.#quantile(call, entry);
      return quantile === null ? null : read(quantile);
    }
    if (output !== 'forecast') return read(output);
    const argument = call.args.find((_, at) => isConstant(entry, at))?.value;
    const constant = argument === undefined ? null : constantOf(this.#conditions.number(argument));
    if (constant === null) return null;
    const growth: NumberIr = { op: 'multiply', left: read('slope'), right: constant };
    return { op: 'add', left: read('fitted'), right: growth };
  }

  /** `x ago 1h`: the last known value then, unless it was stale. */
  before(ago: Ago): NumberIr | null {
    const agoMs = durationMs(ago.distance);
    if (agoMs === null) return null;
    const input = this.#conditions.isCondition(ago.value)
      ? this.#conditions.boolean(ago.value)
      : this.#conditions.number(ago.value);
    const meta: DerivedIr['meta'] = {
      kernel: 'hold',
      widthMs: this.#schema.staleMs,
      capacity: 1,
      agoMs,
      agoCapacity: this.#waiting(agoMs),
      gapMs: 0,
      label: this.#text.folded(ago.span),
    };
    return this.#derive(meta, input, null, 'value');
  }

  /** `C for 3 of 5`, `C for 80% of 5m`: what is counted, for the condition and to be shown; and what it must reach. */
  part(part: ForPart): { readonly compared: NumberIr; readonly shown: NumberIr; readonly least: NumberIr } | null {
    const input = this.#conditions.boolean(part.condition);
    const gapMs = this.#schema.staleMs;
    const label = `${this.#text.folded(part.condition.span)} for ${partText(part)}`;
    const least: NumberIr = { op: 'number', value: canonicalValue(part.part), text: literalText(part.part) };
    if (isOfEvents(part)) {
      const count = part.whole.value;
      const meta = { kernel: 'recent', widthMs: count * gapMs, capacity: count, ...present, gapMs, label } as const;
      const sum = this.#derive(meta, input, null, 'sum');
      return { compared: sum, shown: sum, least };
    }
    const widthMs = durationMs(part.whole);
    if (widthMs === null) return null;
    const meta = { kernel: 'share', widthMs, capacity: this.#capacity(widthMs), ...present, gapMs, label } as const;
    const read = (output: DerivedOutput): NumberIr => this.#derive(meta, input, null, output);
    return { compared: read('value'), shown: read('avg'), least };
  }

  /**
   * Each is 1 when what an entry of `derived` looks at is all there, else 0 or unknown: a window has been fed for as long
   * as it is wide, without a gap longer than `stale after`; of members see `#ofMembers`.
   */
  coverage(index: number): readonly NumberIr[] {
    const { meta, input, where, own } = this.derived[index];
    if (takesMembers(meta)) return this.#ofMembers(index);
    if (meta.kernel === 'hold' || meta.kernel === 'recent') return [];
    const fed: BooleanIr = isBooleanIr(input)
      ? { op: 'or', operands: [input, { op: 'not', operand: input }] }
      : { op: 'known', values: [input] };
    const shape: DerivedIr['meta'] = {
      ...meta,
      kernel: 'share',
      gapMs: this.#schema.staleMs,
      label: `${coverageLabel}${meta.label}`,
    };
    return [this.#coverageOf({ meta: shape, input: fed, where, own }, 'value')];
  }

  /**
   * The key's events have come for so long that every member that reports at all has done so, and of each that is there a
   * value is known, whole windows within. Who fell silent meanwhile `attendance` tells.
   */
  #ofMembers(index: number): readonly NumberIr[] {
    const { meta, input, where, own } = this.derived[index];
    const merged = meta.kernel === 'merged';
    const { staleMs } = this.#schema;
    const widthMs = staleMs + (merged ? meta.widthMs : this.#reachOf(input));
    const label = `${coverageLabel}${meta.label}`;
    const shape = { kernel: 'share', ...present, gapMs: staleMs, label } as const;
    const always: BooleanIr = { op: 'constant', value: true };
    const ofKey: DerivedIr['meta'] = { ...shape, widthMs, capacity: this.#capacity(widthMs) };
    const heard = this.#coverageOf({ meta: ofKey, input: always, where, own }, 'value');
    const most = this.#schema.symbol.tags[meta.member ?? 0]?.most ?? 0;
    const across: DerivedIr['meta'] = {
      kernel: 'across',
      widthMs: staleMs,
      capacity: most,
      ...present,
      member: meta.member,
      label,
    };
    const members = { meta: across, where, own };
    const point: BooleanIr = { op: 'known', values: isBooleanIr(input) ? [] : [input] };
    const ofMember: DerivedIr['meta'] = { ...meta, ...shape };
    const windows = merged
      ? [this.#coverageOf({ meta: ofMember, input: point, where, own }, 'value')]
      : derivedRead(input).flatMap((read) => this.coverage(read.index));
    const there = this.#coverageOf({ ...members, input: always }, 'count');
    const known: NumberIr = merged
      ? this.#coverageOf({ ...members, input: point }, 'count')
      : { op: 'derived', index, output: 'count' };
    const share: NumberIr = { op: 'divide', left: known, right: there };
    const whole = windows.map((value) => this.#coverageOf({ ...members, input: value }, 'least'));
    return [heard, { op: 'call', name: 'floor', args: [share] }, ...whole];
  }

  /**
   * Above 0 while the members by `tag` that the policy's rows came of are all there: for so long, from when it was heard of
   * last, one that fell silent is missing, and then gone; and so is one for whom the key had no place.
   */
  #attendanceBy(tag: TagSymbol, goneMs: number): NumberIr {
    const meta: DerivedIr['meta'] = {
      kernel: 'attendance',
      widthMs: goneMs,
      capacity: tag.most ?? 0,
      ...present,
      gapMs: this.#schema.staleMs,
      member: tag.position,
      label: `${coverageLabel}each ${tag.name} of the last ${formatMs(goneMs)}`,
    };
    const { where } = this.#conditions;
    const value = this.#coverageOf({ meta, input: { op: 'constant', value: true }, where, own: null }, 'value');
    // Its other values are below 0.
    return { op: 'call', name: 'at_least', args: [value, { op: 'number', value: 0, text: null }] };
  }

  /** `attendance` by the tag whose members an entry goes over; by all tags for what the key's rows tell, whosever they are. */
  attendance(index: number | null, goneMs: number): readonly NumberIr[] {
    const over = index === null ? undefined : this.derived[index].meta;
    const own = over !== undefined && takesMembers(over) ? over.member : undefined;
    const tags = this.#schema.symbol.tags.filter(
      ({ most, position }) => most !== null && position === (own ?? position),
    );
    return tags.map((tag) => this.#attendanceBy(tag, goneMs));
  }

  /** 1 when rows have come for so long, no two neighbours further apart than `stale after`, else 0 or unknown. */
  heardFor(widthMs: number): NumberIr {
    const shape: DerivedIr['meta'] = {
      kernel: 'share',
      widthMs,
      // All samples are alike: few of them tell as much.
      capacity: windowLimits.leastCapacity,
      ...present,
      gapMs: this.#schema.staleMs,
      label: `${coverageLabel}the last ${formatMs(widthMs)}`,
    };
    const { where } = this.#conditions;
    return this.#coverageOf({ meta: shape, input: { op: 'constant', value: true }, where, own: null }, 'value');
  }

  /** The same for the time in which as many events are due as an entry of `for M of N` counts; none for another one. */
  heardForEvents(index: number): readonly NumberIr[] {
    const { kernel, capacity } = this.derived[index].meta;
    const everyMs = this.#schema.symbol.everyMs ?? defaults.everyMs;
    return kernel === 'recent' && capacity > 1 ? [this.heardFor((capacity - 1) * everyMs)] : [];
  }

  /** How far back the members' own windows reach. */
  #reachOf(input: NumberIr | BooleanIr): number {
    const reach = ({ index }: { readonly index: number }): number => {
      const { meta, input: inner } = this.derived[index];
      return meta.widthMs + meta.agoMs + this.#reachOf(inner);
    };
    return Math.max(0, ...derivedRead(input).map(reach));
  }

  #coverageOf(derived: DerivedIr, output: DerivedOutput): NumberIr {
    const { label: _, ...shape } = derived.meta;
    const identity = `coverage ${JSON.stringify([shape, derived.input, derived.where, derived.own])}`;
    const index = this.#known.get(identity) ?? this.derived.push(derived) - 1;
    this.#known.set(identity, index);
    return { op: 'derived', index, output };
  }

  /** A window of the key sees the rows of all its members. */
  #capacity(widthMs: number, senders = this.#senders()): number {
    const samples = windowCapacity(widthMs, this.#schema.symbol.everyMs);
    return Math.max(samples, Math.min(samples * senders, windowLimits.mostCapacity));
  }

  #waiting(agoMs: number): number {
    const samples = waitingCapacity(agoMs, this.#schema.symbol.everyMs);
    return Math.max(samples, Math.min(samples * this.#senders(), windowLimits.mostWaiting));
  }

  /** Who sends what is pushed to the windows at hand. */
  #senders(): number {
    if (this.#member !== null) return 1;
    return this.#schema.symbol.tags.reduce((greatest, { most }) => Math.max(greatest, most ?? 1), 1);
  }

  #derive(
    ofKey: DerivedIr['meta'],
    input: NumberIr | BooleanIr,
    own: BooleanIr | null,
    output: DerivedOutput,
  ): NumberIr {
    const meta = this.#member === null ? ofKey : { ...ofKey, member: this.#member };
    const { label: _, ...shape } = meta;
    const identity = JSON.stringify([shape, input, own]);
    let index = this.#known.get(identity);
    if (index === undefined) {
      const { where } = this.#conditions;
      const chosen: BooleanIr | null =
        where === null || own === null ? (where ?? own) : { op: 'and', operands: [where, own] };
      index = this.derived.push({ meta, input, where: chosen, own }) - 1;
      this.#known.set(identity, index);
    }
    return { op: 'derived', index, output };
  }
}

function isConstant(entry: FunctionEntry, at: number): boolean {
  const kind = entry.parameters[at]?.kind;
  return kind === 'share' || kind === 'time';
}
