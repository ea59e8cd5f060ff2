// The parameters that an expression leads to, by whatever `let`.

import type { Expression, Reference } from '../../grammar/ast.ts';
import { within } from '../1-bind/expressions.ts';
import type { ParameterSymbol, ValueSymbol } from '../1-bind/symbols.ts';

/** What a checker knows of names. */
interface Names {
  symbol(reference: Reference): ValueSymbol | null;
}

/** With one place where each stands. */
export function parametersIn(expression: Expression, names: Names): ReadonlyMap<ParameterSymbol, Reference> {
  const parameters = new Map<ParameterSymbol, Reference>();
  const seen = new Set<Expression>();
  const open = [expression];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const part of within(next)) {
      const symbol = part.kind === 'reference' ? names.symbol(part) : null;
      if (symbol?.kind === 'parameter' && part.kind === 'reference') parameters.set(symbol, part);
      if (symbol?.kind === 'let') open.push(symbol.declaration.value);
    }
  }
  return parameters;
}
