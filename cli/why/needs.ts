// Why a condition was not what somebody wanted: the fewest parts of it that would have had to be different, each with the
// value that it had or the reason why it had none.

import { describeBoolean, describeNumber } from '../../compiler/4-lower/describe.ts';
import type { BooleanIr, NumberIr } from '../../compiler/4-lower/ir.ts';
import { toBeWhole } from '../../compiler/4-lower/lower-missing.ts';
import { isBooleanIr, numbersOf, operandsOf } from '../../compiler/4-lower/timers.ts';
import { formatMs } from '../../compiler/vocabulary/units.ts';
import type { SchemaMeta, TagMeta } from '../../runtime/contract.ts';
import { formatValue } from '../render/decision.ts';
import { type Sighting, slotOf } from './sighting.ts';

/** One part that is not as wanted. */
export interface Need {
  readonly node: BooleanIr;
  /** As a person would write it. */
  readonly text: string;
  readonly truth: boolean | null;
  readonly wanted: boolean;
  /** `error_rate is 4.2%`, or why it is unknown. */
  readonly detail: string;
  /** Epoch ms from which time alone makes it so; `null` when something else has to change. */
  readonly dueAt: number | null;
}

/** Empty when the condition is as wanted. */
export function needsOf(node: BooleanIr, wanted: boolean, sighting: Sighting): readonly Need[] {
  if (sighting.truths.get(node) === wanted) return [];
  switch (node.op) {
    case 'not':
      return needsOf(node.operand, !wanted, sighting);
    case 'and':
    case 'or': {
      const each = node.operands.map((operand) => needsOf(operand, wanted, sighting));
      if ((node.op === 'and') === wanted) return each.flat();
      return each.reduce((least, needs) => (needs.length < least.length ? needs : least));
    }
    case 'for': {
      const inner = needsOf(node.condition, wanted, sighting);
      return inner.length > 0 ? inner : [need(node, wanted, sighting)];
    }
    default:
      return [need(node, wanted, sighting)];
  }
}

function need(node: BooleanIr, wanted: boolean, sighting: Sighting): Need {
  return {
    node,
    text: describeBoolean(node, sighting.policy, sighting.schema),
    truth: sighting.truths.get(node) ?? null,
    wanted,
    detail: detailOf(node, sighting) ?? '',
    dueAt: wanted ? dueOf(node, sighting) : null,
  };
}

/** When a timer that runs comes to its end. */
export function dueOf(node: BooleanIr, { state, meta }: Sighting): number | null {
  if (node.op === 'for') {
    const seen = state[slotOf(meta, 'seen', node.timer)];
    return seen === Number.NEGATIVE_INFINITY ? null : state[slotOf(meta, 'since', node.timer)] + node.durationMs;
  }
  if (node.op !== 'missing-for') return null;
  const present = state[slotOf(meta, 'last-present', node.timer)];
  return Number.isNaN(present) ? null : present + node.durationMs;
}

/** What stands behind a part's truth, in words; `null` when the part says it all. */
export function detailOf(node: BooleanIr, sighting: Sighting): string | null {
  const { schema, values, tags, truths } = sighting;
  switch (node.op) {
    case 'compare': {
      if (truths.get(node) === null) return whyUnknown(node, sighting);
      const sides = [node.left, node.right].filter((side) => side.op !== 'number');
      const other = (side: NumberIr): NumberIr => (side === node.left ? node.right : node.left);
      return sides.map((side) => valueText(side, other(side), sighting)).join(', ');
    }
    case 'tag-is':
    case 'tag-missing': {
      const { name } = askedTag(node.tag, schema);
      return tags[name] === undefined ? `the event carries no \`${name}\`` : `${name} is ${JSON.stringify(tags[name])}`;
    }
    case 'missing':
    case 'missing-for': {
      const { name } = schema.metrics[node.slot];
      if (Number.isNaN(values[node.slot])) return whyUnknownMetric(node.slot, sighting);
      return `\`${name}\` has a value`;
    }
    case 'known':
      return whyUnknown(node, sighting);
    case 'schedule':
      return truths.get(node) === false ? 'outside of its hours' : 'within its hours';
    default: {
      const below = operandsOf(node);
      if (below.length === 0) return truths.get(node) === null ? 'it is unknown' : null;
      return below.map((child) => detailOf(child, sighting)).find((detail) => detail !== null) ?? null;
    }
  }
}

/** The tag itself, also where a pattern is asked of it. */
function askedTag(tag: number, schema: SchemaMeta): TagMeta {
  const meta = tag < 0 ? schema.key : schema.tags[tag];
  return meta.pattern === undefined ? meta : askedTag(meta.pattern.tag, schema);
}

