// Actions that were decided and not done: shown to people, and asked for again by id. Asked for again means proposed
// again: every gate is asked, sizes are read anew, and a decision of its own is written down.

import type { PolicyMeta } from '../contract.ts';
import type { Decision, PlannedAction, Proposal } from '../decision.ts';
import type { Intent } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { ActionEnding } from './action-run.ts';

export interface DeadAction {
  /** Of its intent: the decision's id, a dash, the position of the action. */
  readonly id: string;
  readonly decision: Decision;
  readonly action: PlannedAction;
  readonly ordinal: number;
  /** `failed`: certainly not done. `expired`: never begun, or nobody can tell. */
  readonly state: 'failed' | 'expired';
  readonly attempts: number;
  readonly detail: string | null;
}

type Ended = Pick<ActionEnding, 'decision' | 'action' | 'ordinal' | 'state' | 'attempts' | 'detail'>;

export interface DeadLettersOptions {
  readonly clock: Clock;
  /** Of the program that runs at this moment. */
  readonly policyOf: (name: string) => PolicyMeta | null;
  readonly propose: (proposal: Proposal) => void;
  /** Letters kept; then the oldest are dropped here, and stay in the ledger. */
  readonly lettersMax?: number;
}

export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #letters = new Map<string, DeadAction>();
  #dropped = 0;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /** Newest first. */
  get list(): readonly DeadAction[] {
    return [...this.#letters.values()].reverse();
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Takes what has ended; anything that was done is ignored. */
  add({ decision, action, ordinal, state, attempts, detail }: Ended): void {
    if (state !== 'failed' && state !== 'expired') return;
    const id = `${decision.id}-${ordinal}`;
    this.#letters.delete(id);
    this.#letters.set(id, { id, decision, action, ordinal, state, attempts, detail });
    for (const oldest of this.#letters.keys()) {
      if (this.#letters.size <= (this.#options.lettersMax ?? 1_000)) return;
      this.#letters.delete(oldest);
      this.#dropped++;
    }
  }

  /** Takes what an earlier run left in the ledger, oldest first. */
  load(intents: readonly Intent[]): void {
    for (const { decision, ordinal, state, attempts, detail } of intents) {
      const action = decision.actions[ordinal];
      if (action === undefined || (state !== 'failed' && state !== 'expired')) continue;
      this.add({ decision, action, ordinal, state, attempts, detail });
    }
  }

  /** Proposes it again, and takes it off the list; else says why not. */
  redrive(id: string): string | null {
    const letter = this.#letters.get(id);
    if (letter === undefined) return `no action ${id} is waiting to be asked for again`;
    const { decision, action, ordinal } = letter;
    const policy = this.#options.policyOf(decision.policy);
    if (policy === null) return `policy ${decision.policy} is not in the program any more`;
    const meta = policy.actions[ordinal];
    if (policy.hash !== decision.policyHash || meta === undefined)
      return `policy ${decision.policy} has changed since: what it decides now stands`;
    this.#letters.delete(id);
    this.#options.propose({
      // The fleet that was meant then is meant now: the tag that led to it is not looked at again.
      policy: { ...policy, actions: [{ ...meta, target: targetOf(action) }] },
      key: decision.key,
      at: this.#options.clock.now(),
      cause: decision.cause,
      pendingAt: decision.at,
      values: decision.values,
      tags: {},
    });
    return null;
  }
}

function targetOf({ target }: PlannedAction): PolicyMeta['actions'][number]['target'] {
  return target === null ? null : { kind: 'fleet', fleet: target };
}
