// A table in plain text: the first column to the left, the others, numbers, to the right.

import { columns, visibleText } from './text-width.ts';

/** `null` is a rule between rows. Ends in a line break. */
export function textTable(head: readonly string[], rows: readonly (readonly string[] | null)[]): string {
  const cells = [head, ...rows].map((row) => row?.map(visibleText) ?? null);
  const widths = head.map((_, column) => Math.max(...cells.map((row) => columns(row?.[column] ?? ''))));
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  const lines = cells.map((row) => {
    if (row === null) return rule;
    const padded = row.map((text, column) => {
      const space = ' '.repeat((widths[column] ?? 0) - columns(text));
      return column === 0 ? text + space : space + text;
    });
    return padded.join('  ').trimEnd();
  });
  return `${[lines[0], rule, ...lines.slice(1)].join('\n')}\n`;
}
