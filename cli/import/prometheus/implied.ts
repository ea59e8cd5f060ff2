// `x > 0 and x > 80` says no more than `x > 80`. Filters that others imply are left out: PromQL needs them where the
// language does not, above all for counts, which are 0 here where PromQL has no element.

import type { Comparison, Expression } from '../../../grammar/ast.ts';

interface Bound {
  readonly subject: string;
  readonly operator: Comparison['operator'];
  readonly value: number;
  readonly unit: string | null;
}

/** The operands of an `and` without those that another one implies. */
export function withoutImplied(operands: readonly Expression[]): readonly Expression[] {
  const flat = operands.flatMap((operand) =>
    operand.kind === 'logic' && operand.operator === 'and' ? operand.operands : [operand],
  );
  const bounds = flat.map(boundOf);
  return flat.filter((_, index) => {
    const own = bounds[index];
    if (own === null) return true;
    // Of two that say the same the first stays.
    return !bounds.some(
      (other, at) => at !== index && other !== null && implies(other, own) && (at < index || !implies(own, other)),
    );
  });
}

function boundOf(node: Expression): Bound | null {
  if (node.kind !== 'comparison') return null;
  const { left, right, operator } = node;
  const literal = right.kind === 'negate' ? right.operand : right;
  if (literal.kind !== 'quantity') return null;
  const value = right.kind === 'negate' ? -literal.value : literal.value;
  return { subject: JSON.stringify(left), operator, value, unit: literal.unit };
}

function implies(stronger: Bound, weaker: Bound): boolean {
  if (stronger.subject !== weaker.subject) return false;
  // 0 is 0 in every unit.
  if (stronger.unit !== weaker.unit && weaker.value !== 0) return false;
  const { value } = stronger;
  const holds = (candidate: number): boolean => fits(candidate, weaker);
  switch (stronger.operator) {
    case '==':
      return holds(value);
    case '>':
      return (weaker.operator === '>' || weaker.operator === '>=' || weaker.operator === '!=') && value >= weaker.value;
    case '>=':
      return weaker.operator === '>='
        ? value >= weaker.value
        : (weaker.operator === '>' || weaker.operator === '!=') && value > weaker.value;
    case '<':
      return (weaker.operator === '<' || weaker.operator === '<=' || weaker.operator === '!=') && value <= weaker.value;
    case '<=':
      return weaker.operator === '<='
        ? value <= weaker.value
        : (weaker.operator === '<' || weaker.operator === '!=') && value < weaker.value;
    case '!=':
      return weaker.operator === '!=' && value === weaker.value;
  }
}

function fits(candidate: number, { operator, value }: Bound): boolean {
  switch (operator) {
    case '==':
      return candidate === value;
    case '!=':
      return candidate !== value;
    case '<':
      return candidate < value;
    case '<=':
      return candidate <= value;
    case '>':
      return candidate > value;
    case '>=':
      return candidate >= value;
  }
}
