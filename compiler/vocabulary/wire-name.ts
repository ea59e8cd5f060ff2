// What an entry of a schema is called on the wire, where the program says so.

import type { StringLiteral, TagSource } from '../../grammar/ast.ts';

/** The value is made of several fields, of all tags, or of none; `null` when it is one field of the event. */
export function composedSource(from: TagSource | StringLiteral | null): TagSource | null {
  if (from === null || from.kind === 'string') return null;
  return from.kind === 'names' && from.names.length === 1 ? null : from;
}

/** `null` when the wire has the declared name, or when more than one name makes the value. */
export function wireNameOf(from: TagSource | StringLiteral | null): string | null {
  if (from?.kind === 'string') return from.value;
  return from?.kind === 'names' && from.names.length === 1 ? from.names[0].value : null;
}
