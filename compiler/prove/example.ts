// From what a formula's solution says to a timeline that shows it: constant or steadily growing metrics of one key, for
// as long as the conditions have to hold. What can't be shown that way gives no example.

import type { SchemaMeta } from '../../runtime/contract.ts';
import type { BooleanIr, NumberIr, PolicyIr } from '../4-lower/ir.ts';
import { isBooleanIr } from '../4-lower/timers.ts';
import type { ExampleRow, ExampleSeries } from '../diagnostics/diagnostic.ts';
import { exampleTags } from './example-tags.ts';
import { chooseValues } from './solve/choose-values.ts';
import type { Conjunction } from './solve/conjunction.ts';
import type { Variables } from './solve/variables.ts';

/** Events of one example. */
const eventsMax = 2000;

/** A metric's course: `start` at the first event, `perSecond` more each second. */
interface Course {
  readonly start: number;
  readonly perSecond: number;
}

export interface Stretch {
  /** Where it begins. */
  readonly fromMs?: number;
  readonly rowsMin?: number;
}

/** `null`: none that could be found. `policies` are those that shall judge it. */
export function exampleOf(
  solution: Conjunction,
  variables: Variables,
  policies: readonly PolicyIr[],
  { fromMs = 0, rowsMin = 1 }: Stretch = {},
): ExampleSeries | null {
  const drawing = new Drawing(variables, solution);
  const { schema } = variables;
  const members = policies.flatMap(({ derived }) =>
    // Nobody is missing where no row names a member.
    derived.flatMap(({ meta }) => (meta.kernel === 'attendance' ? [] : (meta.member ?? []))),
  );
  const tags = exampleTags(solution, schema, new Set(members));
  if (tags === null || !drawing.draw()) return null;
  const durationMs = Math.max(0, ...policies.map(holdingMs));
  const windowed = policies.some((policy) => policy.derived.length > 0);
  const stepMs = stepOf(schema, durationMs);
  const rows = Math.max(Math.ceil(durationMs / stepMs) + (windowed ? 3 : 1), drawing.rowsMin, rowsMin);
  if (rows > eventsMax) return null;
  const required = new Set(policies.flatMap((policy) => policy.meta.requires));
  for (const slot of required)
    if (!drawing.courses.has(slot) && !drawing.unknown.has(slot)) drawing.place(slot, usual(schema, slot));
  const row: ExampleRow = {
    fromMs,
    toMs: fromMs + (rows - 1) * stepMs,
    everyMs: stepMs,
    values: [...drawing.courses].map(([slot, { start, perSecond }]) => ({
      slot,
      from: start,
      to: start + (perSecond * (rows - 1) * stepMs) / 1000,
    })),
    nothing: [...drawing.unknown].filter((slot) => required.has(slot)),
  };
  return { schema: policies[0]?.meta.schema ?? 0, ...tags, rows: [row] };
}

/** A value that a metric may well have when nothing is asked of it. */
function usual(schema: SchemaMeta, slot: number): number {
  return schema.metrics[slot]?.type === 'bool' ? 1 : 0;
}

/** How long the conditions of a policy have to hold until it fires. */
function holdingMs(policy: PolicyIr): number {
  const longest = (ir: BooleanIr): number => {
    switch (ir.op) {
      case 'and':
      case 'or':
        return Math.max(0, ...ir.operands.map(longest));
      case 'not':
        return longest(ir.operand);
      case 'for':
        return ir.durationMs + longest(ir.condition);
      case 'missing-for':
        return ir.durationMs;
      case 'within':
        return longest(ir.condition);
      case 'sequence':
        return longest(ir.first) + longest(ir.second);
      default:
        return 0;
    }
  };
  return Math.max(longest(policy.when), policy.until === null ? 0 : longest(policy.until));
}

/** As often as the schema says, or seldom enough for a long stretch; never further apart than a timer bears. */
function stepOf({ everyMs, staleMs }: SchemaMeta, durationMs: number): number {
  const usualMs = everyMs ?? Math.min(staleMs, 60_000);
  const count = Math.ceil(durationMs / usualMs);
  if (count <= 400) return Math.min(usualMs, staleMs);
  return Math.min(staleMs, Math.ceil(durationMs / 400 / usualMs) * usualMs);
}

/** What these make of a value that stays the same is that value. */
const rateOutputs: ReadonlySet<string> = new Set(['rate', 'extrapolatedRate', 'latestRate']);
const levelOutputs = /^(?:value|avg|sum|first|last|fitted|quantile .*)$/;

class Drawing {
  readonly courses = new Map<number, Course>();
  readonly unknown = new Set<number>();
  rowsMin = 1;
  readonly #variables: Variables;
  readonly #solution: Conjunction;

  constructor(variables: Variables, solution: Conjunction) {
    this.#variables = variables;
    this.#solution = solution;
  }

