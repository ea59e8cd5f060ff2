// Which plan each key of a schema has. Keys that no policy is bound to share one, so its tables stay in the processor's
// cache however many keys there are.

import type { ProgramCode, ProgramMeta } from '../contract.ts';
import { FeedsByKey } from './feeds-by-key.ts';
import { strideOf } from './judge-memory.ts';
import { Plan } from './plan.ts';
import type { PolicyFaults } from './policy-faults.ts';

export interface KeyPlan {
  readonly plan: Plan;
  /** One bit for each policy of the plan that must see every row of the key. */
  readonly awake: Int32Array;
}

export class Plans {
  readonly #program: ProgramMeta;
  readonly #code: ProgramCode;
  readonly #schema: number;
  readonly #feeds: FeedsByKey;
  readonly #faults: PolicyFaults;
  /** Policies of every key. */
  readonly #common: readonly number[];
  readonly #byKey = new Map<number, number[]>();
  /** Positions in the program of the policies that tick. */
  readonly ticking: readonly number[];
  #shared: Plan | null = null;

  constructor(program: ProgramMeta, code: ProgramCode, schema: number, faults: PolicyFaults) {
    this.#program = program;
    this.#faults = faults;
    this.#code = code;
    this.#schema = schema;
    this.#feeds = new FeedsByKey(code.feeds[schema]);
    const common: number[] = [];
    const ticking: number[] = [];
    for (const [index, policy] of program.policies.entries()) {
      if (policy.schema !== schema) continue;
      const own = this.#byKey.get(policy.onlyKey);
      if (policy.onlyKey < 0) common.push(index);
      else if (own === undefined) this.#byKey.set(policy.onlyKey, [index]);
      else own.push(index);
      if (policy.ticks) ticking.push(index);
    }
    this.#common = common;
    this.ticking = ticking;
  }

  /** A plan for a key that has none yet. */
  make(key: number): KeyPlan {
    const own = this.#byKey.get(key);
    const plan = own === undefined && !this.#feeds.hasOwn(key) ? this.#sharedPlan(key) : this.#plan(key, own ?? []);
    return { plan, awake: plan.awakeAtFirst() };
  }

  #sharedPlan(key: number): Plan {
    this.#shared ??= this.#plan(key, []);
    return this.#shared;
  }

  #plan(key: number, own: readonly number[]): Plan {
    const { policies, schemas } = this.#program;
    const all = [...this.#common, ...own].sort((a, b) => a - b);
    const plain = all.filter((policy) => !policies[policy].ticks);
    return new Plan(
      plain,
      all.filter((policy) => policies[policy].ticks).map((policy) => this.ticking.indexOf(policy)),
      policies,
      this.#code.policies,
      plain.map((policy) => strideOf(policies[policy])),
      schemas[this.#schema].metrics.length,
      schemas[this.#schema].derivedWidth,
      this.#feeds.of(key),
      this.#faults,
    );
  }
}
