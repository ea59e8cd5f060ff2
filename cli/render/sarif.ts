// Diagnostics as SARIF 2.1.0, for code-scanning services. Source: OASIS, Static Analysis Results Interchange Format
// (SARIF) Version 2.1.0.

import { sep } from 'node:path';
import { catalogueByCode } from '../../compiler/diagnostics/catalogue.ts';
import type { Diagnostic } from '../../compiler/diagnostics/diagnostic.ts';
import type { Suppressed } from '../../compiler/diagnostics/suppress.ts';
import type { Span } from '../../grammar/ast.ts';
import type { Places } from './places.ts';

/** The whole document, ending in a line break. `version` is that of `ddlc`. */
export function renderSarif(
  diagnostics: readonly Diagnostic[],
  suppressed: readonly Suppressed[],
  places: Places,
  version: string,
): string {
  const all = [...diagnostics, ...suppressed.map((entry) => entry.diagnostic)];
  const codes = [...new Set(all.map((diagnostic) => diagnostic.code))].sort();
  const result = (diagnostic: Diagnostic): object => resultOf(diagnostic, codes.indexOf(diagnostic.code), places);
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'ddlc', semanticVersion: version, rules: codes.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: [
          ...diagnostics.map(result),
          ...suppressed.map((entry) => ({ ...result(entry.diagnostic), suppressions: [suppressionOf(entry, places)] })),
        ],
      },
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function suppressionOf({ reason, span }: Suppressed, places: Places): object {
  return {
    kind: 'inSource',
    status: 'accepted',
    justification: reason,
    location: { physicalLocation: physicalOf(span, places) },
  };
}

function ruleOf(code: string): object {
  const found = catalogueByCode.get(code);
  if (found === undefined) return { id: code };
  const { name, entry } = found;
  return {
    id: code,
    name,
    shortDescription: { text: entry.title },
    fullDescription: { text: entry.explanation },
    defaultConfiguration: { level: entry.severity },
    help: { text: `ddlc explain ${code}` },
  };
}

function resultOf(diagnostic: Diagnostic, ruleIndex: number, places: Places): object {
  const { code, severity, related, fix, span } = diagnostic;
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: textOf(diagnostic) },
    locations: [{ physicalLocation: physicalOf(span, places) }],
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.map((entry, id) => ({
            id,
            message: { text: entry.message },
            physicalLocation: physicalOf(entry.span, places),
          })),
        }),
    ...(fix === null
      ? {}
      : {
          fixes: [
            {
              description: { text: fix.title },
              artifactChanges: fix.edits.map((edit) => ({
                artifactLocation: { uri: uriOf(edit.span.file) },
                replacements: [{ deletedRegion: regionOf(edit.span, places), insertedContent: { text: edit.text } }],
              })),
            },
          ],
        }),
  };
}

function textOf({ message, help, example }: Diagnostic): string {
  const shown = example === null ? [] : ['For example:', ...example.text, `→ ${example.outcome}`];
  return [message, ...(help === null ? [] : [help]), ...shown].join('\n');
}

function physicalOf(span: Span, places: Places): object {
  return { artifactLocation: { uri: uriOf(span.file) }, region: regionOf(span, places) };
}

function regionOf(span: Span, places: Places): object {
  const { line, column, endLine, endColumn } = places.of(span);
  return { startLine: line, startColumn: column, endLine, endColumn };
}

/** A relative reference; a first part with a colon would read as a scheme. */
function uriOf(file: string): string {
  const path = file.split(sep).map(encodeURIComponent).join('/');
  return path.split('/', 1)[0]?.includes('%3A') ? `./${path}` : path;
}
