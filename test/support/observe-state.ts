// The state that an evaluator leaves for each policy and key, in a form in which evaluators can be compared.

import type { StateSlot } from '../../runtime/contract.ts';
import type { Evaluator } from '../../runtime/evaluate/session.ts';

export interface KeyState {
  readonly policy: string;
  /** The key's number in the session's dictionary. */
  readonly key: number;
  /** As text, so that −∞ and NaN compare and read well. */
  readonly slots: readonly string[];
}

export interface ObservedEvaluator {
  /** Does the same. For one session, since each has keys of its own. */
  readonly evaluator: Evaluator;
  /** What each policy has left for each key; what is as in the beginning is left out. */
  states(): readonly KeyState[];
}

export function observeState({ meta, code, createKernel }: Evaluator): ObservedEvaluator {
  const left = meta.policies.map(() => new Map<number, readonly string[]>());
  const policies = code.policies.map((policy, index) => ({
    ...policy,
    run: (...call: Parameters<typeof policy.run>): void => {
      policy.run(...call);
      const [batch, from, , state, offset] = call;
      const layout = meta.policies[index].state;
      left[index].set(
        batch.key[batch.order[from]],
        layout.map((_, at) => canonicalSlot(layout, state, offset, at)),
      );
    },
  }));
  return {
    evaluator: { meta, code: { policies, feeds: code.feeds }, createKernel },
    states: () =>
      left.flatMap((byKey, index) =>
        [...byKey]
          .filter(([, slots]) => !slots.every((slot) => initial.has(slot)))
          .sort(([a], [b]) => a - b)
          .map(([key, slots]) => ({ policy: meta.policies[index].name, key, slots })),
      ),
  };
}

const initial: ReadonlySet<string> = new Set([
  'active 0',
  'last-fired -Infinity',
  'last-row -Infinity',
  'since -',
  'seen -Infinity',
  'last-present NaN',
]);

function canonicalSlot(layout: readonly StateSlot[], state: Float64Array, offset: number, at: number): string {
  const slot = layout[at];
  // A timer that does not run has no beginning, whatever an evaluator has left there.
  if (slot.kind === 'since') {
    const seen = layout.findIndex((other) => other.kind === 'seen' && other.timer === slot.timer);
    if (state[offset + seen] === Number.NEGATIVE_INFINITY) return 'since -';
  }
  return `${slot.kind} ${state[offset + at]}`;
}
