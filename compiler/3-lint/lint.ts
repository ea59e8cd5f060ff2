// Finds what compiles and is most likely not meant, by every rule of the registry.

import type { Expression, SourceFile } from '../../grammar/ast.ts';
import type { Bound } from '../1-bind/symbols.ts';
import type { Checked } from '../2-check/check.ts';
import type { Report } from '../diagnostics/reporter.ts';
import type { Memory } from '../memory.ts';
import { lintRules } from './index.ts';

export function lint(
  sources: readonly SourceFile[],
  bound: Bound,
  checked: Checked,
  errors: boolean,
  memory: Memory,
  report: Report,
): void {
  const program = { sources, bound, checked, errors };
  const expressionRules = lintRules.flatMap((rule) => rule.expression ?? []);
  for (const rule of lintRules) rule.program?.(program, report);
  // Some rules are silent in a program with errors.
  const step = errors ? 'lint policy of a broken program' : 'lint policy';
  for (const facts of checked.policies) {
    memory.recall(step, facts, report, (told) => {
      for (const rule of lintRules) rule.policy?.(facts, program, told);
      // Every checked expression of the policy is in the table once, those behind its `let`s too.
      const expressions: Iterable<Expression> = facts.expressions.keys();
      for (const expression of expressions) for (const rule of expressionRules) rule(expression, facts, program, told);
    });
  }
}