/** `error_rate is 4.2%`; the unit is that of the literal beside it, else the metric's. */
function valueText(side: NumberIr, other: NumberIr, sighting: Sighting): string {
  const value = sighting.numbers.get(side) ?? Number.NaN;
  const name = describeNumber(side, sighting.policy, sighting.schema);
  return `${name} is ${Number.isNaN(value) ? 'unknown' : formatValue(value, displayType(side, other, sighting))}`;
}

/** A type for `formatValue`. */
export function displayType(side: NumberIr, other: NumberIr | null, sighting: Sighting): string {
  const written = other?.op === 'number' ? /[\d.]\s*([%a-zA-Z/]+)$/.exec(other.text ?? '')?.[1] : undefined;
  if (written === '%') return 'ratio';
  if (written !== undefined && /^(?:ms|s|m|h|d)$/.test(written)) return 'duration';
  if (written !== undefined && /^(?:[kMGT]|[KMGT]i)?B$/.test(written)) return 'bytes';
  if (written?.includes('/') === true) return 'rate';
  if (side.op === 'metric') return sighting.schema.metrics[side.slot].type;
  if (side.op !== 'derived') return 'number';
  const { input } = sighting.policy.derived[side.index];
  if (side.output === 'count' || side.output === 'increase') return 'number';
  if (side.output === 'rate') return 'rate';
  if (isBooleanIr(input)) return side.output === 'avg' ? 'ratio' : 'number';
  return displayType(input, null, sighting);
}

/** What the values of an unknown comparison lack. */
function whyUnknown(node: BooleanIr, sighting: Sighting): string {
  if (sighting.tick) return 'a deadline, not an event, was judged: no value is known there';
  const reasons = new Set<string>();
  for (const side of numbersOf(node)) collectUnknown(side, sighting, reasons);
  return reasons.size === 0 ? 'a value is unknown' : [...reasons].join(', ');
}

/** Whether the event lacks the metric or carries no value of it. */
function whyUnknownMetric(slot: number, { schema, origins, tick }: Sighting): string {
  const name = `\`${schema.metrics[slot].name}\``;
  if (tick) return `no event with ${name}`;
  switch (origins[slot]) {
    case 'no-value':
      return `${name} came without a value`;
    case 'not-finite':
      return `${name} came with no finite number`;
    default:
      return `${name} has no value: the event does not carry it`;
  }
}

function collectUnknown(ir: NumberIr, sighting: Sighting, reasons: Set<string>): void {
  if (!Number.isNaN(sighting.numbers.get(ir) ?? Number.NaN)) return;
  const whole = toBeWhole(ir, sighting.policy);
  if (whole !== null) {
    const { label, members, attendance } = whole;
    reasons.add(
      attendance !== null
        ? whyMissing(attendance, sighting)
        : members
          ? `not of every member all is known that \`${label}\` looks at`
          : `\`${label}\` has not been fed without a gap for as long as it looks back`,
    );
  } else if (ir.op === 'metric') reasons.add(whyUnknownMetric(ir.slot, sighting));
  else if (ir.op === 'derived') {
    const { meta } = sighting.policy.derived[ir.index];
    reasons.add(
      meta.kernel === 'hold'
        ? `\`${meta.label.replace(/ hold .*/, '')}\` has had no value for longer than it is held`
        : `too little is known for \`${meta.label}\``,
    );
  } else {
    const below = numbersBelow(ir);
    for (const part of below) collectUnknown(part, sighting, reasons);
    const known = below.every((part) => !Number.isNaN(sighting.numbers.get(part) ?? Number.NaN));
    if (known) reasons.add(ir.op === 'divide' ? 'it is divided by zero' : 'the result is no finite number');
  }
}

/** Which member fell silent, or that there are more than the key has places for. */
function whyMissing(read: Extract<NumberIr, { op: 'derived' }>, sighting: Sighting): string {
  const { schema, policy, numbers } = sighting;
  const { member: tag = 0, widthMs, gapMs } = policy.derived[read.index].meta;
  const { name, most } = schema.tags[tag];
  const value = numbers.get(read) ?? Number.NaN;
  const gone = `missing until nothing has come of it for ${formatMs(widthMs)}`;
  if (value <= -2)
    return `\`${name}\` ${JSON.stringify(sighting.tagText(tag, -2 - value))} has been silent for longer than ${formatMs(gapMs)} and is ${gone}`;
  return `the key has, or had within ${formatMs(widthMs)}, more than the ${most} members that \`tag ${name} at most ${most}\` has room for`;
}

/** The values directly below a value. */
function numbersBelow(ir: NumberIr): readonly NumberIr[] {
  return Object.values(ir).flatMap((field: unknown) =>
    (Array.isArray(field) ? field : [field]).filter((value): value is NumberIr => isNumber(value)),
  );
}

function isNumber(value: unknown): value is NumberIr {
  return typeof value === 'object' && value !== null && 'op' in value && !isBooleanIr(value as BooleanIr | NumberIr);
}
