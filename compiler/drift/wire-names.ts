// The tags on the wire that a key or tag is made of.

import type { TagSymbol } from '../1-bind/symbols.ts';

/** `null` when it is made of no tag in particular: `from *`, `always "prod"`. */
export function wireNamesOf({ name, item }: TagSymbol): readonly string[] | null {
  if (item.from === null) return [name];
  return item.from.kind === 'names' ? item.from.names.map((literal) => literal.value) : null;
}
