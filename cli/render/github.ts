// Diagnostics as workflow commands, which GitHub Actions shows beside the changed lines of a pull request.
// Source: GitHub Docs, Workflow commands for GitHub Actions, "Setting an error message".

import type { Diagnostic } from '../../compiler/diagnostics/diagnostic.ts';
import type { Places } from './places.ts';
import { printable } from './printable.ts';
import { visibleText } from './text-width.ts';

/** One line per diagnostic. */
export function renderGithub(diagnostics: readonly Diagnostic[], places: Places): string {
  return diagnostics.map((diagnostic) => `${lineOf(diagnostic, places)}\n`).join('');
}

function lineOf(diagnostic: Diagnostic, places: Places): string {
  const { file, line, column, endLine, endColumn } = places.of(diagnostic.span);
  const properties = [
    ['file', printable(file)],
    ['line', line],
    ['endLine', endLine],
    ['col', column],
    // GitHub takes an end column for the line it begins on, and as the last one marked.
    ...(endLine === line ? [['endColumn', Math.max(column, endColumn - 1)] as const] : []),
    ['title', diagnostic.code],
  ] as const;
  const because = diagnostic.related.map((entry) => {
    const at = places.of(entry.span);
    return `${entry.message}: ${printable(at.file)}:${at.line}:${at.column}`;
  });
  const { help, example } = diagnostic;
  const shown = example === null ? [] : ['for example:', ...example.text, `→ ${example.outcome}`];
  const text = [diagnostic.message, ...because, ...shown, ...(help === null ? [] : [`help: ${help}`])];
  const head = properties.map(([name, value]) => `${name}=${escapeProperty(String(value))}`).join(',');
  return `::${diagnostic.severity} ${head}::${escapeData(visibleText(text.join('\n')))}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
