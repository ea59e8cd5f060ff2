// What an imported condition says of sources that have long behaved evenly: gauges that stand still or climb steadily,
// counters that grow at one pace. Enough to look for values that make a rule fire; the engine then has the last word.

import { compare, conjunction, disjunction, negation } from '../../../compiler/4-lower/kleene.ts';
import { fitsGlob } from '../../../compiler/vocabulary/glob.ts';
import type { Argument, Call, Expression, Modifier } from '../../../grammar/ast.ts';

/** One source of events: its labels, and for each metric its value at the end and how much it grows in a second. */
export interface Source {
  readonly labels: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, Course>>;
}

export interface Course {
  readonly value: number;
  readonly perSecond: number;
}

export interface World {
  readonly sources: readonly Source[];
  /** Labels that a tag of the schema is made of; `null` all of them. */
  readonly tags: ReadonlyMap<string, readonly string[] | null>;
  readonly nowSeconds: number;
  readonly everySeconds: number;
}

const secondsOf: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** `null`: unknown. */
export function holds(condition: Expression, world: World): boolean | null {
  return truth(condition, world, world.sources[0]);
}

function truth(node: Expression, world: World, source: Source): boolean | null {
  switch (node.kind) {
    case 'not':
      return negation(truth(node.operand, world, source));
    case 'logic': {
      const truths = node.operands.map((operand) => truth(operand, world, source));
      return node.operator === 'or' ? disjunction(truths) : conjunction(truths);
    }
    case 'for':
      return truth(node.condition, world, source);
    case 'comparison':
      return compared(node, world, source);
    case 'in': {
      const label = labelOf(node.value, world, source);
      return label === null ? null : node.options.some((option) => option.kind === 'string' && option.value === label);
    }
    case 'like': {
      const label = labelOf(node.value, world, source);
      return label === null ? null : fitsGlob(label, node.pattern.value);
    }
    case 'call': {
      const [argument] = node.args;
      if (node.callee.text !== 'missing' || argument?.value.kind !== 'reference') return null;
      const { name } = argument.value;
      return world.tags.has(name)
        ? labelOf(argument.value, world, source) === null
        : source.metrics[name] === undefined;
    }
    default:
      return null;
  }
}

function compared(node: Extract<Expression, { kind: 'comparison' }>, world: World, source: Source): boolean | null {
  if (node.right.kind === 'string') {
    const label = labelOf(node.left, world, source);
    if (label === null) return null;
    return (label === node.right.value) === (node.operator === '==');
  }
  return compare(node.operator, number(node.left, world, source), number(node.right, world, source));
}

function labelOf(node: Expression, { tags }: World, { labels }: Source): string | null {
  const made = node.kind === 'reference' ? tags.get(node.name) : undefined;
  if (made === undefined || made === null) return null;
  const parts = made.map((label) => labels[label] ?? '');
  return parts.every((part) => part === '') ? null : parts.join('/');
}

/** NaN: unknown. */
function number(node: Expression, world: World, source: Source): number {
  switch (node.kind) {
    case 'quantity':
      return node.unit === '%' ? node.value / 100 : node.value * (secondsOf[node.unit ?? ''] ?? 1);
    case 'reference':
      return source.metrics[node.name]?.value ?? Number.NaN;
    case 'negate':
      return -number(node.operand, world, source);
    case 'arithmetic': {
      const [left, right] = [number(node.left, world, source), number(node.right, world, source)];
      const result =
        node.operator === '+'
          ? left + right
          : node.operator === '-'
            ? left - right
            : node.operator === '*'
              ? left * right
              : left / right;
      return Number.isFinite(result) ? result : Number.NaN;
    }
    case 'ago': {
      const course = node.value.kind === 'reference' ? source.metrics[node.value.name] : undefined;
      return course === undefined ? Number.NaN : course.value - course.perSecond * literalSeconds(node.distance);
    }
    case 'call':
      return called(node, world, source);
    default:
      return Number.NaN;
  }
}

function literalSeconds(node: { readonly value: number; readonly unit: string | null }): number {
  return node.value * (secondsOf[node.unit ?? ''] ?? 1);
}

