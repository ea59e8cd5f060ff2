// Constants: folded to one value with its type.

import type { Expression, QuantityLiteral, Reference } from '../../grammar/ast.ts';
import type { Definition } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import { fits } from '../vocabulary/defaults.ts';
import {
  boolType,
  compatible,
  describeType,
  productType,
  type QuantityType,
  quotientType,
  sumType,
  textType,
} from '../vocabulary/types.ts';
import { canonicalValue, literalText, literalUnitNames, resolveUnit } from '../vocabulary/units.ts';
import type { Constant } from './facts.ts';

/** The constant behind a name; `null` when there is none and that has been reported. */
export type ResolveConstant = (reference: Reference) => Constant | null;

/** The value of every sound `const`. */
export function checkConstants(
  definitions: ReadonlyMap<string, Definition>,
  references: ReadonlyMap<Reference, Definition | null>,
  report: Report,
): ReadonlyMap<Definition, Constant> {
  const done = new Map<Definition, Constant | null>();
  const value = (definition: Definition): Constant | null => {
    const known = done.get(definition);
    if (known !== undefined) return known;
    // Circles are not sound, so the way down ends.
    done.set(definition, null);
    if (!definition.sound || !fits(definition.size, definition.depth)) return null;
    const constant = foldConstant(definition.declaration.value, resolve, report);
    done.set(definition, constant);
    return constant;
  };
  const resolve: ResolveConstant = (reference) => {
    const symbol = references.get(reference);
    if (symbol === null || symbol === undefined) return null;
    if (symbol.kind === 'const') return value(symbol);
    report(
      'not-constant',
      reference.span,
      { what: 'a `let`' },
      { related: [{ span: symbol.declaration.name.span, message: 'declared here' }] },
    );
    return null;
  };
  const result = new Map<Definition, Constant>();
  for (const definition of definitions.values()) {
    const constant = definition.kind === 'const' ? value(definition) : null;
    if (constant !== null) result.set(definition, constant);
  }
  return result;
}

/** The value of an expression without anything measured; `null` after a report. */
export function foldConstant(expression: Expression, resolve: ResolveConstant, report: Report): Constant | null {
  switch (expression.kind) {
    case 'quantity':
      return quantityConstant(expression, report);
    case 'string':
      return { type: textType, value: expression.value, text: JSON.stringify(expression.value) };
    case 'boolean':
      return { type: boolType, value: expression.value, text: String(expression.value) };
    case 'reference':
      return resolve(expression);
    case 'negate': {
      const operand = numeric(foldConstant(expression.operand, resolve, report), expression.operand, '`-`', report);
      if (operand === null) return null;
      return { type: operand.type, value: -operand.value, text: operand.text === null ? null : `-${operand.text}` };
    }
    case 'arithmetic':
      return foldArithmetic(expression, resolve, report);
    case 'error':
      return null;
    default:
      report('not-constant', expression.span, { what: nameOf(expression) });
      return null;
  }
}

function nameOf(expression: Expression): string {
  if (expression.kind === 'call') return 'a call';
  return expression.kind === 'fleet-lookup' ? 'a fleet' : 'a condition';
}

/** The literal's canonical value and type; `null` after a report. */
export function quantityConstant(
  literal: QuantityLiteral,
  report: Report,
): (Constant & { readonly type: QuantityType; readonly value: number }) | null {
  const unit = resolveUnit(literal.unit);
  if (unit === null) {
    report('unknown-unit', literal.span, {
      name: literal.unit ?? '',
      advice: adviseName(literal.unit ?? '', literalUnitNames, 'units'),
    });
    return null;
  }
  const value = canonicalValue(literal);
  if (!Number.isFinite(value)) {
    report('not-finite', literal.span, { text: literalText(literal) });
    return null;
  }
  return { type: unit.type, value, text: literalText(literal) };
}

type Numeric = Constant & { readonly type: QuantityType; readonly value: number };

function numeric(constant: Constant | null, at: Expression, operation: string, report: Report): Numeric | null {
  if (constant === null) return null;
  if (constant.type.kind === 'quantity' && typeof constant.value === 'number') return constant as Numeric;
  report('not-a-number', at.span, { what: describeType(constant.type), operation });
  return null;
}

function foldArithmetic(
  expression: Extract<Expression, { kind: 'arithmetic' }>,
  resolve: ResolveConstant,
  report: Report,
): Constant | null {
  const operation = `\`${expression.operator}\``;
  const left = numeric(foldConstant(expression.left, resolve, report), expression.left, operation, report);
  const right = numeric(foldConstant(expression.right, resolve, report), expression.right, operation, report);
  if (left === null || right === null) return null;
  const type = arithmeticType(expression.operator, left.type, right.type);
  if (type === null) {
    report('unit-mismatch', expression.span, {
      left: describeType(left.type),
      right: describeType(right.type),
      operation: operationWords[expression.operator],
      advice: 'give both the same unit',
    });
    return null;
  }
  const value = compute(expression.operator, left.value, right.value);
  if (Number.isFinite(value)) return { type, value, text: null };
  report('not-finite', expression.span, {
    text: `${left.text ?? left.value} ${expression.operator} ${right.text ?? right.value}`,
  });
  return null;
}

export const operationWords = {
  '+': 'added to',
  '-': 'calculated together with',
  '*': 'multiplied by',
  '/': 'divided by',
} as const;

/** The type of an arithmetic expression; `null` when the two do not fit. */
export function arithmeticType(
  operator: '+' | '-' | '*' | '/',
  left: QuantityType,
  right: QuantityType,
): QuantityType | null {
  if (operator === '*') return productType(left, right);
  if (operator === '/') return quotientType(left, right);
  return compatible(left, right) ? sumType(left, right) : null;
}

function compute(operator: '+' | '-' | '*' | '/', left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
  }
}
