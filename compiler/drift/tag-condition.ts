// What a condition on tags says of one value of one tag, whatever the others are.

import type { Expression, Reference } from '../../grammar/ast.ts';
import type { TagSymbol, ValueSymbol } from '../1-bind/symbols.ts';

/** `null` when it depends on more than this tag, or is not about tags at all. */
export function tagCondition(
  condition: Expression,
  references: ReadonlyMap<Reference, ValueSymbol | null>,
  tag: TagSymbol,
  value: string,
): boolean | null {
  const isTag = (expression: Expression): boolean =>
    expression.kind === 'reference' && references.get(expression) === tag;
  const judge = (expression: Expression): boolean | null => {
    switch (expression.kind) {
      case 'boolean':
        return expression.value;
      case 'reference': {
        const symbol = references.get(expression);
        return symbol?.kind === 'let' ? judge(symbol.declaration.value) : null;
      }
      case 'not': {
        const operand = judge(expression.operand);
        return operand === null ? null : !operand;
      }
      case 'logic': {
        const operands = expression.operands.map(judge);
        const decisive = expression.operator === 'or';
        if (operands.includes(decisive)) return decisive;
        return operands.includes(null) ? null : !decisive;
      }
      case 'comparison': {
        const [side, other] = isTag(expression.left)
          ? [expression.left, expression.right]
          : [expression.right, expression.left];
        if (!isTag(side) || other.kind !== 'string') return null;
        if (expression.operator === '==') return other.value === value;
        return expression.operator === '!=' ? other.value !== value : null;
      }
      case 'in':
        if (!isTag(expression.value) || expression.options.some(({ kind }) => kind !== 'string')) return null;
        return expression.options.some((option) => option.kind === 'string' && option.value === value);
      case 'like':
        return isTag(expression.value) ? matches([...expression.pattern.value], [...value]) : null;
      default:
        return null;
    }
  };
  return judge(condition);
}

/** `*` stands for any text, `?` for one character. In time of text by pattern, whatever the pattern is. */
function matches(pattern: readonly string[], text: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  for (let place = 0; place < text.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      retry = place;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[place])) {
      at++;
      place++;
    } else if (star >= 0) {
      // The last star takes one character more.
      at = star + 1;
      place = ++retry;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
