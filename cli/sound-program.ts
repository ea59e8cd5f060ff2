// A project that a command wants to run and not to discuss: when it has errors they are told, and there is nothing to run.

import type { Analysis } from '../compiler/analyse.ts';
import type { ProgramIr } from '../compiler/4-lower/ir.ts';
import { analyseProject, loadProject, type Project } from './project.ts';
import { tellDiagnostics } from './tell-diagnostics.ts';
import type { Terminal } from './terminal.ts';

export interface SoundProgram {
  readonly project: Project;
  readonly analysis: Analysis;
  readonly ir: ProgramIr;
}

/**
 * Loads and analyses the project at `path`. `null` when it has errors, which have then been told: exit code 1.
 * Warnings are the matter of `check`.
 * @throws UsageError when there is nothing to read.
 */
export function loadSoundProgram(terminal: Terminal, path: string): SoundProgram | null {
  const project = loadProject(path, terminal.folder);
  const analysis = analyseProject(project);
  if (analysis.ir !== null) return { project, analysis, ir: analysis.ir };
  tellDiagnostics(
    terminal,
    project,
    analysis.diagnostics.filter((diagnostic) => diagnostic.severity === 'error'),
  );
  return null;
}