  draw(): boolean {
    for (const [variable, known] of this.#solution.known) {
      const { ir } = this.#variables.get(variable);
      if (!known && ir.op === 'metric') this.unknown.add(ir.slot);
    }
    const values = chooseValues(this.#solution, this.#variables);
    if (values === null) return false;
    const inOrder = [...values].map(([variable, value]) => ({ ...this.#variables.get(variable), value }));
    // What a term is made of is settled before the term.
    inOrder.sort((left, right) => sizeOf(left.ir) - sizeOf(right.ir));
    return inOrder.every(({ ir, owner, value }) => this.#assign(ir, owner, value));
  }

  place(slot: number, start: number, perSecond = 0): boolean {
    const { metrics } = this.#variables.schema;
    const before = this.courses.get(slot);
    if (this.unknown.has(slot) || !Number.isFinite(start)) return false;
    if (before !== undefined) return before.start === start && before.perSecond === perSecond;
    const isTruth = metrics[slot]?.type === 'bool';
    this.courses.set(slot, { start: isTruth && start !== 0 ? 1 : start, perSecond });
    return true;
  }

  /** Lets `ir` have the value, by way of what it is computed from. */
  #assign(ir: NumberIr, owner: PolicyIr, value: number): boolean {
    switch (ir.op) {
      case 'number':
        return true;
      case 'metric':
        return this.place(ir.slot, value);
      case 'derived':
        return this.#assignDerived(ir, owner, value);
      case 'negate':
        return this.#assign(ir.operand, owner, -value);
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
        return this.#assignOperation(ir, owner, value);
      case 'call':
        return ir.args[0] !== undefined && this.#assign(ir.args[0], owner, value);
      default:
        return false;
    }
  }

  #assignOperation(
    ir: Extract<NumberIr, { op: 'add' | 'subtract' | 'multiply' | 'divide' }>,
    owner: PolicyIr,
    value: number,
  ): boolean {
    const left = this.#valueOf(ir.left, owner);
    let right = this.#valueOf(ir.right, owner);
    if (right === null && left === null) {
      right = ir.op === 'multiply' || ir.op === 'divide' ? 100 : 1;
      if (!this.#assign(ir.right, owner, right)) return false;
    }
    if (right !== null) {
      if (left !== null) return true;
      const wanted = { add: value - right, subtract: value + right, multiply: value / right, divide: value * right };
      return this.#assign(ir.left, owner, wanted[ir.op]);
    }
    const known = left ?? 0;
    const wanted = { add: value - known, subtract: known - value, multiply: value / known, divide: known / value };
    return this.#assign(ir.right, owner, wanted[ir.op]);
  }

  #assignDerived({ index, output }: Extract<NumberIr, { op: 'derived' }>, owner: PolicyIr, value: number): boolean {
    const { meta, input } = owner.derived[index] as PolicyIr['derived'][number];
    if (isBooleanIr(input)) return false;
    if (output === 'count') {
      this.rowsMin = Math.max(this.rowsMin, Math.ceil(value) + 1);
      return value < eventsMax;
    }
    if (rateOutputs.has(output)) return input.op === 'metric' && this.place(input.slot, 0, value);
    if (output === 'increase' || output === 'extrapolated') {
      const stepMs = this.#variables.schema.everyMs ?? 60_000;
      return input.op === 'metric' && meta.widthMs > stepMs && this.place(input.slot, 0, (value * 1000) / stepMs);
    }
    return levelOutputs.test(output) && this.#assign(input, owner, value);
  }

  /** `null` while it is not settled. */
  #valueOf(ir: NumberIr, owner: PolicyIr): number | null {
    switch (ir.op) {
      case 'number':
        return ir.value;
      case 'metric':
        return this.courses.get(ir.slot)?.start ?? null;
      case 'derived': {
        const { input } = owner.derived[ir.index] as PolicyIr['derived'][number];
        if (isBooleanIr(input) || ir.output === 'count') return null;
        if (rateOutputs.has(ir.output) || ir.output === 'increase' || ir.output === 'extrapolated')
          return input.op === 'metric' ? (this.courses.get(input.slot)?.perSecond ?? null) : null;
        return this.#valueOf(input, owner);
      }
      case 'negate': {
        const operand = this.#valueOf(ir.operand, owner);
        return operand === null ? null : -operand;
      }
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide': {
        const left = this.#valueOf(ir.left, owner);
        const right = this.#valueOf(ir.right, owner);
        if (left === null || right === null) return null;
        return { add: left + right, subtract: left - right, multiply: left * right, divide: left / right }[ir.op];
      }
      default:
        return null;
    }
  }
}

function sizeOf(ir: NumberIr): number {
  return ir.op === 'metric' || ir.op === 'number' ? 1 : ir.op === 'derived' ? 2 : 3;
}
