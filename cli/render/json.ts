// Diagnostics for programs, in the shape of the project's published interface. Lines and columns count from 1, columns
// in UTF-16 units; the end is exclusive.

import type { Analysis } from '../../compiler/analyse.ts';
import type { Diagnostic, Example } from '../../compiler/diagnostics/diagnostic.ts';
import type { Place, Places } from './places.ts';

/** The whole document, ending in a line break. */
export function renderJson(
  {
    diagnostics,
    suppressed,
    exposures,
    policies,
  }: Pick<Analysis, 'diagnostics' | 'suppressed' | 'exposures' | 'policies'>,
  places: Places,
): string {
  const document = {
    problems: diagnostics.map((diagnostic) => problemOf(diagnostic, places)),
    policies,
    suppressed: suppressed.map(({ diagnostic, reason }) => ({ ...problemOf(diagnostic, places), reason })),
    fleets: exposures,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

interface Problem extends Place {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly help?: string;
  readonly fix?: { readonly title: string; readonly edits: readonly (Place & { readonly text: string })[] };
  readonly related?: readonly (Place & { readonly message: string })[];
  /** Events that show it, and what happens then. */
  readonly example?: Pick<Example, 'text' | 'outcome' | 'fires' | 'silent'>;
}

function problemOf(diagnostic: Diagnostic, places: Places): Problem {
  const { code, severity, message, help, fix, related, example } = diagnostic;
  return {
    code,
    severity,
    message,
    ...places.of(diagnostic.span),
    ...(help === null ? {} : { help }),
    ...(fix === null
      ? {}
      : { fix: { title: fix.title, edits: fix.edits.map(({ span, text }) => ({ ...places.of(span), text })) } }),
    ...(related.length === 0 ? {} : { related: related.map(({ span, message }) => ({ message, ...places.of(span) })) }),
    ...(example === null ? {} : { example: exampleOf(example) }),
  };
}

function exampleOf({ text, outcome, fires, silent }: Example): Problem['example'] {
  return { text, outcome, fires, silent };
}
