// What may be compared with what: quantities of one unit, tags with texts, conditions with `true` and `false`.

import type { Comparison, Expression } from '../../grammar/ast.ts';
import type { More, Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import {
  compatible,
  describeType,
  exampleLiteral,
  type QuantityType,
  type Type,
  typeName,
} from '../vocabulary/types.ts';
import { literalText } from '../vocabulary/units.ts';
import type { Constant } from './facts.ts';

/** What a comparison needs of the checker around it. */
interface Checker {
  readonly report: Report;
  /** The value of what is made of literals and constants alone; `null` for anything else. Reports nothing. */
  constant(expression: Expression): Constant | null;
  number(operand: Expression, type: Type, operation: string): QuantityType | null;
}

type Related = NonNullable<More['related']>;

export function checkComparison(
  comparison: Comparison,
  left: Type,
  right: Type,
  checker: Checker,
  related: Related,
): void {
  if (left.kind === 'error' || right.kind === 'error') return;
  if (isTextual(left) || isTextual(right)) checkTextual(comparison, left, right, checker);
  else if (left.kind === 'bool' || right.kind === 'bool') checkTruth(comparison, left, right, checker);
  else checkQuantities(comparison, left, right, checker, related);
}

function isTextual(type: Type): boolean {
  return type.kind === 'tag' || type.kind === 'text';
}

function isEquality(comparison: Comparison): boolean {
  return comparison.operator === '==' || comparison.operator === '!=';
}

function checkTextual(comparison: Comparison, left: Type, right: Type, checker: Checker): void {
  const { report } = checker;
  const { span } = comparison;
  const tag = left.kind === 'tag' ? left : right.kind === 'tag' ? right : null;
  if (tag === null) {
    const what =
      isTextual(left) && isTextual(right)
        ? 'two texts are always the same or always different'
        : `${describeType(left)} can not be compared with ${describeType(right)}`;
    report('tag-comparison', span, { what, advice: 'compare a tag with a text: `region == "eu-west-1"`' });
    return;
  }
  const [other, otherType] = left === tag ? [comparison.right, right] : [comparison.left, left];
  if (otherType.kind === 'tag') {
    report('tag-comparison', span, {
      what: 'two tags are not compared with each other',
      advice: 'compare each with a text in double quotes',
    });
  } else if (otherType.kind !== 'text') {
    const advice =
      other.kind === 'quantity' ? `write \`"${literalText(other)}"\`` : 'compare it with a text in double quotes';
    report('tag-comparison', span, {
      what: `the tag \`${tag.name}\` is text, and the other side is ${describeType(otherType)}`,
      advice,
    });
  } else if (!isEquality(comparison)) {
    report('tag-comparison', span, {
      what: `tags have no order: \`${comparison.operator}\` does not apply to \`${tag.name}\``,
      advice: 'use `==` or `!=`',
    });
  } else {
    const value = checker.constant(other)?.value;
    if (typeof value === 'string' && tag.values !== null && !tag.values.includes(value)) {
      report('unknown-value', other.span, {
        name: value,
        tag: tag.name,
        advice: adviseName(value, tag.values, 'values'),
      });
    }
  }
}

function checkTruth(comparison: Comparison, left: Type, right: Type, checker: Checker): void {
  const literal = comparison.left.kind === 'boolean' || comparison.right.kind === 'boolean';
  if (left.kind === 'bool' && right.kind === 'bool' && literal && isEquality(comparison)) return;
  checker.report('condition-comparison', comparison.span, {});
}

function checkQuantities(
  comparison: Comparison,
  leftType: Type,
  rightType: Type,
  checker: Checker,
  related: Related,
): void {
  const operation = `\`${comparison.operator}\``;
  const left = checker.number(comparison.left, leftType, operation);
  const right = checker.number(comparison.right, rightType, operation);
  if (left === null || right === null) return;
  if (!compatible(left, right)) {
    const advice =
      adviseUnit(comparison.right, left) ??
      adviseUnit(comparison.left, right) ??
      adviseRatio(left, right) ??
      adviseLiteral(comparison, left, right);
    checker.report(
      'unit-mismatch',
      comparison.span,
      { left: describeType(left), right: describeType(right), operation: 'compared with', advice },
      { related },
    );
    return;
  }
  checkShare(left, comparison.right, checker, related);
  checkShare(right, comparison.left, checker, related);
}

function adviseUnit(literal: Expression, other: QuantityType): string | null {
  if (literal.kind !== 'quantity' || literal.unit !== null || typeName(other) === 'number') return null;
  return `write the unit, for example \`${exampleLiteral(other)}\``;
}

function adviseRatio(left: QuantityType, right: QuantityType): string | null {
  const names = [typeName(left), typeName(right)];
  if (!names.includes('ratio') || !names.includes('number')) return null;
  return 'if it is a share of a whole, declare the metric as `ratio`';
}

function adviseLiteral(comparison: Comparison, left: QuantityType, right: QuantityType): string {
  const measured = comparison.right.kind === 'quantity' ? left : comparison.left.kind === 'quantity' ? right : null;
  if (measured !== null)
    return `compare it with ${describeType(measured)}, for example \`${exampleLiteral(measured)}\``;
  return 'both sides must measure the same: divide one by the other for a ratio, or a total by a duration for a rate';
}

/** `error_rate > 5` where `5%` is meant, also where `const hot = 5` or `4 + 1` stands for the 5. */
export function checkShare(
  type: Type,
  bound: Expression,
  checker: Pick<Checker, 'report' | 'constant'>,
  related: Related,
): void {
  if (type.kind !== 'quantity' || type.flavour !== 'ratio') return;
  const constant = checker.constant(bound);
  if (constant === null || constant.type.kind !== 'quantity' || typeof constant.value !== 'number') return;
  // What is written with `%` is meant as it stands.
  if (constant.type.flavour === 'ratio' || Math.abs(constant.value) <= 1) return;
  const text = constant.text ?? String(constant.value);
  const shown = bound.kind === 'reference' ? `${bound.name}\`, which is \`${text}` : text;
  const edits = bound.kind === 'quantity' ? [{ span: bound.span, text: `${text}%` }] : null;
  const fix = edits === null ? {} : { fix: { title: `write \`${text}%\``, edits } };
  checker.report('ratio-above-one', bound.span, { text, shown }, { related, ...fix });
}
