// A condition as a formula over bounds, differences, tags and whether something is known, with Kleene's unknown kept
// apart from false. What is not understood stays a proposition of its own, so that nothing follows from it.

import type { BooleanIr, Comparator, NumberIr, PolicyIr } from '../../4-lower/ir.ts';
import type { Variables } from './variables.ts';

/** What is asked of a condition; `not-true` is false or unknown. */
export type Mode = 'true' | 'false' | 'not-true' | 'not-false';

export type Literal =
  | { readonly kind: 'bound'; readonly variable: number; readonly comparator: Comparator; readonly value: number }
  /** left − right ⋈ value */
  | {
      readonly kind: 'difference';
      readonly left: number;
      readonly right: number;
      readonly comparator: Comparator;
      readonly value: number;
    }
  | { readonly kind: 'known'; readonly variable: number; readonly known: boolean }
  /** `other`: there is one, and it is not that value. */
  | { readonly kind: 'tag'; readonly tag: number; readonly value: number; readonly is: 'value' | 'other' | 'absent' }
  | {
      readonly kind: 'proposition';
      readonly identity: string;
      readonly ir: BooleanIr;
      readonly owner: PolicyIr;
      readonly mode: Mode;
    };

export type Formula =
  | { readonly op: 'literal'; readonly literal: Literal }
  | { readonly op: 'all' | 'any'; readonly parts: readonly Formula[] };

export const always: Formula = { op: 'all', parts: [] };
export const never: Formula = { op: 'any', parts: [] };

export function all(parts: readonly Formula[]): Formula {
  return parts.length === 1 ? (parts[0] as Formula) : { op: 'all', parts };
}

function any(parts: readonly Formula[]): Formula {
  return parts.length === 1 ? (parts[0] as Formula) : { op: 'any', parts };
}

function literal(of: Literal): Formula {
  return { op: 'literal', literal: of };
}

/** Stands for no value of a tag: one that is there differs from it. */
const noValue = -2;

