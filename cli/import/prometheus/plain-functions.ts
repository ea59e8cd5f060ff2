// PromQL functions of the present value alone.

import type { Expression } from '../../../grammar/ast.ts';
import { call, quantity } from '../build-expression.ts';
import { Refusal } from '../refusal.ts';
import type { PromCall, PromExpression } from './promql.ts';
import type { Members, Translator } from './translator.ts';
import { plain, type Scalar, type Value, type Vector } from './vector.ts';
import { constantOf } from './windows.ts';

/** The function of the language for one of PromQL, and how many constants follow the value. */
const functionOf: ReadonlyMap<string, { readonly callee: string; readonly constants: number }> = new Map([
  ['abs', { callee: 'abs', constants: 0 }],
  ['ceil', { callee: 'ceil', constants: 0 }],
  ['floor', { callee: 'floor', constants: 0 }],
  ['round', { callee: 'round', constants: 1 }],
  ['clamp_min', { callee: 'at_least', constants: 1 }],
  ['clamp_max', { callee: 'at_most', constants: 1 }],
  ['clamp', { callee: 'clamp', constants: 2 }],
]);

export function plainFunction(translation: Translator, node: PromCall, members: Members | null): Vector | Scalar {
  const entry = functionOf.get(node.name);
  const [operand, ...rest] = node.args;
  if (entry === undefined || operand === undefined) throw new Refusal(`the function ${node.name}`, node.text);
  const inner = translation.translate(operand, members);
  if (inner.kind === 'vector' && inner.indicator !== null) throw new Refusal('a function of a condition', node.text);
  const value = plain(inner.value);
  const constants = rest.map(constantArgument);
  // `round(x)` is to whole numbers.
  if (entry.callee === 'round' && constants.length === 0) constants.push(1);
  if (constants.length !== entry.constants) throw new Refusal(`the function ${node.name}`, node.text);
  const expression: Expression = call(
    entry.callee,
    value.expression,
    [],
    constants.map((constant) => quantity(constant)),
  );
  const result: Value = { expression, time: 0, constant: null };
  return inner.kind === 'vector' ? { ...inner, value: result } : { kind: 'scalar', value: result };
}

function constantArgument(node: PromExpression): number {
  const value = constantOf(node);
  if (value === null) throw new Refusal('a computed argument', node.text);
  return value;
}
