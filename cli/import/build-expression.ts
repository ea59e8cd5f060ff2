// Makes expressions of the language from code. Their spans lead nowhere: they are there to be written out.

import type {
  AcrossModifier,
  Argument,
  ArithmeticOperator,
  ComparisonOperator,
  Expression,
  Modifier,
  QuantityLiteral,
  StringLiteral,
} from '../../grammar/ast.ts';

const span = { file: '', start: 0, end: 0 };

/** A number with or without a unit; a negative one comes as a negation. */
export function quantity(value: number, unit: string | null = null): Expression {
  if (value < 0 || Object.is(value, -0)) return { kind: 'negate', span, operand: quantity(-value, unit) };
  return { kind: 'quantity', span, value, unit, text: numberText(value) };
}

/** Digits as a person writes them: `100000000`, `1e21`. */
export function numberText(value: number): string {
  return String(value).replace('e+', 'e');
}

const durationUnits = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** Whole milliseconds in the greatest unit that leaves no fraction. */
export function duration(ms: number): QuantityLiteral {
  const [unit, size] = durationUnits.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return { kind: 'quantity', span, value: ms / size, unit, text: String(ms / size) };
}

export function text(value: string): StringLiteral {
  return { kind: 'string', span, value };
}

export function reference(name: string): Expression {
  return { kind: 'reference', span, name };
}

export function compare(left: Expression, operator: ComparisonOperator, right: Expression): Expression {
  return { kind: 'comparison', span, operator, left, right };
}

export function arithmetic(left: Expression, operator: ArithmeticOperator, right: Expression): Expression {
  return { kind: 'arithmetic', span, operator, left, right };
}

/** Flat, duplicates left out; of none `null`. */
export function logic(operator: 'and' | 'or', operands: readonly Expression[]): Expression | null {
  const flat = operands.flatMap((operand) =>
    operand.kind === 'logic' && operand.operator === operator ? operand.operands : [operand],
  );
  const different = [...new Map(flat.map((operand) => [JSON.stringify(operand), operand])).values()];
  if (different.length < 2) return different[0] ?? null;
  return { kind: 'logic', span, operator, operands: different };
}

/** The operator that is true where the other is false. */
export const negated: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};

/** A comparison is turned round, which says the same of every known value. */
export function not(operand: Expression): Expression {
  if (operand.kind === 'not') return operand.operand;
  if (operand.kind === 'comparison') return { ...operand, operator: negated[operand.operator] };
  return { kind: 'not', span, operand };
}

export function held(condition: Expression, ms: number): Expression {
  return { kind: 'for', span, condition, duration: duration(ms) };
}

export function ago(value: Expression, ms: number): Expression {
  return { kind: 'ago', span, value, distance: duration(ms) };
}

export function isIn(value: Expression, options: readonly string[]): Expression {
  return { kind: 'in', span, value, options: options.map(text) };
}

export function isLike(value: Expression, pattern: string): Expression {
  return { kind: 'like', span, value, pattern: text(pattern) };
}

export function over(ms: number): Modifier {
  return { word: 'over', span, duration: duration(ms) };
}

export function agoModifier(ms: number): Modifier {
  return { word: 'ago', span, duration: duration(ms) };
}

export function across(tag: string): AcrossModifier {
  return { word: 'across', span, tag: { text: tag, span } };
}

export function where(condition: Expression): Modifier {
  return { word: 'where', span, condition };
}

/** `callee(first …modifiers, rest)` */
export function call(
  callee: string,
  first: Expression,
  modifiers: readonly Modifier[] = [],
  rest: readonly Expression[] = [],
): Expression {
  const argument = (value: Expression, own: readonly Modifier[]): Argument => ({
    span,
    label: null,
    value,
    modifiers: own,
  });
  return {
    kind: 'call',
    span,
    callee: { text: callee, span },
    args: [argument(first, modifiers), ...rest.map((value) => argument(value, []))],
  };
}

export function missing(name: string): Expression {
  return call('missing', reference(name));
}
