// The shape of a property's arguments, as data: what is checked is also what messages and documentation say.

import type { PropertyArgument } from '../../grammar/ast.ts';
import { canonicalValue, durationMs, resolveUnit } from './units.ts';

export type Part =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'one-of'; readonly values: readonly string[] }
  | { readonly kind: 'duration'; readonly zero?: boolean }
  | { readonly kind: 'count'; readonly min: number; readonly max: number }
  | { readonly kind: 'ratio' }
  | { readonly kind: 'text' }
  | { readonly kind: 'range' }
  /** Only at the end. */
  | { readonly kind: 'optional'; readonly parts: readonly Part[] };

/** What was matched, fixed words left out: a duration in ms, a ratio 0..1, a range as its two ends. */
export type Matched = readonly (string | number)[];

export type Match =
  | { readonly ok: true; readonly values: Matched }
  /** `at` is the argument that does not fit; the number of arguments when one is missing. */
  | { readonly ok: false; readonly at: number; readonly expected: string };

export function matchShape(parts: readonly Part[], args: readonly PropertyArgument[]): Match {
  const values: (string | number)[] = [];
  let at = 0;
  for (const part of parts) {
    if (part.kind === 'optional') break;
    const arg = args[at];
    if (arg === undefined || !take(part, arg, values)) return { ok: false, at, expected: describePart(part) };
    at++;
  }
  const rest = parts.find((part) => part.kind === 'optional');
  if (rest !== undefined && at < args.length) {
    for (const part of rest.parts) {
      const arg = args[at];
      if (arg === undefined || !take(part, arg, values)) return { ok: false, at, expected: describePart(part) };
      at++;
    }
  }
  return at < args.length ? { ok: false, at, expected: 'nothing more' } : { ok: true, values };
}

function take(part: Part, arg: PropertyArgument, values: (string | number)[]): boolean {
  switch (part.kind) {
    case 'word':
      return arg.kind === 'word' && arg.text === part.text;
    case 'one-of':
      if (arg.kind !== 'word' || !part.values.includes(arg.text)) return false;
      values.push(arg.text);
      return true;
    case 'text':
      if (arg.kind !== 'string') return false;
      values.push(arg.value);
      return true;
    case 'range':
      if (arg.kind !== 'range' || !isCount(arg.from, 0, 1e6) || !isCount(arg.to, 0, 1e6)) return false;
      values.push(arg.from.value, arg.to.value);
      return true;
    case 'optional':
      return false;
    default:
      return arg.kind === 'quantity' && takeQuantity(part, arg, values);
  }
}

type QuantityArgument = Extract<PropertyArgument, { kind: 'quantity' }>;

function takeQuantity(part: Part, arg: QuantityArgument, values: (string | number)[]): boolean {
  if (part.kind === 'duration') {
    const ms = durationMs(arg);
    if (ms === null || ms < 0 || (ms === 0 && part.zero !== true) || ms > longestMs) return false;
    values.push(ms);
    return true;
  }
  if (part.kind === 'count') {
    if (!isCount(arg, part.min, part.max)) return false;
    values.push(arg.value);
    return true;
  }
  const value = canonicalValue(arg);
  if (resolveUnit(arg.unit)?.type.flavour !== 'ratio' || !(value > 0 && value <= 1)) return false;
  values.push(value);
  return true;
}

/** A year: longer than anything that is meant. */
export const longestMs = 366 * 86_400_000;

function isCount(arg: QuantityArgument, min: number, max: number): boolean {
  return arg.unit === null && Number.isInteger(arg.value) && arg.value >= min && arg.value <= max;
}

/** In words: `a duration`, `` `per` ``. */
export function describePart(part: Part): string {
  switch (part.kind) {
    case 'word':
      return `\`${part.text}\``;
    case 'one-of':
      return part.values.map((value) => `\`${value}\``).join(' or ');
    case 'duration':
      return part.zero === true ? 'a duration' : 'a duration above zero';
    case 'count':
      return `a whole number from ${part.min} to ${part.max}`;
    case 'ratio':
      return 'a percentage above 0% and up to 100%';
    case 'text':
      return 'a text in double quotes';
    case 'range':
      return 'a range of whole numbers';
    case 'optional':
      return part.parts.map(describePart).join(' ');
  }
}

const nouns: Readonly<Record<Part['kind'], string>> = {
  word: '',
  'one-of': '',
  duration: 'duration',
  count: 'whole number',
  ratio: 'percentage',
  text: 'text',
  range: 'range',
  optional: '',
};

/** The whole shape in words: `one duration`, `` a whole number, `per`, a duration ``. */
export function describeShape(parts: readonly Part[]): string {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && nouns[only.kind] !== '') return `one ${nouns[only.kind]}`;
  if (parts.length === 1 && only?.kind === 'one-of')
    return `one of ${only.values.map((value) => `\`${value}\``).join(', ')}`;
  return parts
    .map((part) => (part.kind === 'optional' ? `and perhaps ${part.parts.map(shapeWord).join(' ')}` : shapeWord(part)))
    .join(' ');
}

function shapeWord(part: Part): string {
  if (part.kind === 'word') return `\`${part.text}\``;
  return nouns[part.kind] === '' ? describePart(part) : `a ${nouns[part.kind]}`;
}