const opposite = { true: 'false', false: 'true', 'not-true': 'not-false', 'not-false': 'not-true' } as const;
const reversed = { '==': '!=', '!=': '==', '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const;
const mirrored = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

export class Formulas {
  readonly variables: Variables;

  constructor(variables: Variables) {
    this.variables = variables;
  }

  /** What holds exactly when — or, of what is not understood, at least when — the condition is as `mode` says. */
  of(ir: BooleanIr, owner: PolicyIr, mode: Mode): Formula {
    const positive = mode === 'true' || mode === 'not-false';
    switch (ir.op) {
      case 'constant':
        return ir.value === positive ? always : never;
      case 'and':
      case 'or': {
        const parts = ir.operands.map((operand) => this.of(operand, owner, mode));
        return (ir.op === 'and') === positive ? all(parts) : any(parts);
      }
      case 'not':
        return this.of(ir.operand, owner, opposite[mode]);
      case 'compare':
        return this.#compare(ir, owner, mode);
      case 'tag-is':
        return this.#tag(ir, mode);
      case 'missing':
        return literal({
          kind: 'known',
          variable: this.variables.metric(ir.slot, owner),
          known: !positive,
        });
      case 'for': {
        const own = this.#proposition(ir, owner, mode);
        // What has held for a while holds now.
        return mode === 'true' ? all([own, this.of(ir.condition, owner, 'true')]) : own;
      }
      case 'missing-for': {
        const own = this.#proposition(ir, owner, mode);
        const absent = literal({ kind: 'known', variable: this.variables.metric(ir.slot, owner), known: false });
        return mode === 'true' ? all([own, absent]) : own;
      }
      case 'tag-missing': {
        const is = positive ? 'absent' : 'other';
        return literal({ kind: 'tag', tag: ir.tag, value: noValue, is });
      }
      case 'known':
        return this.#known(ir.values, owner, mode);
      case 'within': {
        const own = this.#proposition(ir, owner, mode);
        // What was not true for a while is not true now.
        return positive ? own : all([own, this.of(ir.condition, owner, mode)]);
      }
      case 'sequence': {
        const own = this.#proposition(ir, owner, mode);
        return mode === 'true' ? all([own, this.of(ir.second, owner, 'true')]) : own;
      }
      default:
        return this.#proposition(ir, owner, mode);
    }
  }

  /** True or unknown, never false. */
  #known(values: readonly NumberIr[], owner: PolicyIr, mode: Mode): Formula {
    if (mode === 'false') return never;
    if (mode === 'not-false') return always;
    const known = mode === 'true';
    const parts = values
      .flatMap((value) => [...this.variables.linear(value, owner).factors.keys()])
      .map((variable) => literal({ kind: 'known', variable, known }));
    return known ? all(parts) : any(parts);
  }

  #proposition(ir: BooleanIr, owner: PolicyIr, mode: Mode): Formula {
    return literal({ kind: 'proposition', identity: this.variables.identity(ir, owner), ir, owner, mode });
  }

  #tag({ tag, value }: Extract<BooleanIr, { op: 'tag-is' }>, mode: Mode): Formula {
    const is = (how: 'value' | 'other' | 'absent'): Formula => literal({ kind: 'tag', tag, value, is: how });
    switch (mode) {
      case 'true':
        return is('value');
      case 'false':
        return is('other');
      case 'not-true':
        return any([is('other'), is('absent')]);
      case 'not-false':
        return any([is('value'), is('absent')]);
    }
  }

  #compare(ir: Extract<BooleanIr, { op: 'compare' }>, owner: PolicyIr, mode: Mode): Formula {
    const left = this.variables.linear(ir.left, owner);
    const right = this.variables.linear(ir.right, owner);
    const positive = mode === 'true' || mode === 'not-false';
    const comparator = positive ? ir.comparator : reversed[ir.comparator];
    const factors = new Map(left.factors);
    for (const [id, factor] of right.factors) factors.set(id, (factors.get(id) ?? 0) - factor);
    const exact = left.exact && right.exact && (left.constant === 0 || left.factors.size === 0);
    const relation = this.#relation(factors, right.constant - left.constant, comparator, exact, owner);
    const known = (is: boolean): Formula[] =>
      [...factors.keys()].map((variable) => literal({ kind: 'known', variable, known: is }));
    if (mode === 'true' || mode === 'false') return all([relation, ...known(true)]);
    return any([relation, ...known(false)]);
  }

  /** Σ factor · unknown ⋈ value */
  #relation(
    factors: ReadonlyMap<number, number>,
    value: number,
    comparator: Comparator,
    exact: boolean,
    owner: PolicyIr,
  ): Formula {
    const [first, second, ...more] = [...factors]
      .filter(([, factor]) => factor !== 0)
      .sort(([left], [right]) => left - right);
    if (first === undefined) return holds(comparator, value, exact) ? always : never;
    const scale = first[1];
    const turned = scale < 0 ? mirrored[comparator] : comparator;
    const limit = value / scale;
    const unrounded = exact && Math.abs(scale) === 1;
    if (second === undefined)
      return widened(turned, limit, unrounded, (sign, at) =>
        literal({ kind: 'bound', variable: first[0], comparator: sign, value: at }),
      );
    if (more.length === 0 && second[1] === -scale)
      return widened(turned, limit, unrounded, (sign, at) =>
        literal({ kind: 'difference', left: first[0], right: second[0], comparator: sign, value: at }),
      );
    const variable = this.#combination([first, second, ...more], scale, owner);
    return widened(turned, limit, false, (sign, at) =>
      literal({ kind: 'bound', variable, comparator: sign, value: at }),
    );
  }

  /** A sum of several unknowns, as an unknown of its own. */
  #combination(parts: readonly (readonly [number, number])[], scale: number, owner: PolicyIr): number {
    const terms = parts.map(([id, factor]): NumberIr => {
      // Another policy may have named it first, by its own numbering.
      const ir = this.variables.inNumberingOf(owner, id);
      return { op: 'multiply', left: { op: 'number', value: factor / scale, text: null }, right: ir };
    });
    const ir = terms.reduce((left, right) => ({ op: 'add', left, right }));
    return this.variables.of(ir, owner);
  }
}

/** Rounding may move a bound by this share of it. */
const rounding = 1e-9;

/** Where the text's arithmetic rounds, a bound is loosened: a contradiction by a hair is none. */
function widened(
  comparator: Comparator,
  value: number,
  exact: boolean,
  make: (comparator: Comparator, value: number) => Formula,
): Formula {
  if (!Number.isFinite(value)) return always;
  if (exact) return make(comparator, value);
  const slack = Math.abs(value) * rounding + Number.MIN_VALUE;
  switch (comparator) {
    case '!=':
      return always;
    case '==':
      return all([make('>=', value - slack), make('<=', value + slack)]);
    case '<':
    case '<=':
      return make('<=', value + slack);
    case '>':
    case '>=':
      return make('>=', value - slack);
  }
}

/** 0 ⋈ value */
function holds(comparator: Comparator, value: number, exact: boolean): boolean {
  if (!exact && Math.abs(value) < rounding) return true;
  switch (comparator) {
    case '==':
      return value === 0;
    case '!=':
      return value !== 0;
    case '<':
      return value > 0;
    case '<=':
      return value >= 0;
    case '>':
      return value < 0;
    case '>=':
      return value <= 0;
  }
}
