// Names and lines of imported declarations, from texts that others chose.

/** Words that can't be names in an expression, or would be read as something else there. */
const taken = new Set([
  ...[
    'and',
    'or',
    'not',
    'true',
    'false',
    'for',
    'over',
    'until',
    'when',
    'on',
    'where',
    'do',
    'within',
    'then',
    'ago',
  ],
  ...['between', 'in', 'like', 'across', 'missing', 'let', 'const', 'active', 'inactive', 'absent', 'to', 'NaN', 'of'],
]);

/** Letters, digits and `_`, beginning with a letter, and no word of the language. */
export function localName(wire: string): string {
  const name = wire.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=[0-9])/, 'x_');
  return taken.has(name) || /^_*$/.test(name) ? `${name}_value` : name;
}

/** Blanks folded; nothing that ends a line or steers a terminal. */
export function oneLine(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
    .trim();
}

/** `HostOutOfMemory` and `Host out of memory` as `host_out_of_memory`. */
export function snakeCase(text: string): string {
  const words = text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
  return localName(words.slice(0, 80) || 'rule');
}

/** The name itself, or with the first number that makes it another one. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}_${number}`;
  return name;
}
