// Text tables for people: a title, a head, rows; numbers to the right.

export function formatTable(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = lines.map((line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  '),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [title, text[0], rule, ...text.slice(1), ''].join('\n');
}
