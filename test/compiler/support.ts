// Short ways to ask the compiler about a condition or a few lines of a policy.

import type { PolicyIr, ProgramIr } from '../../compiler/4-lower/ir.ts';
import { type Analysis, analyse } from '../../compiler/analyse.ts';
import { exampleProgram, policyWhen, policyWith } from '../../compiler/diagnostics/entry.ts';

/** Names of what is found in `text`, beside the shared example; `unused-declaration` of the example left out. */
export function findings(text: string): string[] {
  const { diagnostics } = withExample(text);
  return diagnostics.filter((found) => found.span.file === 'input.ddl').map((found) => found.name);
}

export function withExample(text: string): Analysis {
  return analyse([
    { file: 'example.ddl', text: exampleProgram },
    { file: 'input.ddl', text },
  ]);
}

export function findingsWhen(condition: string): string[] {
  return findings(policyWhen(condition));
}

export function findingsWith(lines: string): string[] {
  return findings(policyWith(lines));
}

/** The program, which must be without errors. */
export function programOf(text: string): ProgramIr {
  const { ir, diagnostics } = withExample(text);
  if (ir === null) throw new Error(diagnostics.map((found) => `${found.code} ${found.message}`).join('\n'));
  return ir;
}

export function policyOf(text: string): PolicyIr {
  return programOf(text).policies[0] as PolicyIr;
}

export function policyOfWhen(condition: string): PolicyIr {
  return policyOf(policyWhen(condition));
}

export function policyOfLines(lines: string): PolicyIr {
  return policyOf(policyWith(lines));
}
