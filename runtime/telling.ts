// What people are told beside decisions that notify: that something was decided and could not be done. Written with what
// it is about, in one transaction, and delivered at least once.

import type { ActionEnding } from './actions/action-run.ts';
import { DeadLetters, type DeadLettersOptions } from './actions/dead-letters.ts';
import { endingNotice, NoticeSender, type NoticeSenderOptions, refusalNotice } from './actions/notices.ts';
import type { PolicyMeta } from './contract.ts';
import type { Decision, Gate } from './decision.ts';
import type { Notice, Outbox } from './ledger/outbox.ts';

/** Gates that say nothing of the policy: something around it is missing, broken or too slow, and a person must see to it. */
const troubles: ReadonlySet<Gate> = new Set(['unavailable', 'overtime', 'inventory', 'unknown-target']);

export interface TellingOptions extends Omit<NoticeSenderOptions, 'outbox'> {
  readonly outbox: Outbox;
  readonly policyOf: (name: string) => PolicyMeta | null;
  readonly propose: DeadLettersOptions['propose'];
}

export class Telling {
  /** Actions that were decided and not done. */
  readonly deadLetters: DeadLetters;
  readonly #options: TellingOptions;
  readonly #sender: NoticeSender;

  constructor(options: TellingOptions) {
    this.#options = options;
    this.#sender = new NoticeSender(options);
    this.deadLetters = new DeadLetters(options);
  }

  /** What people are told of these decisions, by the decision's id. */
  noticesOf(decisions: readonly Decision[]): ReadonlyMap<string, readonly Notice[]> {
    const notices = new Map<string, readonly Notice[]>();
    for (const decision of decisions) {
      const { id, policy, gate } = decision;
      if (gate !== null && troubles.has(gate))
        notices.set(id, [refusalNotice(decision, this.#options.policyOf(policy))]);
    }
    return notices;
  }

  /** An action has ended; that it was done is no news. Never rejects. */
  ended(ending: ActionEnding): void {
    this.deadLetters.add(ending);
    if (ending.state !== 'failed' && ending.state !== 'expired') return;
    const { outbox, log, policyOf } = this.#options;
    outbox.add([endingNotice(ending, policyOf(ending.decision.policy))]).then(
      () => this.#sender.wake(),
      (error: unknown) =>
        log.error({ decision: ending.decision.id }, `nobody was told that it failed: ${String(error)}`),
    );
  }

  /** Cuts off what is under way; it is claimed again by the next start, or by another engine. */
  close(): Promise<void> {
    return this.#sender.close();
  }
}
