// What an option names must be there: a schema or a policy of the program.

import type { ProgramIr } from '../compiler/4-lower/ir.ts';
import { adviseName } from '../compiler/diagnostics/suggest.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError when the program declares no such schema. `null` names none. */
export function requireSchema({ schemas }: ProgramIr, name: string | null): void {
  if (name === null || schemas.some((schema) => schema.name === name)) return;
  const names = schemas.map((schema) => schema.name);
  throw new UsageError(`--schema ${name}: the program declares no such schema; it has ${names.join(', ') || 'none'}`);
}

/** @throws UsageError when the program has no such policy. */
export function requirePolicy({ policies }: ProgramIr, name: string): void {
  const names = policies.map(({ meta }) => meta.name);
  if (names.includes(name)) return;
  const advice = adviseName(name, names, 'policies');
  throw new UsageError(`--policy ${name}: the program has no such policy${advice === null ? '' : `; ${advice}`}`);
}
