// What `test`, `backtest`, `compile` and `run` begin with: a program without mistakes, or its mistakes printed.

import type { Analysis } from '../compiler/analyse.ts';
import type { ProgramIr } from '../compiler/4-lower/ir.ts';
import { analyseProject, loadProject, type Project, shownSources } from './project.ts';
import { renderText } from './render/text.ts';
import { summarize } from './summarize.ts';
import type { Terminal } from './terminal.ts';

export interface CheckedProgram {
  readonly project: Project;
  readonly analysis: Analysis;
  readonly ir: ProgramIr;
}

/** `null` when the program has errors; they have been printed to standard error. Warnings are printed and do not stop. */
export function checkedProgram(dir: string, terminal: Terminal): CheckedProgram | null {
  const project = loadProject(dir, terminal.folder);
  const analysis = analyseProject(project);
  const { diagnostics, ir } = analysis;
  if (diagnostics.length > 0) {
    terminal.note(renderText(diagnostics, shownSources(project), { color: terminal.color.note }));
    terminal.note(`\n${summarize(diagnostics)}\n`);
  }
  return ir === null ? null : { project, analysis, ir };
}
