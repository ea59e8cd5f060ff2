// Kernels that tell once when a window loses values early: more come than its schema says.

import type { DerivedMeta, KernelFactory, ProgramMeta, SchemaMeta } from '../contract.ts';

/** Begins the labels of windows that nobody wrote. They only ask for a stretch without gaps, which few values tell. */
const addedByCompiler = 'known ';

interface LossListener {
  notice?(message: string): void;
}

/** What is told holds on to nothing of a session: kernels may outlive it. */
export function tellingOfLoss(
  { schemas }: ProgramMeta,
  createKernel: KernelFactory,
  listener: LossListener,
): KernelFactory {
  const schemaOf = new Map(schemas.flatMap((schema) => schema.derived.map((derived) => [derived, schema])));
  return (derived) => {
    const schema = schemaOf.get(derived);
    if (schema === undefined || derived.label.startsWith(addedByCompiler)) return createKernel(derived);
    return createKernel(derived, tellerOf(derived, schema, listener));
  };
}

function tellerOf({ label }: DerivedMeta, { name, everyMs }: SchemaMeta, listener: LossListener): () => void {
  let told = false;
  return () => {
    if (told) return;
    told = true;
    const every =
      everyMs === null
        ? 'once a second, which is taken where there is no `every`'
        : `\`every ${everyMs / 1000}s\` says`;
    listener.notice?.(
      `\`${label}\` has more values to look at than it has room for, and the oldest are left out: events of schema \`${name}\` come more often than ${every}; declare how often they come`,
    );
  };
}
