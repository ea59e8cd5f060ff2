// A PromQL vector as the language says it: the value of the element at hand and what must hold for there to be one.

import type { ArithmeticOperator, ComparisonOperator, Expression } from '../../../grammar/ast.ts';
import { arithmetic, compare, logic, quantity } from '../build-expression.ts';
import { withoutImplied } from './implied.ts';
import type { Guard } from './matchers.ts';

/** A value with its unit: `time` is the power of seconds, −1 for a rate; counts and everything else have 0. */
export interface Value {
  readonly expression: Expression;
  readonly time: number;
  /** Of a literal. */
  readonly constant: number | null;
}

/** What a value is read from: when it is known, there is one. By the text of the guard, so that each is asked once. */
export type Sources = ReadonlyMap<string, Guard>;

export interface Vector {
  readonly kind: 'vector';
  readonly value: Value;
  /** Filters: comparisons, `and`, `unless`. */
  readonly guards: readonly Guard[];
  readonly sources: Sources;
  /** Sources that a filter among `guards` reads: it is not true while they are unknown. */
  readonly covered: ReadonlySet<string>;
  /** The value is 1 where this holds and 0 where not: what `bool` makes of a comparison. */
  readonly indicator: Guard | null;
}

export interface Scalar {
  readonly kind: 'scalar';
  readonly value: Value;
}

export function constantValue(constant: number): Value {
  return { expression: quantity(constant), time: 0, constant };
}

/** `source` says that the value is known; it is asked only where no filter says so. */
export function vectorOf(value: Value, source: Guard): Vector {
  return {
    kind: 'vector',
    value,
    guards: [],
    sources: new Map([[JSON.stringify(value.expression), source]]),
    covered: new Set(),
    indicator: null,
  };
}

/** The one with `value` for its value and the filters and sources of both. */
export function combined(left: Vector, right: Vector, value: Value): Vector {
  return {
    kind: 'vector',
    value,
    guards: [...left.guards, ...right.guards],
    sources: new Map([...left.sources, ...right.sources]),
    covered: new Set([...left.covered, ...right.covered]),
    indicator: null,
  };
}

/** Keeps the elements for which `guard` holds; `reads` are the sources that it is unknown without. */
export function filtered(vector: Vector, guard: Guard, reads: Iterable<string>): Vector {
  return { ...vector, guards: [...vector.guards, guard], covered: new Set([...vector.covered, ...reads]) };
}

/** That there is an element. Each side is worked out when it is asked for. */
export function presence(vector: Vector): Guard {
  return {
    get yes() {
      const known = [...vector.sources].filter(([name]) => !vector.covered.has(name)).map(([, guard]) => guard.yes);
      return present(logic('and', withoutImplied([...known, ...vector.guards.map((guard) => guard.yes)])));
    },
    get no() {
      const unknown = [...vector.sources.values()].map((guard) => guard.no);
      return present(logic('or', [...unknown, ...vector.guards.map((guard) => guard.no)]));
    },
  };
}

function present(condition: Expression | null): Expression {
  if (condition === null) throw new Error('a vector that is read from nothing');
  return condition;
}

export function opposite(guard: Guard): Guard {
  return {
    get yes() {
      return guard.no;
    },
    get no() {
      return guard.yes;
    },
  };
}

/** One of the two holds, or both do. */
export function joined(operator: 'and' | 'or', left: Guard, right: Guard): Guard {
  return {
    get yes() {
      return present(logic(operator, [left.yes, right.yes]));
    },
    get no() {
      return present(logic(operator === 'and' ? 'or' : 'and', [left.no, right.no]));
    },
  };
}

const second = quantity(1, 's');

/** The same as a plain number. */
export function plain(value: Value): Value {
  if (value.time === 0) return value;
  if (value.constant !== null) return constantValue(value.constant);
  const operator = value.time < 0 ? '*' : '/';
  let { expression } = value;
  for (let power = Math.abs(value.time); power > 0; power--) expression = arithmetic(expression, operator, second);
  return { expression, time: 0, constant: null };
}

/** Both in the same unit; a literal takes that of the other side. */
export function aligned(left: Value, right: Value): readonly [Value, Value] {
  if (left.time === right.time) return [left, right];
  if (left.constant !== null && right.time === -1) return [inUnit(left.constant, right.time), right];
  if (right.constant !== null && left.time === -1) return [left, inUnit(right.constant, left.time)];
  return [plain(left), plain(right)];
}

function inUnit(constant: number, time: number): Value {
  return { expression: quantity(constant, '/s'), time, constant };
}

const folded: Readonly<Record<ArithmeticOperator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

export function computed(left: Value, operator: ArithmeticOperator, right: Value): Value {
  if (left.constant !== null && right.constant !== null && left.time === 0 && right.time === 0) {
    const constant = folded[operator](left.constant, right.constant);
    if (Number.isFinite(constant)) return constantValue(constant);
  }
  if (operator === '+' || operator === '-') {
    const [a, b] = aligned(left, right);
    return { expression: arithmetic(a.expression, operator, b.expression), time: a.time, constant: null };
  }
  const time = operator === '*' ? left.time + right.time : left.time - right.time;
  if (time !== 0 && time !== -1) return computed(plain(left), operator, plain(right));
  return { expression: arithmetic(left.expression, operator, right.expression), time, constant: null };
}

export function comparison(left: Value, operator: ComparisonOperator, right: Value): Expression {
  const [a, b] = aligned(left, right);
  return compare(a.expression, operator, b.expression);
}
