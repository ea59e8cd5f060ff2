// From the front's result to something that judges events, by any of the three evaluators. Joins compiler and runtime.

import { planDerived } from '../compiler/4-lower/derived.ts';
import { interpret } from '../compiler/4-lower/interpret.ts';
import type { ProgramIr } from '../compiler/4-lower/ir.ts';
import { createPlainKernel } from '../compiler/4-lower/plain-members.ts';
import { programMeta } from '../compiler/4-lower/program-meta.ts';
import { optimize } from '../compiler/5-optimize/optimize.ts';
import { type EmittedProgram, emit } from '../compiler/6-emit/emit.ts';
import { loadProgram } from '../runtime/bundle/load.ts';
import { createKernel } from '../runtime/evaluate/kernels.ts';
import type { Evaluator } from '../runtime/evaluate/session.ts';

export type EvaluatorKind = 'interpreter' | 'plain' | 'generated';

/** `plain` is generated without the optimizer. */
export function createEvaluator(ir: ProgramIr, kind: EvaluatorKind): Evaluator {
  if (kind === 'interpreter') {
    const plan = planDerived(ir, false);
    const meta = programMeta(ir, plan);
    return { meta, code: interpret(ir, meta, plan), createKernel: createPlainKernel };
  }
  return loadEmitted(kind === 'generated' ? generate(ir) : emit(ir, false));
}

/** The optimised modules: what `compile` writes and the engine runs. */
export function generate(ir: ProgramIr): EmittedProgram {
  return emit(optimize(ir), true);
}

export function loadEmitted(emitted: EmittedProgram): Evaluator {
  const modules = emitted.modules.map((module) => ({
    file: `${module.name}.js`,
    js: `${module.js}//# sourceMappingURL=data:application/json;base64,${Buffer.from(module.map).toString('base64')}\n`,
  }));
  return { meta: emitted.meta, code: loadProgram(emitted.meta, modules), createKernel };
}
