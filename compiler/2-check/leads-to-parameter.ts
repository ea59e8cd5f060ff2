// What a condition that only selects may not lead to, by whatever `let`.

import type { Expression, Reference } from '../../grammar/ast.ts';
import { within } from '../1-bind/expressions.ts';
import type { ValueSymbol } from '../1-bind/symbols.ts';

/** What a checker knows of names. */
interface Names {
  symbol(reference: Reference): ValueSymbol | null;
}

export function leadsToParameter(where: Expression, names: Names): boolean {
  const seen = new Set<Expression>();
  const open = [where];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const part of within(next)) {
      const symbol = part.kind === 'reference' ? names.symbol(part) : null;
      if (symbol?.kind === 'parameter') return true;
      if (symbol?.kind === 'let') open.push(symbol.declaration.value);
    }
  }
  return false;
}
