// The clauses of a condition: what a decision shows as its "why". One for each comparison of something measured and
// each `missing`, in source order.

import type { Comparison, Expression, ForPart } from '../../grammar/ast.ts';
import type { ClauseMeta } from '../../runtime/contract.ts';
import { isOfEvents } from '../2-check/check-part.ts';
import type { PolicyFacts } from '../2-check/facts.ts';
import { parametersIn } from '../2-check/parameters-in.ts';
import { numberType, ratioType, typeName } from '../vocabulary/types.ts';
import { literalText } from '../vocabulary/units.ts';
import type { ClauseIr } from './ir.ts';
import { type ExpressionLowering, truthComparison } from './lower-expression.ts';
import type { SourceText } from './source-text.ts';

export interface Clause {
  readonly meta: ClauseMeta;
  readonly ir: ClauseIr;
}

export function lowerClauses(
  when: Expression,
  facts: PolicyFacts,
  lowering: ExpressionLowering,
  text: SourceText,
): readonly Clause[] {
  const clauses = new Map<string, Clause>();

  const add = (leaf: Expression, suffix: string, measured: Expression | null): void => {
    const words = `${text.folded(leaf.span)}${suffix}`;
    // A condition written twice is shown once: values are told by the clause's text.
    if (clauses.has(words)) return;
    const type = measured === null ? 'bool' : typeName(facts.expressions.get(measured)?.type ?? { kind: 'bool' });
    const ir: ClauseIr = { measured: measured === null ? null : lowerMeasured(measured, lowering) };
    clauses.set(words, { meta: { text: words, line: text.line(leaf.span), type }, ir });
  };

  /** Shows how many of the last events it was, or what share of the time. */
  const addPart = (part: ForPart, suffix: string): void => {
    const words = `${text.folded(part.span)}${suffix}`;
    if (clauses.has(words)) return;
    const type = typeName(isOfEvents(part) ? numberType : ratioType);
    const ir: ClauseIr = { measured: lowering.windows.part(part)?.shown ?? null };
    clauses.set(words, { meta: { text: words, line: text.line(part.span), type }, ir });
  };

  const visit = (expression: Expression, suffix: string): void => {
    switch (expression.kind) {
      case 'reference': {
        const symbol = lowering.symbol(expression);
        if (symbol.kind === 'let') visit(symbol.declaration.value, suffix);
        else if (symbol.kind === 'metric') add(expression, suffix, expression);
        break;
      }
      case 'not':
        visit(expression.operand, '');
        break;
      case 'logic':
        for (const operand of expression.operands) visit(operand, '');
        break;
      case 'for':
        visit(expression.condition, ` for ${literalText(expression.duration)}`);
        break;
      case 'for-part':
        addPart(expression, suffix);
        break;
      case 'ago':
        add(expression, suffix, null);
        break;
      case 'within':
        visit(expression.condition, ` within ${literalText(expression.duration)}`);
        break;
      case 'sequence':
        visit(expression.first, '');
        visit(expression.second, '');
        break;
      case 'comparison':
        visitComparison(expression, suffix);
        break;
      case 'between':
        add(expression, suffix, expression.value);
        break;
      case 'in':
        if (facts.expressions.get(expression.value)?.type.kind === 'quantity')
          add(expression, suffix, expression.value);
        break;
      case 'call':
        add(expression, suffix, null);
        break;
      default:
    }
  };

  const visitComparison = (comparison: Comparison, suffix: string): void => {
    if (lowering.tagComparison(comparison) !== null) return;
    const truth = truthComparison(comparison);
    if (truth === null) {
      const side = facts.expressions.get(comparison.left)?.metric === true ? comparison.left : comparison.right;
      add(comparison, suffix, side);
      return;
    }
    const target = lowering.behind(truth.operand);
    if (target.kind === 'reference') {
      // A constant has nothing to show.
      if (lowering.symbol(target).kind === 'metric') add(comparison, suffix, target);
    } else visit(truth.operand, '');
  };

  visit(when, '');
  // What a key is judged by is part of why.
  const read = parametersIn(when, lowering);
  for (const symbol of facts.policy.parameters) {
    const place = read.get(symbol);
    if (place === undefined || clauses.has(symbol.name)) continue;
    const meta = { text: symbol.name, line: text.line(symbol.declaration.span), type: typeName(symbol.type) };
    clauses.set(symbol.name, { meta, ir: { measured: lowering.number(place) } });
  }
  return [...clauses.values()];
}

function lowerMeasured(expression: Expression, lowering: ExpressionLowering): ClauseIr['measured'] {
  if (expression.kind !== 'reference') return lowering.number(expression);
  const symbol = lowering.symbol(expression);
  return symbol.kind === 'metric' ? lowering.metric(symbol) : lowering.number(expression);
}
