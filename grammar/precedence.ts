// How tightly each form of expression binds: one table for the parser and the formatter.

import type { Expression } from './ast.ts';

/** Higher binds tighter. */
export const precedence = {
  or: 1,
  and: 2,
  not: 3,
  for: 4,
  comparison: 5,
  additive: 6,
  multiplicative: 7,
  negate: 8,
  primary: 9,
} as const;

export function precedenceOf(node: Expression): number {
  switch (node.kind) {
    case 'logic':
      return precedence[node.operator];
    case 'not':
      return precedence.not;
    case 'for':
      return precedence.for;
    case 'comparison':
      return precedence.comparison;
    case 'arithmetic':
      return node.operator === '+' || node.operator === '-' ? precedence.additive : precedence.multiplicative;
    case 'negate':
      return precedence.negate;
    default:
      return precedence.primary;
  }
}
