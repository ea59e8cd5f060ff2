// How tightly each form of expression binds: one table for the parser and the formatter.

import type { Expression } from './ast.ts';

/** Higher binds tighter. */
export const precedence = {
  or: 1,
  and: 2,
  sequence: 3,
  not: 4,
  for: 5,
  comparison: 6,
  additive: 7,
  multiplicative: 8,
  negate: 9,
  ago: 10,
  primary: 11,
} as const;

export function precedenceOf(node: Expression): number {
  switch (node.kind) {
    case 'logic':
      return precedence[node.operator];
    case 'not':
      return precedence.not;
    case 'sequence':
      return precedence.sequence;
    case 'for':
    case 'for-part':
    case 'within':
      return precedence.for;
    case 'between':
    case 'in':
    case 'like':
    case 'comparison':
      return precedence.comparison;
    case 'arithmetic':
      return node.operator === '+' || node.operator === '-' ? precedence.additive : precedence.multiplicative;
    case 'negate':
      return precedence.negate;
    case 'ago':
      return precedence.ago;
    default:
      return precedence.primary;
  }
}
