// The pipeline, readable as one sentence: analyse (parse, bind, check, lint, lower), optimize, emit. The same files give
// the same bytes.

import { optimize } from './5-optimize/optimize.ts';
import { type EmittedProgram, emit } from './6-emit/emit.ts';
import { type Analysis, analyse, type FileText, noSettings, type ProjectSettings } from './analyse.ts';

export interface Compilation {
  readonly analysis: Analysis;
  /** `null` when the program has errors. */
  readonly program: EmittedProgram | null;
}

/** Compiles the files of one program to its modules. */
export function compile(files: readonly FileText[], settings: ProjectSettings = noSettings): Compilation {
  const analysis = analyse(files, null, settings);
  return { analysis, program: analysis.ir === null ? null : emit(optimize(analysis.ir), true) };
}
