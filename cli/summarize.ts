// How many errors and warnings, in numbers and in words.

import type { Diagnostic } from '../compiler/diagnostics/diagnostic.ts';

export interface DiagnosticCounts {
  readonly errors: number;
  readonly warnings: number;
}

export function countOf(diagnostics: readonly Diagnostic[]): DiagnosticCounts {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
  return { errors, warnings: diagnostics.length - errors };
}

/** `2 errors and 1 warning`; `no problems` when there is none. */
export function summarize(diagnostics: readonly Diagnostic[]): string {
  const { errors, warnings } = countOf(diagnostics);
  const parts = [
    ...(errors === 0 ? [] : [`${errors} error${errors === 1 ? '' : 's'}`]),
    ...(warnings === 0 ? [] : [`${warnings} warning${warnings === 1 ? '' : 's'}`]),
  ];
  return parts.length === 0 ? 'no problems' : parts.join(' and ');
}

/** `1 policy`, `2 policies`. */
export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
