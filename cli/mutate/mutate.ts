// Runs the tests of a program against its mutants: a mutant that no test notices says what the tests do not hold. Only
// the changed policies are run anew, and only by tests that could notice.

import type { PolicyIr, ProgramIr } from '../../compiler/4-lower/ir.ts';
import type { TestPlan } from '../../compiler/4-lower/test-plan.ts';
import { type Analysis, lowerParsed } from '../../compiler/analyse.ts';
import { Memory } from '../../compiler/memory.ts';
import { createEvaluator } from '../program.ts';
import { judgeTest, type Rearm, replayTest, type TestRun } from '../test-runner.ts';
import { type Mutant, mutantsOf } from './mutants.ts';

export interface MutateOptions {
  /** Mutants tried at most; more are drawn from by `seed`. */
  readonly max: number;
  readonly seed: number;
  /** Only of this policy. */
  readonly policy: string | null;
  /** Called after each mutant. */
  readonly between?: (done: number, of: number) => void;
}

export interface MutationReport {
  /** All there are. */
  readonly mutants: number;
  /** Those that were tried. */
  readonly tried: number;
  readonly killed: number;
  readonly survivors: readonly Survivor[];
  /** Not a program any more. */
  readonly invalid: number;
  /** Means the same as the program. */
  readonly equivalent: number;
  /** Killed of those that mean something else; 1 when there are none. */
  readonly score: number;
  readonly policies: readonly { readonly policy: string; readonly killed: number; readonly survived: number }[];
}

export interface Survivor extends Pick<Mutant, 'kind' | 'file' | 'span' | 'before' | 'after'> {
  /** Those whose meaning changed. */
  readonly policies: readonly string[];
}

type Outcome = 'killed' | 'survived' | 'invalid' | 'equivalent';

/** The program must be without errors, its tests must pass. */
export function mutate(analysis: Analysis, ir: ProgramIr, options: MutateOptions): MutationReport {
  const runner = new Runner(analysis.testPlans, ir);
  const all = mutantsOf(analysis.sources).filter(
    (mutant) => options.policy === null || mutant.policy === options.policy,
  );
  const chosen = sample(all, options.max, options.seed);
  const counts: Record<Outcome, number> = { killed: 0, survived: 0, invalid: 0, equivalent: 0 };
  const survivors: Survivor[] = [];
  const byPolicy = new Map<string, { killed: number; survived: number }>();
  for (const [index, mutant] of chosen.entries()) {
    const { outcome, policies } = runner.run(mutant);
    counts[outcome]++;
    for (const policy of policies) {
      const entry = byPolicy.get(policy) ?? { killed: 0, survived: 0 };
      byPolicy.set(policy, entry);
      if (outcome === 'killed' || outcome === 'survived') entry[outcome]++;
    }
    const { kind, file, span, before, after } = mutant;
    if (outcome === 'survived') survivors.push({ kind, file, span, before, after, policies });
    options.between?.(index + 1, chosen.length);
  }
  const { killed, survived, invalid, equivalent } = counts;
  return {
    mutants: all.length,
    tried: chosen.length,
    killed,
    survivors,
    invalid,
    equivalent,
    score: killed + survived === 0 ? 1 : killed / (killed + survived),
    policies: [...byPolicy].map(([policy, entry]) => ({ policy, ...entry })),
  };
}

class Runner {
  readonly #tests: readonly { readonly test: TestPlan; readonly run: TestRun }[];
  readonly #base: ReadonlyMap<string, PolicyIr>;
  readonly #memory = new Memory();

  constructor(tests: readonly TestPlan[], ir: ProgramIr) {
    const evaluator = createEvaluator(ir, 'generated');
    this.#tests = tests.map((test) => ({ test, run: replayTest(test, evaluator) }));
    this.#base = new Map(ir.policies.map((policy) => [policy.meta.name, policy]));
  }

  run(mutant: Mutant): { readonly outcome: Outcome; readonly policies: readonly string[] } {
    const ir = lowerParsed(mutant.sources(), this.#memory);
    if (ir === null) return { outcome: 'invalid', policies: [] };
    const policies = ir.policies.filter(({ meta }) => this.#base.get(meta.name)?.meta.hash !== meta.hash);
    if (policies.length === 0) return { outcome: 'equivalent', policies: [] };
    const names = new Set(policies.map(({ meta }) => meta.name));
    return { outcome: this.#isNoticed({ ...ir, policies }, names) ? 'killed' : 'survived', policies: [...names] };
  }

  /** Policies know nothing of one another: the decisions of the others are those of the program. */
  #isNoticed(ir: ProgramIr, names: ReadonlySet<string>): boolean {
    const evaluator = createEvaluator(ir, 'generated');
    const schemas = new Set(ir.policies.map(({ meta }) => meta.schema));
    return this.#tests.some(({ test, run }) => {
      if (!test.series.some(({ schema }) => schemas.has(schema)) || !mayNotice(test, names)) return false;
      const anew = replayTest(test, evaluator);
      const merged = <Entry extends Rearm>(kept: readonly Entry[], fresh: readonly Entry[]): readonly Entry[] =>
        [...kept.filter(({ policy }) => !names.has(policy)), ...fresh].sort((a, b) => a.at - b.at);
      const decisions = merged(run.decisions, anew.decisions);
      return judgeTest(test, { decisions, rearms: merged(run.rearms, anew.rearms) }).length > 0;
    });
  }
}

function mayNotice({ nothing, expected }: TestPlan, names: ReadonlySet<string>): boolean {
  return nothing !== null || expected.some(({ policy }) => policy === null || names.has(policy));
}

/** `most` of them, the same for the same seed, in their order. */
export function sample<Entry>(all: readonly Entry[], most: number, seed: number): readonly Entry[] {
  if (all.length <= most) return all;
  const random = mulberry32(seed);
  const drawn = all.map((_, index) => ({ index, at: random() }));
  drawn.sort((a, b) => a.at - b.at || a.index - b.index);
  return drawn
    .slice(0, most)
    .sort((a, b) => a.index - b.index)
    .map(({ index }) => all[index] as Entry);
}

/** Numbers from 0 to 1 by a seed. Source: Tommy Ettinger’s mulberry32, public domain. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
