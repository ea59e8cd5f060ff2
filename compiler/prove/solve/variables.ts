// The unknowns of a schema's conditions: metrics, outputs of windows, and terms that are taken as they are. Equal
// computations of different policies are one unknown, so that conditions of two policies can be compared.

import type { SchemaMeta } from '../../../runtime/contract.ts';
import type { BooleanIr, DerivedIr, NumberIr, PolicyIr } from '../../4-lower/ir.ts';
import { isBooleanIr } from '../../4-lower/timers.ts';

export interface Variable {
  /** What computes it, in the numbering of `owner`. */
  readonly ir: NumberIr;
  readonly owner: PolicyIr;
  /** No value lies below or above; ±∞ when nothing is known. */
  readonly least: number;
  readonly most: number;
}

/** A sum of unknowns with factors, and a number. */
export interface Linear {
  readonly factors: ReadonlyMap<number, number>;
  readonly constant: number;
  /** Nothing was rounded on the way: the text compares one unknown with one number, or two unknowns. */
  readonly exact: boolean;
}

/** Outputs that can't be negative, whatever they are computed from. */
const countingOutputs: ReadonlySet<string> = new Set([
  'count',
  'rate',
  'increase',
  'extrapolated',
  'extrapolatedRate',
  'latestRate',
  'stddev',
  'changes',
  'reach',
]);

export class Variables {
  schema: SchemaMeta;
  readonly #ids = new Map<string, number>();
  readonly #all: Variable[] = [];

  constructor(schema: SchemaMeta) {
    this.schema = schema;
  }

  get(id: number): Variable {
    return this.#all[id] as Variable;
  }

  /** The unknown that `ir` stands for as a whole. */
  of(ir: NumberIr, owner: PolicyIr): number {
    const identity = this.identity(ir, owner);
    const known = this.#ids.get(identity);
    if (known !== undefined) return known;
    const id = this.#all.push({ ir, owner, ...this.#range(ir, owner) }) - 1;
    this.#ids.set(identity, id);
    return id;
  }

  /** What computes an unknown in the numbering of `owner`, which computes the same somewhere. */
  inNumberingOf(owner: PolicyIr, id: number): NumberIr {
    const { ir, owner: first } = this.get(id);
    return first === owner ? ir : (renumbered(ir, first, owner) as NumberIr);
  }

  /** The value of a metric in the row at hand. */
  metric(slot: number, owner: PolicyIr): number {
    return this.of({ op: 'metric', slot }, owner);
  }

  /** The same text for the same computation, in whichever policy it stands. */
  identity(ir: NumberIr | BooleanIr, owner: PolicyIr): string {
    return ir.op === 'metric' ? `metric ${ir.slot}` : JSON.stringify(plain(ir, owner));
  }

  #range(ir: NumberIr, owner: PolicyIr): { readonly least: number; readonly most: number } {
    if (ir.op === 'metric' && this.schema.metrics[ir.slot]?.counter === true) return atLeastZero;
    if (ir.op === 'call' && ir.name === 'abs') return atLeastZero;
    if (ir.op === 'choose') return rangeOfChoice(ir);
    if (ir.op !== 'derived') return unbounded;
    const { input } = owner.derived[ir.index];
    if (countingOutputs.has(ir.output)) return atLeastZero;
    // A condition counts as 1 or 0.
    if (isBooleanIr(input) && ir.output === 'avg') return { least: 0, most: 1 };
    return isBooleanIr(input) && ir.output === 'sum' ? atLeastZero : unbounded;
  }

  /** Sums, differences and multiples taken apart; every other operation is an unknown of its own. */
  linear(ir: NumberIr, owner: PolicyIr): Linear {
    switch (ir.op) {
      case 'number':
        return { factors: new Map(), constant: ir.value, exact: true };
      case 'negate':
        return scaled(this.linear(ir.operand, owner), -1);
      case 'add':
        return sum(this.linear(ir.left, owner), this.linear(ir.right, owner), 1);
      case 'subtract':
        return sum(this.linear(ir.left, owner), this.linear(ir.right, owner), -1);
      case 'multiply':
      case 'divide': {
        const product = productOf(ir.op, this.linear(ir.left, owner), this.linear(ir.right, owner));
        return product ?? this.#alone(ir, owner);
      }
      default:
        return this.#alone(ir, owner);
    }
  }

  #alone(ir: NumberIr, owner: PolicyIr): Linear {
    return { factors: new Map([[this.of(ir, owner), 1]]), constant: 0, exact: true };
  }
}

const unbounded = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
const atLeastZero = { least: 0, most: Number.POSITIVE_INFINITY };

/** A parameter is worth one of the values that are written; a switch that nobody has tuned may yet be. */
function rangeOfChoice({ cases, otherwise }: Extract<NumberIr, { op: 'choose' }>) {
  const range = { ...unbounded };
  const values = [otherwise, ...cases.map((entry) => entry.value)];
  if (cases.length === 0 || !values.every((value) => value.op === 'number')) return range;
  range.least = values.reduce((least, { value }) => Math.min(least, value), Number.POSITIVE_INFINITY);
  range.most = values.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return range;
}

function scaled(of: Linear, factor: number): Linear {
  const factors = new Map([...of.factors].map(([id, own]) => [id, own * factor]));
  return { factors, constant: of.constant * factor, exact: of.exact && factor === -1 };
}

function sum(left: Linear, right: Linear, sign: 1 | -1): Linear {
  const factors = new Map(left.factors);
  for (const [id, factor] of right.factors) {
    const total = (factors.get(id) ?? 0) + sign * factor;
    // `x - x` is no constant: it is unknown where `x` is. It stays, with the factor 0.
    factors.set(id, total);
  }
  return { factors, constant: left.constant + sign * right.constant, exact: false };
}

function productOf(op: 'multiply' | 'divide', left: Linear, right: Linear): Linear | null {
  const factor =
    right.factors.size === 0 ? right.constant : op === 'multiply' && left.factors.size === 0 ? left.constant : null;
  if (factor === null || (op === 'divide' && factor === 0)) return null;
  const of = right.factors.size === 0 ? left : right;
  return { ...scaled(of, op === 'divide' ? 1 / factor : factor), exact: false };
}

/** The same computation with the entries of another policy's history in the place of this one's. */
function renumbered(value: unknown, from: PolicyIr, to: PolicyIr): unknown {
  if (Array.isArray(value)) return value.map((entry) => renumbered(entry, from, to));
  if (typeof value !== 'object' || value === null) return value;
  if ('op' in value && value.op === 'derived') {
    const wanted = JSON.stringify(plain(value, from));
    const index = to.derived.findIndex((_, at) => JSON.stringify(plain({ ...value, index: at }, to)) === wanted);
    if (index < 0) throw new Error(`policy ${to.meta.name} does not compute what ${from.meta.name} does`);
    return { ...value, index };
  }
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, renumbered(entry, from, to)]));
}

/** Free of the policy's own numbering and of how a number was written. */
function plain(value: unknown, owner: PolicyIr): unknown {
  if (Array.isArray(value)) return value.map((entry) => plain(entry, owner));
  if (typeof value !== 'object' || value === null) return value;
  if ('op' in value && value.op === 'derived' && 'index' in value && typeof value.index === 'number') {
    const { meta, input, where } = owner.derived[value.index] as DerivedIr;
    const { label: _, ...computed } = meta;
    return [{ ...value, index: 0 }, computed, plain(input, owner), plain(where, owner)];
  }
  return Object.entries(value).map(([name, entry]) =>
    name === 'text' || name === 'timer' ? null : [name, plain(entry, owner)],
  );
}
