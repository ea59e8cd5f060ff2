// Diagnostics on standard error, for commands whose data is something else.

import type { Diagnostic } from '../compiler/diagnostics/diagnostic.ts';
import { type Project, shownSources } from './project.ts';
import { renderText } from './render/text.ts';
import { summarize } from './summarize.ts';
import type { Terminal } from './terminal.ts';

/** `diagnostics` carry paths as people are shown them; nothing is written when there is none. */
export function tellDiagnostics(terminal: Terminal, project: Project, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  const text = renderText(diagnostics, shownSources(project), { color: terminal.color.note });
  terminal.note(`${text}\n${summarize(diagnostics)}\n`);
}