function called(node: Call, world: World, source: Source): number {
  const modifiers = node.args.flatMap((argument) => argument.modifiers);
  const acrossTag = modifiers.find((modifier) => modifier.word === 'across');
  const over = modifiers.find((modifier) => modifier.word === 'over');
  if (acrossTag !== undefined) return overMembers(node, modifiers, over !== undefined, world);
  if (over?.word === 'over') return overTime(node, modifiers, source, world);
  const [x, low, high] = node.args.map((argument) => number(argument.value, world, source));
  switch (node.callee.text) {
    case 'abs':
      return Math.abs(x);
    case 'clamp':
      return Math.min(Math.max(x, low), high);
    case 'at_least':
      return Math.max(x, low);
    case 'at_most':
      return Math.min(x, low);
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    case 'round':
      return Math.round(x / low) * low;
    case 'now':
      return world.nowSeconds;
    default:
      return Number.NaN;
  }
}

function overTime(node: Call, modifiers: readonly Modifier[], source: Source, world: World): number {
  const [argument] = node.args;
  const course = argument?.value.kind === 'reference' ? source.metrics[argument.value.name] : undefined;
  const counting = node.callee.text === 'count';
  if (course === undefined) return counting ? 0 : Number.NaN;
  let width = 0;
  let agoSeconds = 0;
  for (const modifier of modifiers) {
    if (modifier.word === 'over') width = literalSeconds(modifier.duration);
    else if (modifier.word === 'ago') agoSeconds = literalSeconds(modifier.duration);
  }
  const { perSecond } = course;
  const last = course.value - perSecond * agoSeconds;
  const first = last - perSecond * width;
  const samples = Math.floor(width / world.everySeconds);
  switch (node.callee.text) {
    case 'rate':
    case 'extrapolated_rate':
    case 'latest_rate':
    case 'slope':
      return perSecond;
    case 'increase':
    case 'extrapolated_increase':
    case 'delta':
    case 'extrapolated_delta':
      return perSecond * width;
    case 'count':
      return samples;
    case 'changes':
      return perSecond === 0 ? 0 : samples - 1;
    case 'sum':
      return ((first + last) / 2) * samples;
    case 'avg':
    case 'quantile':
      return perSecond === 0 ? last : (first + last) / 2;
    case 'min':
      return Math.min(first, last);
    case 'max':
      return Math.max(first, last);
    case 'stddev':
      return Math.abs(last - first) / Math.sqrt(12);
    case 'forecast':
      return last + perSecond * number(node.args[1]?.value ?? node.args[0].value, world, source);
    case 'last':
      return last;
    default:
      return Number.NaN;
  }
}

function overMembers(node: Call, modifiers: readonly Modifier[], inTime: boolean, world: World): number {
  const tag = modifiers.find((modifier) => modifier.word === 'across');
  const condition = modifiers.find((modifier) => modifier.word === 'where');
  const chosen = world.sources.filter(
    (member) => condition?.word !== 'where' || truth(condition.condition, world, member) === true,
  );
  const members = tag?.word === 'across' ? distinct(chosen, world.tags.get(tag.tag.text) ?? null) : chosen;
  const [argument] = node.args;
  const values = members.flatMap((member) => memberValue(node, argument, inTime, world, member));
  return aggregated(node, values, world);
}

/** One source for each value of the member tag. */
function distinct(sources: readonly Source[], labels: readonly string[] | null): readonly Source[] {
  if (labels === null) return sources;
  return [
    ...new Map(sources.map((source) => [labels.map((label) => source.labels[label]).join('/'), source])).values(),
  ];
}

function memberValue(node: Call, argument: Argument, inTime: boolean, world: World, member: Source): readonly number[] {
  if (inTime) {
    // A histogram, whose course is that of all its observations.
    const course = argument.value.kind === 'reference' ? member.metrics[argument.value.name] : undefined;
    return course === undefined ? [] : [course.value];
  }
  const { kind } = argument.value;
  if (node.callee.text === 'count' || node.callee.text === 'share') {
    if (kind === 'comparison' || kind === 'logic' || kind === 'not') {
      const known = truth(argument.value, world, member);
      return known === null ? [] : [known ? 1 : 0];
    }
    return Number.isNaN(number(argument.value, world, member)) ? [] : [1];
  }
  const value = number(argument.value, world, member);
  return Number.isNaN(value) ? [] : [value];
}

function aggregated(node: Call, values: readonly number[], world: World): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const callee = node.callee.text;
  if (callee === 'count') return sum;
  if (values.length === 0) return Number.NaN;
  const mean = sum / values.length;
  switch (callee) {
    case 'sum':
      return sum;
    case 'avg':
    case 'share':
      return mean;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'stddev':
      return Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
    case 'quantile': {
      const sorted = values.toSorted((a, b) => a - b);
      const share = number(node.args[1]?.value ?? node.args[0].value, world, world.sources[0]);
      return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    }
    default:
      return Number.NaN;
  }
}
