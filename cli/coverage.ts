// What the tests of a program have seen of its policies: every part of their conditions true and false, and every state
// that a policy can be in. Counted by meaning, whatever the layout. Measured beside the tests, on the interpreter.

import { type ClausePart, type ClausePlace, clauseParts, nodesOf } from '../compiler/4-lower/clause-parts.ts';
import type { PolicyIr, ProgramIr } from '../compiler/4-lower/ir.ts';
import type { TestPlan } from '../compiler/4-lower/test-plan.ts';
import type { PolicyMeta } from '../runtime/contract.ts';
import type { Decision, Gate } from '../runtime/decision.ts';
import { replayTest } from './test-runner.ts';
import { type JudgedRow, watchedEvaluator } from './watched-evaluator.ts';

export interface ClauseCoverage {
  readonly clause: ClausePlace;
  readonly text: string;
  /** Rows at which it was so. */
  readonly true: number;
  readonly false: number;
  readonly unknown: number;
}

export interface StateCoverage {
  /** `idle`, `pending`, `fired`, `repeated`, `re-armed`, `skipped`, `refused by GATE`. */
  readonly state: string;
  readonly count: number;
}

export interface PolicyCoverage {
  readonly policy: string;
  /** `file.ddl:line` */
  readonly source: string;
  readonly clauses: readonly ClauseCoverage[];
  readonly states: readonly StateCoverage[];
}

/** `covered` of `total`; `share` is 1 when there is nothing to cover. */
export interface Share {
  readonly covered: number;
  readonly total: number;
  readonly share: number;
}

export interface Coverage extends Share {
  /** Each clause counts twice: true and false. */
  readonly clauses: Share;
  readonly states: Share;
  readonly policies: readonly PolicyCoverage[];
}

export function measureCoverage(ir: ProgramIr, testPlans: readonly TestPlan[]): Coverage {
  const tallies = ir.policies.map((policy) => new Tally(policy, ir));
  const byName = new Map(tallies.map((tally) => [tally.name, tally]));
  const evaluator = watchedEvaluator(ir, (row) => tallies[row.policy].judged(row));
  for (const test of testPlans) {
    for (const decision of replayTest(test, evaluator).decisions) byName.get(decision.policy)?.decided(decision);
  }
  return summarize(tallies.map((tally) => tally.result()));
}

/** States that every policy has; `pending` only with a timer, `skipped` only with a metric that must come. */
const states = ['idle', 'pending', 'fired', 'repeated', 're-armed', 'skipped'] as const;

/** Whether a test can make the gate refuse the policy at all. */
const canRefuse: Readonly<Record<Gate, (policy: PolicyMeta) => boolean>> = {
  // In a test the clock is the event's.
  stale: () => false,
  'unknown-target': (policy) => policy.actions.some(({ target }) => target?.kind === 'lookup'),
  cooldown: (policy) => policy.cooldownMs > 0,
  limit: (policy) => policy.limit !== null,
  // What other policies did to the fleet, and what people order, is no state of the policy.
  unavailable: () => false,
  paused: () => false,
  silenced: () => false,
  overtime: () => false,
  inventory: () => false,
  settling: () => false,
  budget: () => false,
  opposite: () => false,
  busy: () => false,
};

class Tally {
  readonly name: string;
  readonly #policy: PolicyIr;
  readonly #parts: readonly ClausePart[];
  readonly #counts: { true: number; false: number; unknown: number }[];
  readonly #states = new Map<string, number>();
  readonly #timers: readonly ReturnType<typeof nodesOf>[number][];

  constructor(policy: PolicyIr, ir: ProgramIr) {
    this.name = policy.meta.name;
    this.#policy = policy;
    this.#parts = clauseParts(policy, ir.schemas[policy.meta.schema]);
    this.#counts = this.#parts.map(() => ({ true: 0, false: 0, unknown: 0 }));
    this.#timers = nodesOf(policy.when).filter(({ op }) => op === 'for' || op === 'missing-for');
    const { meta } = policy;
    for (const state of states) {
      if (state === 'pending' && this.#timers.length === 0) continue;
      if (state === 'skipped' && meta.requires.length === 0) continue;
      this.#states.set(state, 0);
    }
    for (const [gate, can] of Object.entries(canRefuse)) if (can(meta)) this.#states.set(`refused by ${gate}`, 0);
  }

  judged(row: JudgedRow): void {
    for (const [index, { nodes }] of this.#parts.entries()) {
      const seen = nodes.find((node) => row.truths.has(node));
      if (seen === undefined) continue;
      const truth = row.truths.get(seen) ?? null;
      this.#counts[index][truth === null ? 'unknown' : truth ? 'true' : 'false']++;
    }
    const { where } = this.#policy;
    if (where !== null && !row.batch.tick && row.truths.get(where) !== true) return;
    const state = row.happened ?? this.#quiet(row);
    if (state !== null) this.#count(state);
  }

  /** A row at which nothing happened: `null` while the policy is active. */
  #quiet(row: JudgedRow): 'idle' | 'pending' | null {
    const active = this.#policy.meta.state.findIndex((slot) => slot.kind === 'active');
    if (row.after[active] !== 0) return null;
    return this.#timers.some((timer) => isUnderWay(timer, row)) ? 'pending' : 'idle';
  }

  decided({ gate }: Decision): void {
    if (gate !== null && canRefuse[gate](this.#policy.meta)) this.#count(`refused by ${gate}`);
  }

  #count(state: string): void {
    this.#states.set(state, (this.#states.get(state) ?? 0) + 1);
  }

  result(): PolicyCoverage {
    const { name: policy, source } = this.#policy.meta;
    return {
      policy,
      source,
      clauses: this.#parts.map(({ place, text }, index) => ({ clause: place, text, ...this.#counts[index] })),
      states: [...this.#states].map(([state, count]) => ({ state, count })),
    };
  }
}

/** What the timer waits for is so, and has not been for long enough. */
function isUnderWay(timer: ReturnType<typeof nodesOf>[number], { truths, batch, row }: JudgedRow): boolean {
  if (truths.get(timer) === true) return false;
  if (timer.op === 'for') return truths.get(timer.condition) === true;
  return timer.op === 'missing-for' && Number.isNaN(batch.values[row * batch.width + timer.slot]);
}

function summarize(policies: readonly PolicyCoverage[]): Coverage {
  const ways = policies.flatMap(({ clauses }) => clauses.flatMap((clause) => [clause.true, clause.false]));
  const counts = policies.flatMap((policy) => policy.states.map((state) => state.count));
  return { ...shareOf([...ways, ...counts]), clauses: shareOf(ways), states: shareOf(counts), policies };
}

function shareOf(counts: readonly number[]): Share {
  const covered = counts.filter((count) => count > 0).length;
  return { covered, total: counts.length, share: counts.length === 0 ? 1 : covered / counts.length };
}
