// What stands behind the arguments of a call: `over 10m ago 1d where code like "5*"`. Each word at most once in a call,
// behind its first or its last argument.

import type { AcrossModifier, Call, Modifier, TimeModifier, WhereModifier } from '../../grammar/ast.ts';

export interface CallModifiers {
  readonly over: TimeModifier | null;
  readonly ago: TimeModifier | null;
  readonly across: AcrossModifier | null;
  readonly where: WhereModifier | null;
  /** Words that stand in a call a second time. */
  readonly repeated: readonly Modifier[];
  /** Those behind an argument that is neither the first nor the last. */
  readonly misplaced: readonly Modifier[];
}

export function callModifiers(call: Call): CallModifiers {
  const found: { over?: TimeModifier; ago?: TimeModifier; across?: AcrossModifier; where?: WhereModifier } = {};
  const repeated: Modifier[] = [];
  const misplaced: Modifier[] = [];
  for (const [at, argument] of call.args.entries()) {
    for (const modifier of argument.modifiers) {
      if (at !== 0 && at !== call.args.length - 1) misplaced.push(modifier);
      else if (found[modifier.word] !== undefined) repeated.push(modifier);
      else if (modifier.word === 'across') found.across = modifier;
      else if (modifier.word === 'where') found.where = modifier;
      else found[modifier.word] = modifier;
    }
  }
  const { over = null, ago = null, across = null, where = null } = found;
  return { over, ago, across, where, repeated, misplaced };
}
