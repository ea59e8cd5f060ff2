// One of two versions of a program that are compared: a folder, a file, or what a commit holds.

import type { ProgramIr } from '../compiler/4-lower/ir.ts';
import { isGitReference, loadGitProject } from './git-project.ts';
import { analyseProject, loadProject, type Project } from './project.ts';
import { tellDiagnostics } from './tell-diagnostics.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** `other` is the version that it is compared with: a commit alone means the same folder. */
export function loadVersion(path: string, other: string, folder: string): Project {
  if (!isGitReference(path)) return loadProject(path, folder);
  const beside = isGitReference(other) ? '.' : other;
  if (isGitReference(other) && !path.slice(4).includes(':'))
    throw new UsageError(`${path} names no folder; with two commits write ${path}:policies`);
  return loadGitProject(path, beside, folder);
}

/** `null` when it has errors. Only what stops it is told: warnings are the matter of `check`. */
export function programOfVersion(project: Project, terminal: Terminal): ProgramIr | null {
  const { ir, diagnostics } = analyseProject(project);
  if (ir === null)
    tellDiagnostics(
      terminal,
      project,
      diagnostics.filter(({ severity }) => severity === 'error'),
    );
  return ir;
}
