// Which values a condition demands of key and tags, as far as `==`, `in`, `and` and `or` say it plainly: enough to tell
// that two conditions can never be true of one row.

import type { Expression } from '../../grammar/ast.ts';
import type { TagSymbol } from '../1-bind/symbols.ts';
import type { ExpressionChecker } from './check-expression.ts';

/** For each tag that is held to some values: those. */
export type TagValues = ReadonlyMap<TagSymbol, ReadonlySet<string>>;

type Names = Pick<ExpressionChecker, 'symbol' | 'constant'>;

const anything: TagValues = new Map();

/** Where the condition is true, each tag in the answer has one of its values. */
export function requiredValues(condition: Expression, names: Names): TagValues {
  switch (condition.kind) {
    case 'reference': {
      const symbol = names.symbol(condition);
      return symbol?.kind === 'let' ? requiredValues(symbol.declaration.value, names) : anything;
    }
    case 'logic': {
      const parts = condition.operands.map((operand) => requiredValues(operand, names));
      return parts.reduce(condition.operator === 'and' ? both : either);
    }
    case 'comparison': {
      if (condition.operator !== '==') return anything;
      const { left, right } = condition;
      return textsOf(left, [right], names) ?? textsOf(right, [left], names) ?? anything;
    }
    case 'in':
      return textsOf(condition.value, condition.options, names) ?? anything;
    default:
      return anything;
  }
}

/** No row has values that both allow. */
export function areDisjoint(left: TagValues, right: TagValues): boolean {
  if (isContradiction(left) || isContradiction(right)) return true;
  for (const [tag, values] of left) {
    const others = right.get(tag);
    if (others !== undefined && !overlap(values, others)) return true;
  }
  return false;
}

function overlap(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  for (const value of left) if (right.has(value)) return true;
  return false;
}

/** No row has values that it allows. */
export function isContradiction(required: TagValues): boolean {
  for (const values of required.values()) if (values.size === 0) return true;
  return false;
}

function textsOf(value: Expression, options: readonly Expression[], names: Names): TagValues | null {
  const tag = tagOf(value, names);
  if (tag === null) return null;
  const texts = options.map((option) => names.constant(option)?.value);
  return texts.every((text) => typeof text === 'string') ? new Map([[tag, new Set(texts)]]) : null;
}

function tagOf(value: Expression, names: Names): TagSymbol | null {
  let next = value;
  for (;;) {
    const symbol = next.kind === 'reference' ? names.symbol(next) : null;
    if (symbol?.kind === 'tag') return symbol;
    if (symbol?.kind !== 'let') return null;
    next = symbol.declaration.value;
  }
}

/** What both demand together. */
export function both(left: TagValues, right: TagValues): TagValues {
  const result = new Map(left);
  for (const [tag, values] of right) {
    const known = left.get(tag);
    result.set(tag, known === undefined ? values : new Set([...values].filter((value) => known.has(value))));
  }
  return result;
}

function either(left: TagValues, right: TagValues): TagValues {
  const result = new Map<TagSymbol, ReadonlySet<string>>();
  for (const [tag, values] of left) {
    const others = right.get(tag);
    if (others !== undefined) result.set(tag, new Set([...values, ...others]));
  }
  return result;
}
