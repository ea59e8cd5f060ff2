// The time that an event may take from its receipt to its proposal, and what happens when the engine no longer keeps
// it: low-priority policies are no longer judged, least priority first, until there is room again. Told to a person.

import type { PolicyMeta } from '../contract.ts';
import type { Clock } from '../ports/clock.ts';

/** What an engine promises from an event's receipt to its proposal, decode included. */
export const budgetMs = 50;

/** So many slices over the budget within `countedMs` are an overload, not an accident. */
const slicesOverMost = 3;
const countedMs = 10_000;
/** After so long without a slice over half the budget the last class that was shed is judged again. */
const calmMs = 30_000;

export interface BudgetOptions {
  readonly clock: Clock;
  readonly policies: readonly PolicyMeta[];
  /** Called when the set has changed: positions of the policies that are no longer judged, ascending. */
  readonly onShed: (shed: readonly number[]) => void;
  readonly budgetMs?: number;
}

/**
 * Told of each slice of events. Policies of the highest priority are never shed: with a single class there is nothing
 * to shed, and lateness is told by the decisions that it costs.
 */
export class EvaluationBudget {
  readonly budgetMs: number;
  readonly #clock: Clock;
  readonly #onShed: (shed: readonly number[]) => void;
  #classes: readonly (readonly number[])[] = [];
  /** Classes shed, from the lowest. */
  #level = 0;
  /** When slices were over the budget, monotonic. */
  #over: number[] = [];
  /** When the last change was, or a slice was over half the budget. */
  #busyAt = 0;

  constructor({ clock, policies, onShed, budgetMs: ownMs = budgetMs }: BudgetOptions) {
    this.budgetMs = ownMs;
    this.#clock = clock;
    this.#onShed = onShed;
    this.usePolicies(policies);
  }

  get shed(): readonly number[] {
    return this.#classes
      .slice(0, this.#level)
      .flat()
      .sort((left, right) => left - right);
  }

  /** Another bundle runs: everything is judged again until it is shown that there is no room for it. */
  usePolicies(policies: readonly PolicyMeta[]): void {
    const byPriority = Map.groupBy(policies.keys(), (index) => policies[index]?.priority ?? 0);
    const classes = [...byPriority].sort(([left], [right]) => left - right).map(([, indexes]) => indexes);
    this.#classes = classes.slice(0, -1);
    this.#level = 0;
    this.#over = [];
    this.#busyAt = this.#clock.monotonicMs();
  }

  /** The moment at which a slice's bytes are taken in hand, monotonic. */
  begin(): number {
    return this.#clock.monotonicMs();
  }

  /** Whether what began at `receivedMs` has taken longer than it may. */
  isOver(receivedMs: number): boolean {
    return this.#clock.monotonicMs() - receivedMs > this.budgetMs;
  }

  /** A slice has been decoded and judged. */
  end(receivedMs: number): void {
    const now = this.#clock.monotonicMs();
    const tookMs = now - receivedMs;
    if (tookMs > this.budgetMs) this.#overrun(now);
    else if (tookMs > this.budgetMs / 2) this.#busyAt = now;
    else if (this.#level > 0 && now - this.#busyAt >= calmMs) this.#change(this.#level - 1, now);
  }

  #overrun(now: number): void {
    this.#busyAt = now;
    this.#over = this.#over.filter((at) => now - at < countedMs);
    this.#over.push(now);
    if (this.#over.length >= slicesOverMost && this.#level < this.#classes.length) this.#change(this.#level + 1, now);
  }

  #change(level: number, now: number): void {
    this.#level = level;
    this.#over = [];
    this.#busyAt = now;
    this.#onShed(this.shed);
  }
}
