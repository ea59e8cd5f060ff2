// What `test`, `backtest`, `compile` and `run` begin with: a program without mistakes, or its mistakes printed.

import type { ProgramIr } from '../compiler/4-lower/ir.ts';
import type { Analysis } from '../compiler/analyse.ts';
import { analyseProject, loadProject, type Project } from './project.ts';
import { tellDiagnostics } from './tell-diagnostics.ts';
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
  tellDiagnostics(terminal, project, diagnostics);
  return ir === null ? null : { project, analysis, ir };
}
