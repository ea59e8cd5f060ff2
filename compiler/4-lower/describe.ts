// The intermediate representation back in words of the language: for comments of generated code and for golden files.

import type { DerivedOutput, SchemaMeta } from '../../runtime/contract.ts';
import type { BooleanIr, DerivedIr, NumberIr, PolicyIr, ScheduleIr } from './ir.ts';
import { toBeWhole } from './lower-missing.ts';
import { isBooleanIr } from './timers.ts';

export function describeNumber(ir: NumberIr, policy: PolicyIr, schema: SchemaMeta): string {
  switch (ir.op) {
    case 'number':
      return ir.text ?? String(ir.value);
    case 'metric':
      return schema.metrics[ir.slot].name;
    case 'derived':
      return describeWindow(policy.derived[ir.index], ir.output, policy, schema);
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide': {
      const sign = { add: '+', subtract: '-', multiply: '*', divide: '/' }[ir.op];
      return `(${describeNumber(ir.left, policy, schema)} ${sign} ${describeNumber(ir.right, policy, schema)})`;
    }
    case 'negate':
      return `-${describeNumber(ir.operand, policy, schema)}`;
    case 'call':
      return `${ir.name}(${ir.args.map((arg) => describeNumber(arg, policy, schema)).join(', ')})`;
    case 'choose':
      return ir.name;
  }
}

function describeWindow(
  { meta, input, own }: DerivedIr,
  output: DerivedOutput,
  policy: PolicyIr,
  schema: SchemaMeta,
): string {
  const of = describe(input, policy, schema);
  const ago = meta.agoMs === 0 ? '' : ` ago ${describeDuration(meta.agoMs)}`;
  if (meta.kernel === 'hold') return meta.agoMs === 0 ? of : `(${of}${ago})`;
  if (meta.kernel === 'recent') return `${of} of ${meta.capacity}`;
  if (meta.kernel === 'share') return `${of} of ${describeDuration(meta.widthMs)}`;
  const [name, share] = output.split(' ');
  const where = own === null ? '' : ` where ${describeBoolean(own, policy, schema)}`;
  const second = share === undefined ? '' : `, ${share}`;
  if (meta.kernel === 'across' && meta.member !== undefined) {
    const called = { least: 'min', greatest: 'max' }[name] ?? name;
    return `${called}(${of} across ${schema.tags[meta.member].name}${where}${second})`;
  }
  const across =
    meta.kernel === 'merged' && meta.member !== undefined ? ` across ${schema.tags[meta.member].name}` : '';
  const words = `${of} over ${describeDuration(meta.widthMs)}${ago}${across}${where}${second}`;
  return `${output === 'value' ? meta.kernel : name}(${words})`;
}

/** `C for 3 of 5`, when the comparison is one of those. */
function describePart(ir: Extract<BooleanIr, { op: 'compare' }>, policy: PolicyIr, schema: SchemaMeta): string | null {
  if (ir.left.op !== 'derived' || ir.right.op !== 'number') return null;
  const { meta, input } = policy.derived[ir.left.index];
  if (meta.kernel !== 'recent' && meta.kernel !== 'share') return null;
  const whole = meta.kernel === 'recent' ? String(meta.capacity) : describeDuration(meta.widthMs);
  const condition = describe(input, policy, schema);
  const inner = isBooleanIr(input) && (input.op === 'and' || input.op === 'or') ? `(${condition})` : condition;
  return `${inner} for ${ir.right.text ?? ir.right.value} of ${whole}`;
}

export function describeBoolean(ir: BooleanIr, policy: PolicyIr, schema: SchemaMeta): string {
  const inner = (operand: BooleanIr): string => {
    const text = describeBoolean(operand, policy, schema);
    return operand.op === 'and' || operand.op === 'or' || operand.op === 'sequence' ? `(${text})` : text;
  };
  switch (ir.op) {
    case 'constant':
      return String(ir.value);
    case 'compare':
      return (
        describePart(ir, policy, schema) ??
        `${describeNumber(ir.left, policy, schema)} ${ir.comparator} ${describeNumber(ir.right, policy, schema)}`
      );
    case 'tag-is': {
      const tag = ir.tag < 0 ? schema.key : schema.tags[ir.tag];
      if (tag.pattern !== undefined) return tag.name;
      return `${tag.name} == ${JSON.stringify(tag.literals[ir.value])}`;
    }
    case 'missing':
      return `missing(${schema.metrics[ir.slot].name})`;
    case 'tag-missing':
      return `missing(${(ir.tag < 0 ? schema.key : schema.tags[ir.tag]).name})`;
    case 'known':
      return `known(${[...new Set(ir.values.map((value) => describeKnown(value, policy, schema)))].join(', ')})`;
    case 'schedule':
      return describeSchedule(ir.schedule);
    case 'and':
    case 'or':
      return ir.operands.map(inner).join(` ${ir.op} `);
    case 'not':
      return `not ${inner(ir.operand)}`;
    case 'for':
      return `${inner(ir.condition)} for ${describeDuration(ir.durationMs)}`;
    case 'missing-for':
      return `missing(${schema.metrics[ir.slot].name}) for ${describeDuration(ir.durationMs)}`;
    case 'within':
      return `${inner(ir.condition)} within ${describeDuration(ir.durationMs)}`;
    case 'sequence':
      return `${inner(ir.first)} then ${inner(ir.second)} within ${describeDuration(ir.durationMs)}`;
  }
}

function describeKnown(value: NumberIr, policy: PolicyIr, schema: SchemaMeta): string {
  const whole = toBeWhole(value, policy);
  if (whole === null) return describeNumber(value, policy, schema);
  return whole.attendance === null ? `all of ${whole.label}` : whole.label;
}

/** `active mon..fri 08:00..18:00 in "Europe/Berlin", inactive sat` */
export function describeSchedule({ active, inactive }: ScheduleIr): string {
  return [...active.map(({ text }) => `active ${text}`), ...inactive.map(({ text }) => `inactive ${text}`)].join(', ');
}

function describe(ir: NumberIr | BooleanIr, policy: PolicyIr, schema: SchemaMeta): string {
  return isBooleanIr(ir) ? describeBoolean(ir, policy, schema) : describeNumber(ir, policy, schema);
}

export function describeDuration(ms: number): string {
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}
