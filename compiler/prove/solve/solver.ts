// Whether a formula can hold: its alternatives are tried one by one, up to a bound. Beyond the bound the answer is
// "unknown"; nothing is ever guessed.

import type { BooleanIr } from '../../4-lower/ir.ts';
import { type Conjunction, conjunctionOf, type Proposition } from './conjunction.ts';
import { all, type Formula, Formulas, type Literal } from './formula.ts';
import type { Variables } from './variables.ts';

/** `never`: no event makes it hold. Else what one of its alternatives says. */
export type Answer = Conjunction | 'never' | 'unknown';

/** Alternatives looked at for one question. */
const alternativesMax = 600;
/** Questions within questions: a timer's condition may hold timers. */
const depthMax = 3;

export class Solver {
  readonly formulas: Formulas;
  readonly #variables: Variables;
  #left = 0;
  #depth = 0;

  constructor(variables: Variables) {
    this.#variables = variables;
    this.formulas = new Formulas(variables);
  }

  solve(formula: Formula): Answer {
    const left = this.#left;
    this.#left = alternativesMax;
    this.#depth++;
    const answer = this.#search([formula], []);
    this.#depth--;
    this.#left = left;
    return answer;
  }

  /** Whatever makes all of `given` hold contradicts `denied`. */
  excludes(given: readonly Formula[], denied: Formula): boolean {
    return this.solve(all([...given, denied])) === 'never';
  }

  /** Depth first through the alternatives of `open`, under `literals`. */
  #search(open: readonly Formula[], literals: readonly Literal[]): Answer {
    const taken = [...literals];
    const choices: (readonly Formula[])[] = [];
    const rest = [...open];
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      if (next.op === 'literal') taken.push(next.literal);
      else if (next.op === 'all') rest.push(...next.parts);
      else choices.push(next.parts);
    }
    const conjunction = conjunctionOf(taken, this.#variables);
    if (conjunction === null) return 'never';
    // The one with the fewest alternatives first.
    choices.sort((left, right) => left.length - right.length);
    const [choice, ...others] = choices;
    if (choice === undefined) return this.#contradictsTimers(conjunction) ? 'never' : conjunction;
    const remaining = others.map((parts): Formula => ({ op: 'any', parts }));
    let answer: Answer = 'never';
    for (const part of choice) {
      if (--this.#left < 0) return 'unknown';
      const found = this.#search([part, ...remaining], taken);
      if (found === 'unknown') answer = 'unknown';
      else if (found !== 'never') return found;
    }
    return answer;
  }

  /**
   * What has held for long enough together implies what is said not to have held for as long or shorter: then there is
   * a contradiction.
   */
  #contradictsTimers({ propositions }: Conjunction): boolean {
    if (propositions.size < 2 || this.#depth > depthMax) return false;
    const held: (Proposition & { readonly ir: Extract<BooleanIr, { op: 'for' }> })[] = [];
    const denied: typeof held = [];
    const absent = new Map<number, number>();
    const present = new Map<number, number>();
    for (const { ir, owner, modes } of propositions.values()) {
      const isDenied = modes.has('not-true') || modes.has('false');
      if (ir.op === 'for' && modes.has('true')) held.push({ ir, owner, modes });
      if (ir.op === 'for' && isDenied) denied.push({ ir, owner, modes });
      if (ir.op !== 'missing-for') continue;
      if (modes.has('true')) absent.set(ir.slot, Math.max(ir.durationMs, absent.get(ir.slot) ?? 0));
      if (isDenied) present.set(ir.slot, Math.min(ir.durationMs, present.get(ir.slot) ?? Number.POSITIVE_INFINITY));
    }
    for (const [slot, ms] of absent) if (ms >= (present.get(slot) ?? Number.POSITIVE_INFINITY)) return true;
    return denied.some(({ ir, owner }) => {
      // Where something is missing, one condition may be unknown and another false.
      if (asksForPresence(ir.condition)) return false;
      const long = held.filter((entry) => entry.ir.durationMs >= ir.durationMs && !asksForPresence(entry.ir.condition));
      if (long.length === 0) return false;
      const given = long.map((entry) => this.formulas.of(entry.ir.condition, entry.owner, 'true'));
      return this.excludes(given, this.formulas.of(ir.condition, owner, 'not-true'));
    });
  }
}

function asksForPresence(ir: BooleanIr): boolean {
  switch (ir.op) {
    case 'and':
    case 'or':
      return ir.operands.some(asksForPresence);
    case 'not':
      return asksForPresence(ir.operand);
    case 'for':
      return asksForPresence(ir.condition);
    case 'constant':
    case 'compare':
    case 'tag-is':
      return false;
    default:
      return true;
  }
}
