// What an entry of a schema is called on the wire, where the program says so.

import type { StringLiteral, TagSource } from '../../grammar/ast.ts';

/** `null` when the wire has the declared name, or when more than one name makes the value. */
export function wireNameOf(from: TagSource | StringLiteral | null): string | null {
  if (from?.kind === 'string') return from.value;
  return from?.kind === 'names' && from.names.length === 1 ? from.names[0].value : null;
}
