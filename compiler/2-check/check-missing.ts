// What missing data may do: the rule that a policy asks for, and the one that none can ask for, that it never shrinks.

import type { Expression, OnMissingClause } from '../../grammar/ast.ts';
import { within } from '../1-bind/expressions.ts';
import type { PolicySymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import type { OnMissing } from './facts.ts';

const rules: readonly OnMissing[] = ['hold', 'reset', 'treat_as false'];

export function checkMissingRule(clause: OnMissingClause | null, report: Report): OnMissing {
  if (clause === null) return 'hold';
  const written = clause.words.map((word) => word.text).join(' ');
  const rule = rules.find((candidate) => candidate === written);
  if (rule !== undefined) return rule;
  const [first, last] = [clause.words[0], clause.words.at(-1)];
  const span = first === undefined || last === undefined ? clause.span : { ...first.span, end: last.span.end };
  report('unknown-missing-rule', span, { name: written, advice: adviseName(written, rules, 'rules') });
  return 'hold';
}

/** An action that shrinks is never brought about by silence. */
export function refuseSilence(policy: PolicySymbol, action: string, report: Report): void {
  const open: Expression[] = policy.when === null ? [] : [policy.when];
  const entered = new Set<Expression>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (entered.has(next)) continue;
    entered.add(next);
    for (const part of within(next)) {
      if (part.kind === 'call' && part.callee.text === 'missing')
        report('shrinks-on-silence', part.span, { policy: policy.name, action });
      const symbol = part.kind === 'reference' ? policy.references.get(part) : null;
      if (symbol?.kind === 'let') open.push(symbol.declaration.value);
    }
  }
}
